/** The packed package in node and in Deno: the README's programs, and an import that does nothing but import. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { samples, WRITES } from './samples.ts';

/** What lit itself sets: its versions, and a registry of tags where there is none. */
const LIT = /^(lit\w+|reactiveElementVersions|customElements)$/;

const run = promisify(execFile);
const folder = inject('packed');

/** Runs a program in the packed project's folder; what it wrote, white space as one space each, and nothing on stderr. */
async function program(code: string, command = process.execPath, args: readonly string[] = []): Promise<string> {
  const file = join(folder, 'program.mjs');
  writeFileSync(file, code);
  const { stdout, stderr } = await run(command, [...args, file], { cwd: folder, timeout: 120_000 });
  expect(stderr).toBe('');
  return stdout.replace(/\s+/g, ' ').trim();
}

test.each(samples.filter(({ language }) => language === 'ts'))('README, $title', async ({ title, code }) => {
  expect(await program(code)).toMatch(WRITES[title]);
});

describe('an import has no effects', () => {
  const watch = `
    const before = new Set(Reflect.ownKeys(globalThis));
    const entries = await Promise.all(['nextoken', 'nextoken/train', 'nextoken/bench'].map((name) => import(name)));
    const added = Reflect.ownKeys(globalThis).filter((key) => !before.has(key));
    const said = JSON.stringify([added.map(String), entries.map((entry) => Object.keys(entry).length > 5)]);
  `;
  const nothing = '[[],[true,true,true]]';

  test('in node, which ends at once', async () => {
    expect(await program(`${watch}console.log(said);`)).toBe(nothing);
  });

  test('in a process without navigator, document, WebAssembly and workers', async () => {
    const bare = `for (const name of ['navigator', 'document', 'WebAssembly', 'Worker', 'SharedArrayBuffer', 'process'])
      Object.defineProperty(globalThis, name, { value: undefined, configurable: true, writable: true });
      const { log } = console;`;
    expect(await program(`${bare}${watch}log(said);`)).toBe(nothing);
  });

  test('in a worker', async () => {
    const inWorker = `import { isMainThread, parentPort, Worker } from 'node:worker_threads';
      if (isMainThread) new Worker(new URL(import.meta.url)).on('message', (said) => console.log(said));
      else {${watch} parentPort.postMessage(said); }`;
    expect(await program(inWorker)).toBe(nothing);
  });
});

test('every entry, element and class can be imported in node: nothing is thrown, no global is set but the registry of elements', async () => {
  const files = readdirSync(join(folder, 'node_modules/nextoken/dist/elements')).filter((name) => name.endsWith('.js'));
  const names = ['nextoken', 'nextoken/train', 'nextoken/bench', 'nextoken/host', 'nextoken/elements'].concat(
    files.map((name) => `nextoken/elements/${name}`),
  );
  expect(files.filter((name) => name.endsWith('.class.js')).length).toBeGreaterThan(10);
  expect(files).toContain('next-token.js');
  // what npm installs with it
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'node_modules/nextoken/package.json'), 'utf8')) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(import.meta.dirname, '../../node_modules', name), link, 'junction');
    onTestFinished(() => rmSync(link));
  }
  for (const name of names) {
    const said = await program(`
      const before = new Set(Reflect.ownKeys(globalThis));
      await import('${name}');
      const added = Reflect.ownKeys(globalThis).filter((key) => !before.has(key)).map(String);
      console.log(JSON.stringify(added));`);
    const added = (JSON.parse(said) as string[]).filter((key) => !LIT.test(key));
    expect(added, name).toEqual(name.includes('/elements') ? ['Symbol(nextoken)'] : []);
  }
}, 240_000);

test('the entries export what they say and no more of the inside', async () => {
  const inside = ['GpuEngine', 'CpuEngine', 'Session', 'adopt', 'disown', 'flush', 'pipelines', 'replays'];
  const list = await program(`console.log(JSON.stringify(Object.keys(await import('nextoken'))))`);
  const names = JSON.parse(list) as string[];
  expect(names).toContain('openModel');
  expect(names.filter((name) => inside.includes(name))).toEqual([]);
});

test('Deno ends cleanly, with threads, every time', async () => {
  const deno = createRequire(import.meta.url).resolve('deno/bin.cjs');
  const { code } = samples.find(({ title }) => title === 'Predict')!;
  for (let i = 0; i < 5; i++)
    expect(await program(code, process.execPath, [deno, 'run', '-A', '--node-modules-dir=manual', '--quiet'])).toMatch(
      WRITES['Predict'],
    );
});
