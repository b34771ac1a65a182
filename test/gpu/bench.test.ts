/** The gate on a GPU: a variant broken on purpose gets no number, a right one gets one. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { benchJobs, type Bench, instance, openBench, type Roofs } from '../../src/bench/index.ts';
import { findOp } from '../../src/kernels/registry.ts';
import { loadSource } from '../../src/kernels/texts.ts';
import type { GpuVariant } from '../../src/kernels/op.ts';

const vec4 = findOp('copy').variants.find((v) => v.name === 'vec4')!;
const text = await loadSource(findOp('copy'), vec4);
/** Leaves every 64th element as it was. */
const skips: GpuVariant = {
  ...vec4,
  name: 'skips',
  wgsl: text.replace('if (n < params.N / 4u)', 'if (n < params.N / 4u && n % 16u != 5u)'),
};
/** Right at the size that is measured, wrong at one of the small sizes of the tests. */
const onlyLarge: GpuVariant = {
  ...vec4,
  name: 'only_large',
  wgsl: text.replace('if (n < params.N / 4u)', 'if (n < params.N / 4u && params.N != 64u)'),
};
/** Not WGSL. */
const refused: GpuVariant = { ...vec4, name: 'refused', wgsl: `${text}\nfn broken( {` };
const broken = [skips, onlyLarge, refused];

/** Roofs out of thin air: what is tested is the gate, not the rates. */
const probe = {
  candidate: { name: 'roof', run: async (reps: number) => reps * 1e-3 },
  name: 'roof',
  amount: 1e6,
  close: () => undefined,
};
const roofs: Roofs = { fma: probe, copy: probe, copyCold: probe };

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('gpu');
});
afterAll(() => {
  bench?.clock?.close();
  bench?.engine.close();
});

test('a kernel that is wrong here, wrong elsewhere, or does not compile has a reason instead of a number', async () => {
  const c = instance('copy', { N: 4096 });
  const jobs = [vec4, ...broken].map((variant) => ({ case: c, variant, cache: 'hot' as const }));
  const { rows } = await benchJobs(bench, roofs, jobs, { samples: 3, shortest: 1e-3 });
  const [right, skipping, large, uncompiled] = rows;
  expect(right.check).toBe('');
  expect(right.gbps).toBeGreaterThan(0);
  expect(skipping.check).toMatch(/^skips: out\[\d+\]: got NaN, want/);
  expect(large.check).toMatch(/^only_large: out\[0\]: got NaN, want .* in copy N=64/);
  expect(uncompiled.check).toMatch(/refused/);
  for (const row of [skipping, large, uncompiled]) expect(row.times, row.variant).toBeUndefined();
});

test('the clock says what it is', () => {
  const { clock } = bench;
  expect(clock!.quantum).toBeGreaterThan(0);
  expect(clock!.why).toMatch(clock!.kind === 'gpu' ? /agree with the wall clock/ : /wall clock/);
});
