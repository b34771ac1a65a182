/** N-gram models: small examples by hand, probabilities that sum to one, zeros, borders. */
import { describe, expect, test } from 'vitest';
import { compareNgrams, countNgrams, ngramLoss, ngramModel, type Smoothing } from '../../src/model/ngram/ngram.ts';
import { countAfter, countTable, frequentContexts } from '../../src/model/ngram/counts.ts';
import { sampleNgram } from '../../src/model/ngram/sample.ts';
import { uniform } from '../../src/sample/hash.ts';

const V = 7;
const END = 0;

/** Random documents of a skewed alphabet, each `END … END`. */
function documents(n: number, seed: number): number[][] {
  return Array.from({ length: n }, (_, d) => {
    const length = 3 + Math.floor(uniform(seed, d, 0, 0) * 12);
    const text = Array.from({ length }, (_, i) => 1 + Math.floor(uniform(seed, d, 1, i) ** 2 * (V - 2)));
    return [END, ...text, END];
  });
}

describe('probabilities', () => {
  const trie = countNgrams(documents(40, 1), { order: 5, vocab: V });
  for (const smoothing of ['add-k', 'witten-bell', 'kneser-ney'] as Smoothing[])
    for (let order = 1; order <= 5; order++)
      test(`${smoothing}, n = ${order}: sum to 1 after any context, none is 0`, () => {
        const model = ngramModel(trie, { order, smoothing });
        for (const context of [[], [END], [1], [1, 2], [6, 6, 6, 6], [END, 1, 1, 2], [2, 1, 1, 1, 3, 1]]) {
          const p = model.distribution(context);
          expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 10);
          expect(Math.min(...p)).toBeGreaterThan(0);
          expect(p[3]).toBe(model.probability(context, 3));
        }
      });

  test('without smoothing: relative frequencies, and 0 for what never came', () => {
    const bigrams = ngramModel(countNgrams([[1, 2, 3, 2, 3, 2, 4]], { order: 2, vocab: 5 }), {
      order: 2,
      smoothing: 'none',
    });
    expect(bigrams.probability([2], 3)).toBe(2 / 3);
    expect(bigrams.probability([2], 4)).toBe(1 / 3);
    expect(bigrams.probability([2], 1)).toBe(0);
    expect(bigrams.probability([4], 1)).toBe(0); // a context that never came
    expect(ngramLoss(bigrams, [[1, 2, 1]]).nats).toBe(Infinity);
  });

  test('add-k by hand: (1 + k)/(3 + kV)', () => {
    const model = ngramModel(countNgrams([[1, 2, 3, 2, 3, 2, 4]], { order: 2, vocab: 5 }), {
      order: 2,
      smoothing: 'add-k',
      k: 0.5,
    });
    expect(model.probability([2], 4)).toBeCloseTo(1.5 / 5.5, 12);
    expect(model.probability([1, 2], 4)).toBeCloseTo(1.5 / 5.5, 12);
  });

  test('Witten–Bell by hand', () => {
    // after 2: 3 3 4 (T = 2, c = 3); order 1: targets 2 3 2 3 2 4 (T = 3, c = 6)
    const model = ngramModel(countNgrams([[1, 2, 3, 2, 3, 2, 4]], { order: 2, vocab: 5 }), {
      order: 2,
      smoothing: 'witten-bell',
    });
    const unigram = (1 + 3 * (1 / 5)) / (6 + 3);
    expect(model.probability([2], 4)).toBeCloseTo((1 + 2 * unigram) / (3 + 2), 12);
  });

  test('Kneser–Ney asks in how many contexts a token stands: the "San Francisco" example', () => {
    // 6 comes often but only after 5; 3 comes as often after many
    const texts = [
      [1, 5, 6, 2, 5, 6, 4, 5, 6],
      [2, 1, 3],
      [4, 2, 3],
      [1, 4, 3],
    ];
    const model = ngramModel(countNgrams(texts, { order: 2, vocab: 7 }), { order: 2, smoothing: 'kneser-ney' });
    expect(model.probability([6, 6], 3)).toBeGreaterThan(model.probability([6, 6], 6));
    expect(model.probability([5], 6)).toBeGreaterThan(model.probability([5], 3));
  });
});

describe('borders', () => {
  test('nothing is counted across documents, and a first token is only a context', () => {
    const model = ngramModel(
      countNgrams(
        [
          [1, 2],
          [3, 4],
        ],
        { order: 2, vocab: 5 },
      ),
      { order: 2, smoothing: 'none' },
    );
    expect(model.probability([2], 3)).toBe(0);
    expect(model.probability([1], 2)).toBe(1);
    expect(
      ngramModel(
        countNgrams(
          [
            [1, 2],
            [3, 4],
          ],
          { order: 1, vocab: 5 },
        ),
        { order: 1, smoothing: 'none' },
      ).probability([], 1),
    ).toBe(0);
  });

  test('an unknown token is neither predicted nor a context', () => {
    const trie = countNgrams([[1, 2, 0, 2, 3]], { order: 3, vocab: 4, unknown: 0 });
    const model = ngramModel(trie, { order: 1, smoothing: 'none' });
    expect(model.probability([], 0)).toBe(0);
    expect(ngramLoss(ngramModel(trie, { order: 3, smoothing: 'witten-bell' }), [[1, 2, 0, 2, 3]], 0).targets).toBe(3);
  });

  test('wrong orders are refused by number', () => {
    expect(() => countNgrams([], { order: 6, vocab: 3 })).toThrow('order is 6');
    expect(() => ngramModel(countNgrams([[1, 2]], { order: 2, vocab: 3 }), { order: 3, smoothing: 'none' })).toThrow(
      'order is 3',
    );
  });
});

test('a longer context helps on text that has structure, and more text helps', () => {
  // a noisy cycle of period 3 with a hidden phase: two tokens of context tell more than one
  const make = (n: number, seed: number) =>
    Array.from({ length: n }, (_, d) => [
      END,
      ...Array.from({ length: 30 }, (_, i) => (uniform(seed, d, 2, i) < 0.1 ? 6 : [1, 1, 2, 1, 3][(i + d) % 5])),
      END,
    ]);
  const test = make(20, 9);
  const loss = (n: number, order: number) => {
    const { nats, targets } = ngramLoss(
      ngramModel(countNgrams(make(n, 3), { order, vocab: V }), { order, smoothing: 'kneser-ney' }),
      test,
    );
    return nats / targets;
  };
  expect(loss(100, 3)).toBeLessThan(loss(100, 2) - 0.1);
  expect(loss(100, 5)).toBeLessThan(loss(5, 5));
});

describe('sampling', () => {
  const model = ngramModel(
    countNgrams(
      [
        [0, 1, 2, 3, 1, 2, 3, 0],
        [0, 1, 2, 4, 0],
      ],
      { order: 3, vocab: 5 },
    ),
    {
      order: 3,
      smoothing: 'none',
    },
  );
  const settings = { temperature: 1, topK: 0, topP: 1, seed: 7 };
  test('greedy takes the most probable and ends before the separator', () => {
    // after 2 3 came 1 once and the separator once: the lower index wins
    expect(sampleNgram(model, [0, 1], 10, { ...settings, temperature: 0, end: 0 })).toEqual([2, 3]);
    expect(sampleNgram(model, [0, 1], 4, { ...settings, temperature: 0 })).toEqual([2, 3, 0, 0]);
    expect(sampleNgram(model, [2, 4], 10, { ...settings, end: 0 })).toEqual([]);
  });

  test('draws what the text had, as often as it had it; the seed decides', () => {
    const first = Array.from({ length: 600 }, (_, seed) => sampleNgram(model, [1, 2], 1, { ...settings, seed })[0]);
    expect(new Set(first)).toEqual(new Set([3, 4]));
    expect(first.filter((t) => t === 3).length / 600).toBeCloseTo(2 / 3, 1);
    expect(sampleNgram(model, [1, 2], 20, settings)).toEqual(sampleNgram(model, [1, 2], 20, settings));
  });
});

test('all orders and smoothings are compared on one split, best first', () => {
  const scores = compareNgrams(documents(60, 1), documents(10, 2), { order: 4, vocab: V });
  expect(scores.length).toBe(12);
  expect(scores.every((s, i) => i === 0 || s.loss >= scores[i - 1].loss)).toBe(true);
  expect(scores.at(-1)!.loss).toBeLessThan(Infinity);
});

describe('counts', () => {
  // 2 is followed by 3, 3, 4; 3 by 2, 2; 4 ends the text
  const trie = countNgrams([[1, 2, 3, 2, 3, 2, 4]], { order: 3, vocab: 6 });

  test('a context that never came is 0 of 0, a token that never came after one that did is 0 of n', () => {
    expect(countAfter(trie, [2], 3)).toEqual({ count: 2, total: 3 });
    expect(countAfter(trie, [2], 1)).toEqual({ count: 0, total: 3 });
    expect(countAfter(trie, [4], 1)).toEqual({ count: 0, total: 0 });
    expect(countAfter(trie, [5, 2], 3)).toEqual({ count: 0, total: 0 });
    expect(countAfter(trie, [], 2)).toEqual({ count: 3, total: 6 });
    expect(() => countAfter(trie, [1, 2, 3], 2)).toThrow('a context of 3 tokens; sequences of up to 3 were counted');
  });

  test('a model counts after its own context, whatever the smoothing', () => {
    const model = ngramModel(trie, { order: 2, smoothing: 'kneser-ney' });
    expect(model.count([5, 5, 2], 3)).toEqual({ count: 2, total: 3 });
    expect(model.count([5], 3)).toEqual({ count: 0, total: 0 });
    expect(ngramModel(trie, { order: 3, smoothing: 'none' }).count([2], 3)).toEqual({ count: 0, total: 0 });
  });

  test('a loss says how many of its zeros are of either kind', () => {
    const bigrams = ngramModel(trie, { order: 2, smoothing: 'none' });
    // 2 → 3 came; 3 → 4 never did; 4 was never followed
    expect(ngramLoss(bigrams, [[2, 3, 4, 1]])).toEqual({
      nats: Infinity,
      targets: 3,
      unseenTokens: 1,
      unseenContexts: 1,
    });
  });

  test('what came after a context, as a table', () => {
    expect(countTable(trie, [2])).toEqual({
      context: [2],
      total: 3,
      tokens: [
        { token: 3, count: 2 },
        { token: 4, count: 1 },
      ],
    });
    expect(countTable(trie, [5])).toEqual({ context: [5], total: 0, tokens: [] });
    const [most, next] = frequentContexts(trie, 2, 2);
    expect([most.context, most.total]).toEqual([[2, 3], 2]);
    expect([next.context, next.total]).toEqual([[3, 2], 2]);
    expect(frequentContexts(trie, 0, 5)[0].tokens[0]).toEqual({ token: 2, count: 3 });
  });
});
