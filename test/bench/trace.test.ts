/** Where a token's time goes: every step of the plan has a number, and together they make about the whole. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, openBench, type Roofs, traceToken } from '../../src/bench/index.ts';
import { makeConfig } from '../../src/model/config.ts';
import { placeWeights } from '../../src/model/placed_weights.ts';
import { livelyWeights } from '../isolation.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('cpu', { cpu: { threads: 1 } });
});
afterAll(() => bench.engine.close());

/** A roof of one operation or byte a nanosecond. */
const probe = {
  candidate: { name: 'roof', run: async (reps: number) => reps * 1e-3 },
  name: 'roof',
  amount: 1e6,
  close: () => undefined,
};
const roofs: Roofs = { fma: probe, copy: probe, copyCold: probe };

test('one token of a small model', async () => {
  const used = bench.engine.counters.bytesAllocated;
  const config = makeConfig({ vocab: 512, context: 64, layers: 2, heads: 4, width: 64 });
  const weights = placeWeights(bench.engine, config, livelyWeights(config, 1));
  const trace = await traceToken(bench, weights, 40, { samples: 3, shortest: 0.003, roofs });
  expect(trace.plan).toBe('decode');
  expect(trace.rows.map((row) => row.label)).toContain('h.1.attn.attention');
  trace.rows.forEach(({ times, ofRoof, flops, bytes }, i) => {
    expect(trace.rows[i].index).toBe(i);
    expect(times.median).toBeGreaterThan(0);
    expect(times.samples).toHaveLength(3);
    expect(ofRoof!.value * times.median).toBeGreaterThan(0.5e-9 * Math.max(flops, bytes));
    expect(ofRoof!.value * times.median).toBeLessThan(2e-9 * Math.max(flops, bytes));
  });
  const sum = trace.rows.reduce((n, row) => n + row.times.median, 0);
  // alone, steps find their data in the cache, and each pays for being called: the sum is of the whole's order
  expect(sum / trace.total.median).toBeGreaterThan(0.3);
  expect(sum / trace.total.median).toBeLessThan(3);
  expect(trace.gap.value).toBeCloseTo(trace.total.median - sum, 3);
  await expect(traceToken(bench, weights, 64)).rejects.toThrow('position is 64; a whole number from 0 to 63');
  weights.close();
  expect(bench.engine.counters.bytesAllocated).toBe(used);
});
