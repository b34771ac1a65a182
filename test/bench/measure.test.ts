/** Statistics on clocks that lie in known ways: coarse, drifting, running backwards. */
import { describe, expect, test } from 'vitest';
import { type Contender, measure, QUANTA } from '../../src/bench/measure.ts';
import { median, medianInterval, pairedRatio, quantile, shuffled } from '../../src/bench/stats.ts';
import { randomStream } from '../../src/sample/random.ts';

/** A machine whose time passes only when work is done; `slow(t)` multiplies what a repetition takes at time t. */
function machine(slow: (t: number) => number = () => 1) {
  let now = 0;
  return {
    now: () => now * 1000,
    /** A candidate of `cost` seconds a repetition; `clock` turns begin and end into what is shown. */
    candidate: (name: string, cost: number, clock = (begin: number, end: number) => end - begin): Contender => ({
      name,
      async run(reps) {
        const begin = now;
        now += reps * cost * slow(now);
        return clock(begin, now);
      },
    }),
  };
}

describe('medians and intervals', () => {
  test('quantiles interpolate', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(quantile([0, 10], 0.25)).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test('the interval holds the true median in about 95 of 100 samples, and is the same for the same samples', () => {
    const random = randomStream(3);
    let held = 0;
    for (let i = 0; i < 200; i++) {
      const samples = Array.from({ length: 21 }, () => random());
      const [low, high] = medianInterval(samples);
      if (low <= 0.5 && 0.5 <= high) held++;
      if (i === 0) expect(medianInterval(samples)).toEqual([low, high]);
    }
    expect(held).toBeGreaterThan(180);
  });

  test('a round visits everybody once, and the order changes', () => {
    const orders = Array.from({ length: 8 }, (_, round) => shuffled(5, round).join(''));
    for (const order of orders) expect([...order].toSorted().join('')).toBe('01234');
    expect(new Set(orders).size).toBeGreaterThan(3);
  });
});

describe('measure', () => {
  test('repeats a short kernel until a coarse clock shows it to 2 %', async () => {
    const quantum = 65_536e-9;
    const { candidate, now } = machine();
    const coarse = (begin: number, end: number) => (Math.floor(end / quantum) - Math.floor(begin / quantum)) * quantum;
    const [short, long] = await measure([candidate('short', 3.1e-6, coarse), candidate('long', 4.7e-3, coarse)], {
      quantum,
      now,
      shortest: 1e-3,
    });
    expect(short.reps * 3.1e-6).toBeGreaterThanOrEqual(QUANTA * quantum * 0.98);
    expect(short.median / 3.1e-6).toBeGreaterThan(0.98);
    expect(short.median / 3.1e-6).toBeLessThan(1.02);
    expect(Math.abs(long.median / 4.7e-3 - 1)).toBeLessThan(0.02);
    expect(short.samples).toHaveLength(20);
  });

  test('a machine that becomes ten times slower leaves ratios as they are', async () => {
    const { candidate, now } = machine((t) => 1 + 3 * t);
    const [a, b] = await measure([candidate('a', 1e-3), candidate('b', 2e-3)], { quantum: 1e-6, now });
    expect(a.samples[19] / a.samples[0]).toBeGreaterThan(3);
    const { ratio, interval } = pairedRatio(a.samples, b.samples);
    expect(ratio).toBeGreaterThan(1.8);
    expect(ratio).toBeLessThan(2.2);
    expect(interval[0]).toBeLessThanOrEqual(ratio);
    expect(interval[1]).toBeGreaterThanOrEqual(ratio);
  });

  test('zero and negative times are taken again and counted', async () => {
    const { candidate, now } = machine();
    let calls = 0;
    const flaky = (begin: number, end: number) => (++calls % 4 === 0 ? -1e-3 : calls % 7 === 0 ? 0 : end - begin);
    const [timing] = await measure([candidate('flaky', 1e-3, flaky)], { quantum: 1e-6, now });
    expect(timing.dropped).toBeGreaterThan(5);
    expect(timing.samples).toHaveLength(20);
    for (const sample of timing.samples) expect(sample).toBeCloseTo(1e-3, 9);
  });

  test('a clock that never moves is an error that names the candidate', async () => {
    const { candidate, now } = machine();
    const stopped = measure([candidate('stuck', 1e-3, () => 0)], { quantum: 1e-6, now });
    await expect(stopped).rejects.toThrow(/stuck: the clock showed no time/);
  });

  test('the budget shortens a slow measurement, but not below three samples', async () => {
    const { candidate, now } = machine();
    const [timing] = await measure([candidate('slow', 10)], { quantum: 1e-6, now, budget: 1 });
    expect(timing.samples).toHaveLength(3);
    expect(timing.reps).toBe(1);
  });

  test('a noisy candidate gets more samples, up to the most', async () => {
    let n = 0;
    const { candidate, now } = machine(() => [1, 3, 9][n++ % 3]);
    const wild = await measure([candidate('wild', 1)], { quantum: 1e-6, now, samples: 5, most: 12 });
    expect(wild[0].samples.length).toBeGreaterThan(5);
    expect(wild[0].samples.length).toBeLessThanOrEqual(12);
    const calm = await measure([machine().candidate('calm', 1)], { quantum: 1e-6, now, samples: 5, most: 12 });
    expect(calm[0].samples).toHaveLength(5);
  });

  test('lots are kept whole, and the first run is told apart', async () => {
    const { candidate, now } = machine((t) => (t === 0 ? 50 : 1));
    const [timing] = await measure([{ ...candidate('lots', 1e-4), lot: 24 }], { quantum: 1e-6, now });
    expect(timing.reps % 24).toBe(0);
    expect(timing.first).toBeCloseTo(50e-4, 9);
    expect(timing.median).toBeCloseTo(1e-4, 9);
  });
});
