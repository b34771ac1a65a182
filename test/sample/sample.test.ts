import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pick as referencePick } from '../../src/reference/sample.ts';
import { pcg, uniform } from '../../src/sample/hash.ts';
import { candidates, drawAt, keep, pick, sample } from '../../src/sample/sample.ts';
import type { SampleSettings } from '../../src/sample/sample.ts';

const SEED = 20_260_923;
const logits = (...values: number[]): Float32Array => Float32Array.from(values);

/** The definition, word by word: sort all, cut by k, renormalise, cut by p. Ids that stay, rising. */
function stay(values: Float32Array, { temperature, topK = 0, topP = 1 }: SampleSettings): number[] {
  const ids = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
  if (temperature === 0) return ids.slice(0, 1);
  let kept = topK > 0 ? ids.slice(0, topK) : ids;
  const weights = kept.map((id) => Math.exp((values[id] - values[ids[0]]) / Math.fround(temperature)));
  const all = weights.reduce((a, b) => a + b, 0);
  if (topP < 1) {
    let mass = 0;
    let n = 0;
    do mass += weights[n++];
    while (n < kept.length && mass < Math.fround(topP) * all);
    kept = kept.slice(0, n);
  }
  return kept
    .toSorted((a, b) => a - b)
    .filter((id) => Math.exp((values[id] - values[ids[0]]) / Math.fround(temperature)) > 0);
}

const anyLogits = fc
  .array(
    fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ min: -30, max: 30, noNaN: true }), fc.constant(-Infinity)),
    { minLength: 1, maxLength: 60 },
  )
  .filter((values) => values.some((value) => value > -Infinity))
  .map((values) => Float32Array.from(values));
const anySettings = fc.record({
  temperature: fc.oneof(fc.constant(0), fc.constant(1), fc.float({ min: Math.fround(0.01), max: 5, noNaN: true })),
  topK: fc.oneof(fc.constant(0), fc.nat(70)),
  topP: fc.oneof(fc.constant(1), fc.constant(0), fc.float({ min: 0, max: 1, noNaN: true })),
  seed: fc.integer(),
});

describe('the hash', () => {
  test('is the published one, and gives 24 bits in [0, 1)', () => {
    // against the same formula (Jarzynski & Olano, "Hash Functions for GPU Rendering", 2020, pcg_hash) in whole numbers
    for (const x of [0, 1, 2, 12_345, 2 ** 31, 2 ** 32 - 1]) expect(pcg(x)).toBe(slowPcg(BigInt(x)));
    const draws = Array.from({ length: 20_000 }, (_, i) => uniform(7, i, 0, 0));
    expect(draws.every((u) => u >= 0 && u < 1 && Number.isInteger(u * 2 ** 24))).toBe(true);
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.01); // five standard errors
    expect(new Set(draws).size).toBeGreaterThan(19_970);
    expect(uniform(-1, 0, 0, 0)).toBe(uniform(0xffffffff, 0, 0, 0));
  });
});

function slowPcg(x: bigint): number {
  const mask = 0xffffffffn;
  const state = (x * 747796405n + 2891336453n) & mask;
  const word = (((state >> ((state >> 28n) + 4n)) ^ state) * 277803737n) & mask;
  return Number(((word >> 22n) ^ word) & mask);
}

describe('what stays', () => {
  test('is what the definition says', () => {
    const property = fc.property(anyLogits, anySettings, (values, settings) => {
      const kept = keep(values, settings);
      expect([...kept.ids]).toEqual(stay(values, settings));
      expect(kept.mass.every((mass) => mass > 0 && mass <= 1)).toBe(true);
      expect(kept.total).toBeCloseTo(
        kept.mass.reduce((a, b) => a + b, 0),
        12,
      );
    });
    fc.assert(property, { seed: SEED, numRuns: 2000 });
  });

  test('ties go to the lowest ids', () => {
    const even = logits(1, 2, 2, 2, 0, 2);
    expect(sample(even, { temperature: 0 }, 5)).toBe(1);
    expect([...keep(even, { temperature: 1, topK: 2 }).ids]).toEqual([1, 2]);
    expect([...keep(even, { temperature: 1, topK: 5 }).ids]).toEqual([0, 1, 2, 3, 5]);
    // four of equal mass, .222 each: two of them are not yet half
    expect([...keep(even, { temperature: 1, topP: 0.44 }).ids]).toEqual([1, 2]);
    expect([...keep(even, { temperature: 1, topP: 0.5 }).ids]).toEqual([1, 2, 3]);
    expect([...keep(even, { temperature: 1, topP: 0 }).ids]).toEqual([1]);
  });

  test('top-p counts what top-k left', () => {
    // masses 4 3 2 1: of the first two, 4/7 is more than half
    const values = logits(...[4, 3, 2, 1].map(Math.log));
    expect([...keep(values, { temperature: 1, topP: 0.5 }).ids]).toEqual([0, 1]);
    expect([...keep(values, { temperature: 1, topK: 2, topP: 0.5 }).ids]).toEqual([0]);
  });

  test('extremes: huge and tiny temperatures, masked tokens, one token', () => {
    expect([...keep(logits(1, 0, 0.5), { temperature: 1e-30 }).ids]).toEqual([0]);
    expect([...keep(logits(1, 0), { temperature: 1e30 }).mass]).toEqual([1, 1]);
    expect([...keep(logits(-Infinity, 3, -Infinity), { temperature: 1, topK: 2 }).ids]).toEqual([1]);
    expect(sample(logits(-4), { temperature: 1 }, 0)).toBe(0);
    expect(sample(logits(-1e38, -3e38), { temperature: 0 }, 0)).toBe(0);
  });
});

describe('the draw', () => {
  test('agrees with the reference of the kernel', () => {
    const position = fc.nat(100_000);
    const property = fc.property(anyLogits, anySettings, position, (values, settings, at) => {
      const wish = {
        ...settings,
        temperature: Math.fround(settings.temperature),
        topP: Math.fround(settings.topP),
        u: drawAt(at, settings),
      };
      const { token, margin } = referencePick(values, wish);
      // closer than rounding is nobody's right
      if (margin > 1e-12) expect(sample(values, settings, at)).toBe(token);
    });
    fc.assert(property, { seed: SEED, numRuns: 2000 });
  });

  test('the same seed and position give the same token; others do not', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i));
    const run = (seed: number): number[] =>
      Array.from({ length: 50 }, (_, at) => sample(values, { temperature: 1, seed }, at));
    expect(run(3)).toEqual(run(3));
    expect(run(3)).not.toEqual(run(4));
    expect(new Set(run(3)).size).toBeGreaterThan(40);
  });

  test('frequencies are the probabilities', () => {
    const values = logits(Math.log(0.5), Math.log(0.3), Math.log(0.15), Math.log(0.05));
    const counts = [0, 0, 0, 0];
    const n = 40_000;
    for (let at = 0; at < n; at++) counts[sample(values, { temperature: 1, seed: 11 }, at)]++;
    for (const [id, p] of [0.5, 0.3, 0.15, 0.05].entries()) {
      expect(Math.abs(counts[id] / n - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / n)); // five standard errors
    }
    const cutCounts = [0, 0, 0, 0];
    for (let at = 0; at < 2000; at++) cutCounts[sample(values, { temperature: 1, topK: 2, seed: 11 }, at)]++;
    expect(cutCounts.slice(2)).toEqual([0, 0]);
    expect(cutCounts[0] / 2000).toBeCloseTo(0.625, 1);
  });

  test('both ends of [0, 1) belong to somebody', () => {
    const kept = keep(logits(0, 0, 0), { temperature: 1 });
    expect(pick(kept, 0)).toBe(0);
    expect(pick(kept, 1 - 2 ** -24)).toBe(2);
    expect(pick({ ids: Uint32Array.of(4, 9), mass: Float64Array.of(0.1, 0.2), total: 0.31 }, 1 - 2 ** -24)).toBe(9);
  });
});

describe('candidates', () => {
  test('in falling order, with probabilities before and after, and the interval of the draw', () => {
    const values = logits(...[1, 4, 2, 3].map(Math.log));
    const list = candidates(values, 3, { temperature: 0.5, topK: 2 });
    expect(list.map(({ id }) => id)).toEqual([1, 3, 2]);
    const numbers = list.flatMap(({ probability, tempered, final }) => [probability, tempered, final]);
    const wanted = [4 / 10, 16 / 30, 16 / 25, 3 / 10, 9 / 30, 9 / 25, 2 / 10, 4 / 30, 0];
    for (const [i, value] of numbers.entries()) expect(value).toBeCloseTo(wanted[i], 6);
    expect(list[0].interval?.[0]).toBe(0);
    expect(list[0].interval?.[1]).toBeCloseTo(16 / 25, 6);
    expect(list[1].interval?.[1]).toBe(1);
    expect(list[2].interval).toBeUndefined();
  });

  test('the chosen token is the one whose interval holds the draw', () => {
    const property = fc.property(anyLogits, anySettings, fc.nat(1000), (values, settings, at) => {
      const list = candidates(values, values.length, settings);
      expect(list).toHaveLength(values.length);
      const u = drawAt(at, settings);
      const sum = (of: (c: (typeof list)[number]) => number): number => list.reduce((total, c) => total + of(c), 0);
      expect(sum((c) => c.probability)).toBeCloseTo(1, 9);
      expect(sum((c) => c.tempered)).toBeCloseTo(1, 9);
      expect(sum((c) => c.final)).toBeCloseTo(1, 9);
      const near = list.some(({ interval }) =>
        interval?.some((edge) => edge > 0 && edge < 1 && Math.abs(edge - u) < 1e-12),
      );
      const chosen = list.find(({ interval }) => interval && interval[0] <= u && u < interval[1]);
      if (!near) expect(chosen?.id).toBe(sample(values, settings, at));
      for (const [i, { logit, id }] of list.entries()) {
        if (i > 0) expect(list[i - 1].logit > logit || (list[i - 1].logit === logit && list[i - 1].id < id)).toBe(true);
      }
    });
    fc.assert(property, { seed: SEED, numRuns: 500 });
  });

  test('greedy: one has it all', () => {
    expect(candidates(logits(1, 3, 2), 2, { temperature: 0 })).toMatchObject([
      { id: 1, tempered: 1, final: 1, interval: [0, 1] },
      { id: 2, tempered: 0, final: 0 },
    ]);
  });

  test('none, too many, and a vocabulary of 50,257', () => {
    expect(candidates(logits(1, 2), 0, { temperature: 1 })).toEqual([]);
    expect(candidates(logits(1, 2), 9, { temperature: 1 })).toHaveLength(2);
    const values = Float32Array.from({ length: 50_257 }, (_, i) => Math.fround(Math.sin(i * 12.9898) * 10));
    const start = performance.now();
    const list = candidates(values, 10, { temperature: 0.8, topK: 40, topP: 0.9 });
    expect(performance.now() - start).toBeLessThan(2000); // 20 ms
    const sorted = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
    expect(list.map(({ id }) => id)).toEqual(sorted.slice(0, 10));
  });
});

describe('bad input', () => {
  test.each<[Partial<SampleSettings>, string]>([
    [{ temperature: -1 }, 'temperature is -1'],
    [{ temperature: Number.NaN }, 'temperature is NaN'],
    [{ temperature: Infinity }, 'temperature is Infinity'],
    [{ topK: -1 }, 'top-k is -1'],
    [{ topK: 1.5 }, 'top-k is 1.5'],
    [{ topP: 1.1 }, 'top-p is 1.1'],
    [{ topP: Number.NaN }, 'top-p is NaN'],
    [{ seed: 0.5 }, 'seed is 0.5'],
  ])('%o', (settings, message) => {
    expect(() => sample(logits(1, 2), { temperature: 1, ...settings }, 0)).toThrow(message);
    expect(() => candidates(logits(1, 2), 1, { temperature: 1, ...settings })).toThrow(RangeError);
  });

  test('logits that are no numbers', () => {
    expect(() => sample(logits(1, Number.NaN), { temperature: 0 }, 0)).toThrow(
      'logit 1 is NaN: the weights or a kernel are broken',
    );
    expect(() => sample(logits(Infinity), { temperature: 1 }, 0)).toThrow('logit 0 is Infinity');
    expect(() => sample(logits(-Infinity, -Infinity), { temperature: 1 }, 0)).toThrow('everything is masked');
    expect(() => sample(logits(), { temperature: 1 }, 0)).toThrow('no logits');
    expect(() => candidates(logits(1), 1.5, { temperature: 1 })).toThrow('1.5 candidates');
  });
});
