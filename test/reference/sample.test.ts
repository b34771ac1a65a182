/** sample and top_n against a second, brute-force definition, and against the distribution they promise. */
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/sample/random.ts';
import { int, stateWords, type StateWords } from '../../src/kernels/cases/fills.ts';
import { STATE } from '../../src/plan/state.ts';
import { uniform } from '../../src/sample/hash.ts';
import { pick } from '../../src/reference/sample.ts';
import { normals, run, zeros } from './gradient.ts';

/** The kept tokens with their probabilities, by sorting indices: the definition read aloud. */
function kept(logits: Float64Array, temperature: number, topK: number, topP: number): Map<number, number> {
  const exps = Array.from(logits, (x) => Math.exp(x / temperature));
  const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  let list = topK > 0 ? order.slice(0, topK) : order;
  const mass = (ids: number[]) => ids.reduce((a, i) => a + exps[i], 0);
  if (topP < 1) {
    let n = 1;
    while (mass(list.slice(0, n)) < topP * mass(list)) n++;
    list = list.slice(0, n);
  }
  return new Map(list.sort((a, b) => a - b).map((i) => [i, exps[i] / mass(list)]));
}

function draw(logits: Float64Array, wish: StateWords) {
  const state = stateWords(wish);
  const history = new Uint32Array(4).fill(1000);
  run('sample', { logits, state, history }, { R: 1, V: logits.length, H: 4 });
  return { state, history, token: state[STATE.TOKEN] };
}

describe('the token', () => {
  test('is what walking along the kept tokens gives, for random wishes with ties', () => {
    const random = randomStream(11);
    for (let trial = 0; trial < 400; trial++) {
      const V = int(random, 1, 30);
      // coarse values: many ties, some across the cuts
      const logits = Float64Array.from({ length: V }, () => int(random, -3, 3) / 2);
      const temperature = [0.5, 1, 2][int(random, 0, 2)];
      const topK = int(random, 0, V + 2);
      const topP = [1, 0.9, 0.5, 0.01][int(random, 0, 3)];
      const u = random();
      const { token, margin } = pick(logits, { temperature, topK, topP, u });
      if (margin < 1e-9) continue; // an exact cut, such as half the mass of equal tokens: rounding decides
      let run = 0;
      let want = -1;
      for (const [id, p] of kept(logits, temperature, topK, topP)) {
        run += p;
        want = id;
        if (run > u) break;
      }
      expect(token, `trial ${trial}: V ${V} temperature ${temperature} topK ${topK} topP ${topP} u ${u}`).toBe(want);
    }
  });

  const wishes = [
    { temperature: 1 },
    { temperature: 0.7, topK: 3 },
    { temperature: 1.3, topP: 0.8 },
    { temperature: 1, topK: 6, topP: 0.7 },
  ];
  test.each(wishes)('is distributed as promised: %o', (wish) => {
    const logits = normals(12, 3).map((x) => 1.5 * x);
    const want = kept(logits, wish.temperature, wish.topK ?? 0, wish.topP ?? 1);
    const counts = zeros(12);
    const n = 20000;
    for (let pos = 0; pos < n; pos++) counts[draw(logits, { ...wish, seed: 42, pos }).token]++;
    let chi = 0;
    counts.forEach((count, id) => {
      const expected = n * (want.get(id) ?? 0);
      if (expected === 0) expect(count, `token ${id} was cut`).toBe(0);
      else chi += (count - expected) ** 2 / expected;
    });
    // chi-square with 11 degrees of freedom is above 40 once in 30 000
    expect(chi).toBeLessThan(40);
  });

  test('greedy takes the largest, the first of equals, whatever the seed', () => {
    const logits = Float64Array.from([1, 5, 2, 5, 5]);
    for (let seed = 0; seed < 20; seed++) expect(draw(logits, { seed, topK: 2, topP: 0.5 }).token).toBe(1);
  });

  test('top-k cuts ties at the highest index; top-p of nearly 0 leaves the largest', () => {
    const logits = Float64Array.from([0, 2, 2, 2, 2, 1]);
    const seen = (wish: StateWords) =>
      [...new Set(Array.from({ length: 300 }, (_, pos) => draw(logits, { temperature: 1, pos, ...wish }).token))].sort(
        (a, b) => a - b,
      );
    expect(seen({ topK: 2 })).toEqual([1, 2]);
    expect(seen({ topP: 0.0001 })).toEqual([1]);
    expect(seen({ topK: 1 })).toEqual([1]);
    expect(seen({ topK: 99 })).toEqual([0, 1, 2, 3, 4, 5]);
    // four equal tokens hold all but 0.1 of the mass within the best five: half of it needs three of them
    expect(seen({ topK: 5, topP: 0.5 })).toEqual([1, 2, 3]);
  });

  test('logits of −1e30 and of 1e4 are handled', () => {
    const logits = Float64Array.from([-1e30, 1e4, -1e30, 1e4]);
    const tokens = Array.from({ length: 100 }, (_, pos) => draw(logits, { temperature: 1, pos }).token);
    expect([...new Set(tokens)].sort((a, b) => a - b)).toEqual([1, 3]);
  });
});

describe('the state', () => {
  test('advances: position, token, count, history; the draw is that of (seed, position)', () => {
    const logits = normals(9, 5);
    const { state, history, token } = draw(logits, { temperature: 1, seed: 7, pos: 12, count: 6, length: 3 });
    const u = uniform(7, 12, 0, 0);
    expect(token).toBe(pick(logits, { temperature: 1, topK: 0, topP: 1, u }).token);
    expect(state[STATE.POS]).toBe(13);
    expect(state[STATE.COUNT]).toBe(7);
    expect([...history]).toEqual([1000, 1000, token, 1000]);
    expect([state[STATE.SEED], state[STATE.LENGTH]]).toEqual([7, 3]);
  });
});

describe('top_n', () => {
  test('is a stable sort with softmax beside it', () => {
    const random = randomStream(5);
    for (let trial = 0; trial < 50; trial++) {
      const V = int(random, 1, 40);
      const N = int(random, 1, V);
      const logits = Float64Array.from({ length: V }, () => int(random, -4, 4) / 2);
      const [ids, probs, softmax] = [new Uint32Array(N), zeros(N), zeros(V)];
      run('top_n', { logits, ids, probs }, { R: 1, V, N });
      run('softmax', { inp: logits, out: softmax }, { R: 1, C: V });
      const order = Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
      expect([...ids]).toEqual(order.slice(0, N));
      ids.forEach((id, n) => expect(probs[n]).toBeCloseTo(softmax[id], 14));
    }
  });
});
