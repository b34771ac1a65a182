import { expect, test } from 'vitest';
import { checkLinks } from '../../tools/links.mjs';

const there = {
  'src/plan/types.ts': '',
  'shaders/softmax_dinp/naive.wgsl': '',
  'README.md': '# Two  words\n\n## `a`: b & c',
};
const check = (files: Record<string, string>): string[] => checkLinks(new Map(Object.entries({ ...there, ...files })));

test.each([
  ['a path from the root', { 'src/a.ts': '// see src/plan/types.ts and src/plan' }],
  ['a path from its own folder, and a name alone', { 'src/plan/b.ts': '// types.ts, plan/types.ts, ../plan/types.ts' }],
  [
    'patterns and places to fill in',
    { 'docs/a.md': '`shaders/<op>/<variant>.wgsl`, `src/*/types.ts`, `src/${x}/y.ts`' },
  ],
  ['addresses of the web', { 'src/a.ts': '// https://example.org/src/nothing.ts and (https://x.org/no.md)' }],
  ['a gradient that has shaders', { 'src/a.ts': '/* softmax_dinp */' }],
  [
    'links and anchors',
    { 'docs/a.md': '[a](../README.md) [b](../README.md#a-b--c) [c](https://x.org) ![d](../src/plan)' },
  ],
  ['names in code that is no comment', { 'src/a.ts': "const name = 'nothing.ts'; softmax_dweight();" }],
  ['paths in the data of a test', { 'test/a.ts': "const files = { 'src/gpu/nothing.ts': '' };" }],
])('%s', (_what, files: Record<string, string>) => {
  expect(check(files)).toEqual([]);
});

test.each([
  [{ 'src/a.ts': '\n// see src/tune' }, 'src/a.ts:2: there is no src/tune'],
  [{ 'tools/a.mjs': "const usage = 'one of src/train/presets';" }, 'tools/a.mjs:1: there is no src/train/presets'],
  [{ 'src/a.ts': '/** as kernels.md says */' }, 'src/a.ts:1: there is no file kernels.md'],
  [{ 'src/plan/a.ts': "const url = 'x'; // ./types.mjs" }, 'src/plan/a.ts:1: there is no file ./types.mjs'],
  [{ 'docs/a.md': 'a gradient (matmul_dinp)' }, 'docs/a.md:1: there is no op matmul_dinp in shaders'],
  [{ 'docs/a.md': '# x\n[a](gone.md)' }, 'docs/a.md:2: the link gone.md leads to no file'],
  [{ 'docs/a.md': '[a](../README.md#c)' }, 'docs/a.md:1: README.md has no heading #c'],
])('%j is a fault', (files, fault) => {
  expect(check(files as Record<string, string>).some((line) => line.startsWith(fault))).toBe(true);
});
