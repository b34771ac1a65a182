/** Records and shader files fit together, and whoever runs no WGSL loads none. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compose } from '../../src/kernels/compose.ts';
import { defaultKnobs, fillOptions } from '../../src/kernels/op.ts';
import { findOp, ops } from '../../src/kernels/registry.ts';
import { loadSource, loadText, textFile } from '../../src/kernels/texts.ts';
import { stripComments } from '../../tools/strip-shaders.mjs';

const root = new URL('../../', import.meta.url);
const files = (folder: string, end: string): string[] =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(end));

test('every variant has its file, and every file its variant', () => {
  const named = [...ops.values()].flatMap((op) => op.variants.map((variant) => textFile(op, variant)));
  expect([...new Set(named)].toSorted()).toEqual(files('shaders', '.wgsl').toSorted());
});

test('a variant’s own text goes before the shipped one; a missing text says where it was looked for', async () => {
  const op = findOp('gelu');
  expect(await loadText(op, { ...op.variants[0], wgsl: 'own' })).toBe('own');
  await expect(loadText(op, { ...op.variants[0], name: 'magic', file: 'wand' })).rejects.toThrow(
    'gelu/magic: there is no shaders/gelu/wand.wgsl',
  );
});

test('no module outside src/kernels/texts*.ts imports a shader, and texts.ts its modules only when asked', () => {
  for (const file of files('src', '.ts')) {
    const code = readFileSync(new URL(`src/${file}`, root), 'utf8');
    if (/kernels\/texts_\w+\.ts$/.test(file)) continue;
    expect(code, file).not.toMatch(/from '[^']*(\.wgsl|texts_)/);
  }
});

test('without comments a text has the same lines, the same marks, and composes to the same values', async () => {
  const { dims, options } = { dims: { Z: 1, M: 64, N: 64, K: 64 }, options: { BIAS: 1 } };
  const op = findOp('matmul');
  for (const variant of op.variants) {
    const source = await loadSource(op, variant);
    const stripped = stripComments(source);
    expect(stripped.split('\n').length).toBe(source.split('\n').length);
    expect(stripped.length).toBeLessThan(0.9 * source.length);
    const choice = { knobs: defaultKnobs(variant), options: fillOptions(op, options), dims };
    const full = compose(source, variant, choice);
    const short = compose(stripped, variant, choice);
    expect(short.constants).toEqual(full.constants);
    expect(stripComments(short.code)).toBe(stripComments(full.code));
  }
});
