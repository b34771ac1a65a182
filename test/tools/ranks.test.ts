import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkRanks, importsOf, RANKS } from '../../tools/ranks.mjs';

const check = (files: Record<string, string>): string[] => checkRanks(new Map(Object.entries(files)));

describe('ranks', () => {
  test('the same folder and lower ranks are fine', () => {
    const files = {
      'src/plan/types.ts': 'export type A = 1;',
      'src/kernels/a.ts': "import type { A } from '../plan/types.ts';",
      'src/graph/b.ts': "import { a } from '../kernels/a.ts';\nimport './c.ts';",
      'src/graph/c.ts': "import text from '../../shaders/x/y.wgsl?raw';",
    };
    expect(check(files)).toEqual([]);
  });

  test.each([
    ['static', "import { b } from '../graph/b.ts';"],
    ['type', "import type { B } from '../graph/b.ts';"],
    ['re-exported', "export * from '../graph/b.ts';"],
    ['dynamic', "const b = await import('../graph/b.ts');"],
    ['type position', "let b: import('../graph/b.ts').B;"],
    ['worker', "new Worker(new URL('../graph/b.ts', import.meta.url), { type: 'module' });"],
    ['glob', "import.meta.glob('../graph/b.ts');"],
    ['glob list', "import.meta.glob(['../graph/b.ts']);"],
    ['raw', "import text from '../graph/b.ts?raw';"],
  ])('an upward %s import is a fault', (_kind, line) => {
    const faults = check({ 'src/kernels/a.ts': `\n${line}`, 'src/graph/b.ts': 'export type B = 1;' });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(
      /^src\/kernels\/a\.ts:2: imports src\/graph\/b\.ts: src\/graph \(rank 3\) is not below src\/kernels \(rank 2\)/,
    );
  });

  test('a step to the side is a fault unless the table allows it', () => {
    const sideways = check({ 'src/bench/a.ts': "import '../train/b.ts';" });
    expect(sideways[0]).toContain('src/train (rank 6) is not below src/bench (rank 6)');
    expect(check({ 'src/kernels/a.ts': "import '../reference/b.ts';" })).toEqual([]);
  });

  test('an element may import types of ours only', () => {
    expect(check({ 'src/elements/a.ts': "import type { B } from '../session/b.ts';" })).toEqual([]);
    expect(check({ 'src/elements/a.ts': "import { type B, type C } from '../session/b.ts';" })).toEqual([]);
    expect(check({ 'src/elements/a.ts': "import { b, type C } from '../session/b.ts';" })[0]).toContain('only types');
  });

  test('a folder without a rank is a fault', () => {
    expect(check({ 'src/gpu/a.ts': "import '../other/b.ts';" })).toEqual([
      'src/gpu/a.ts:1: imports src/other/b.ts: no rank for src/other: add it to the table in tools/ranks.mjs',
    ]);
    expect(check({ 'src/other/b.ts': '' })).toEqual([
      'src/other/b.ts: no rank for src/other: add it to the table in tools/ranks.mjs',
    ]);
  });

  test('a file beside a folder of its name is a fault', () => {
    expect(check({ 'src/gpu/a.ts': '', 'src/gpu/a/b.ts': '', 'src/gpu/ab.ts': '' })).toEqual([
      'src/gpu/a.ts: lies beside a folder of the same name: move it in there, or name it for what it holds',
    ]);
  });

  test('the table of ARCHITECTURE.md is the one that is checked', () => {
    const rows = readFileSync('ARCHITECTURE.md', 'utf8').matchAll(/^\| (\d+) +\| ([^|]+)\|/gm);
    const table = [...rows].flatMap(([, rank, folders]) =>
      [...folders.matchAll(/`([^`]+)`/g)].map(([, folder]) => [
        folder === 'src/index.ts' ? 'src' : folder,
        Number(rank),
      ]),
    );
    expect(Object.fromEntries(table)).toEqual(RANKS);
  });

  test('a circle is found once, as a chain', () => {
    const faults = check({
      'src/gpu/a.ts': "import './b.ts';",
      'src/gpu/b.ts': "import './c.ts';",
      'src/gpu/c.ts': "import type { A } from './a.ts';",
      'src/gpu/d.ts': "import './a.ts';",
    });
    expect(faults).toEqual(['import circle: src/gpu/a.ts → src/gpu/b.ts → src/gpu/c.ts → src/gpu/a.ts']);
  });

  test('text that only looks like an import does not count', () => {
    expect(importsOf('a.ts', "// import './b.ts'\nconst s = \"import './c.ts'\";\nimport 'vite';")).toEqual([]);
  });
});
