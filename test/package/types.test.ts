/** The declarations compile where they are promised to: with the oldest TypeScript and with ours, without types of WebGPU or node. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { samples } from './samples.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

/**
 * The oldest compiler that is promised, in a place of its own: among the dependencies it would take the name `tsc`. Undefined where it is
 * not there and npm cannot fetch it.
 */
async function oldest(): Promise<string | undefined> {
  const place = join(root, 'node_modules', '.cache', 'typescript-5.7.3');
  const compiler = join(place, 'node_modules', 'typescript', 'lib', 'tsc.js');
  const install = ['install', '--prefix', place, '--no-save', '--no-package-lock', 'typescript@5.7.3'];
  if (!existsSync(compiler)) await run('npm', install, { shell: process.platform === 'win32' }).catch(() => undefined);
  return existsSync(compiler) ? compiler : undefined;
}

/** Names the types that a user of each entry writes. */
const USES = `
import { type Engine, type GeneratedToken, type Model, openGpuEngine, openModel } from 'nextoken';
import { train, type TrainRecord } from 'nextoken/train';
import { openBench, type BenchRecord } from 'nextoken/bench';
export async function all(model: Model): Promise<[Engine, GeneratedToken[]]> {
  const tokens: GeneratedToken[] = [];
  for await (const token of model.generate('a')) tokens.push(token);
  return [await openGpuEngine({ powerPreference: 'low-power' }), tokens];
}
export const rest: unknown[] = [openModel, train, openBench, {} as TrainRecord, {} as BenchRecord];
`;

const old = await oldest();
const ours = createRequire(import.meta.url).resolve('typescript/lib/tsc.js');

test.skipIf(!old).each([
  ['bundler', 'esnext'],
  ['node16', 'node16'],
])('TypeScript 5.7, moduleResolution %s', (moduleResolution, module) => check(old!, moduleResolution, module));

test('our TypeScript', () => check(ours, 'bundler', 'esnext'));

async function check(compiler: string, moduleResolution: string, module: string): Promise<void> {
  const folder = join(inject('packed'), `types-${moduleResolution}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'uses.ts'), USES);
  samples
    .filter(({ language }) => language === 'ts')
    .forEach(({ code }, i) => writeFileSync(join(folder, `sample${i}.ts`), code));
  const compilerOptions = {
    target: 'es2022',
    lib: ['es2022', 'dom'],
    module,
    moduleResolution,
    types: [],
    strict: true,
    noImplicitAny: false, // the README's programs are JavaScript too
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const { stdout } = await run(process.execPath, [compiler, '-p', folder]).catch((error: { stdout: string }) => error);
  expect(stdout).toBe('');
}
