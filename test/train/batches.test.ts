/** Rows and batches: inside documents, seeded, nothing twice; and what the plan reads from them. */
import { describe, expect, test } from 'vitest';
import { IGNORE } from '../../src/plan/state.ts';
import {
  type Corpus,
  emptyBatch,
  epochRows,
  evaluationRows,
  fillBatch,
  framed,
  type Row,
  weigh,
} from '../../src/train/batches.ts';

const T = 16;
const END = 0;
/** Documents of 1 … 60 tokens; every token of document d is d + 1. */
const corpus: Corpus = {
  documents: Array.from({ length: 40 }, (_, d) => framed(new Uint32Array(1 + ((d * 17) % 60)).fill(d + 1), END)),
};
const V = 41;
const all = corpus.documents.reduce((n, d) => n + d.length - 1, 0);

/** Targets of rows as `document:position`. */
const targets = (rows: readonly Row[]): string[] =>
  rows.flatMap((row) =>
    row.flatMap(({ document, from, to }) => Array.from({ length: to - from }, (_, i) => `${document}:${from + i + 1}`)),
  );

describe('rows', () => {
  test('an epoch has every target exactly once, none across documents', () => {
    const list = targets(epochRows(corpus, T, 1, 0));
    expect(list.length).toBe(all);
    expect(new Set(list).size).toBe(all);
  });

  test('no row is longer than T; packing leaves little empty', () => {
    const rows = epochRows(corpus, T, 1, 0);
    const sizes = rows.map((row) => row.reduce((n, p) => n + p.to - p.from, 0));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(T);
    expect(all / (rows.length * T)).toBeGreaterThan(0.85);
  });

  test('the seed decides; another seed or epoch cuts and orders otherwise', () => {
    expect(epochRows(corpus, T, 1, 0)).toEqual(epochRows(corpus, T, 1, 0));
    expect(epochRows(corpus, T, 2, 0)).not.toEqual(epochRows(corpus, T, 1, 0));
    expect(epochRows(corpus, T, 1, 1)).not.toEqual(epochRows(corpus, T, 1, 0));
  });

  test('long documents are cut elsewhere in the next epoch', () => {
    const one: Corpus = { documents: [framed(new Uint32Array(100).fill(1), END)] };
    const second = (epoch: number) =>
      Math.min(
        ...epochRows(one, T, 1, epoch)
          .flat()
          .map((p) => p.to),
      );
    const seen = new Set(Array.from({ length: 20 }, (_, epoch) => second(epoch)));
    expect(seen.size).toBeGreaterThan(8);
    expect(Math.max(...seen)).toBeLessThanOrEqual(T);
  });

  test('bare rows begin without the separator; only the first target of the row is lost', () => {
    const rows = epochRows(corpus, T, 1, 0, 0.5);
    const list = targets(rows);
    expect(new Set(list).size).toBe(list.length);
    const lost = targets(epochRows(corpus, T, 1, 0)).filter((t) => !list.includes(t));
    expect(lost.every((t) => t.endsWith(':1'))).toBe(true);
    const whole = rows.filter(([first]) => first.from === 0).length;
    expect(lost.length).toBeGreaterThan(0.25 * (lost.length + whole));
    expect(lost.length).toBeLessThan(0.75 * (lost.length + whole));
  });

  test('evaluation has every target once, in order, at every call', () => {
    expect(targets(evaluationRows(corpus, T)).length).toBe(all);
    expect(evaluationRows(corpus, T)).toEqual(evaluationRows(corpus, T));
  });

  test('with overlap, too: and every target of a long document but its first has that much before it', () => {
    const rows = evaluationRows(corpus, T, T / 2);
    const measured = rows.flatMap((row) =>
      row.flatMap((p) =>
        Array.from({ length: p.to - p.from - (p.skip ?? 0) }, (_, i) => [p, p.from + (p.skip ?? 0) + i + 1] as const),
      ),
    );
    expect(new Set(measured.map(([p, at]) => `${p.document}:${at}`)).size).toBe(all);
    expect(measured.length).toBe(all);
    expect(measured.every(([p, at]) => at - p.from >= Math.min(at, T / 2 + 1))).toBe(true);
    const batch = emptyBatch(rows.length, T, V);
    fillBatch(batch, corpus, rows, T);
    expect(batch.count).toBe(all);
  });
});

describe('a batch', () => {
  const rows = epochRows(corpus, T, 3, 0);
  const batch = emptyBatch(4, T, V);
  fillBatch(batch, corpus, rows.slice(0, 4), T);

  test('each target belongs to its input’s document, and the weights add up to 1', () => {
    let counted = 0;
    batch.targets.forEach((target, i) => {
      if (target === IGNORE) {
        expect(batch.weights[i]).toBe(0);
        return;
      }
      counted++;
      if (target !== END && batch.tokens[i] !== END) expect(target).toBe(batch.tokens[i]);
      expect(batch.weights[i]).toBeCloseTo(1 / batch.count, 7);
    });
    expect(counted).toBe(batch.count);
    weigh(batch, 2 * batch.count);
    expect(batch.weights.reduce((a, b) => a + b, 0)).toBeCloseTo(0.5, 6);
  });

  test('order sorts the positions by token, stably; starts says where each token begins', () => {
    expect([...batch.order].sort((a, b) => a - b)).toEqual(Array.from({ length: 4 * T }, (_, i) => i));
    for (let v = 0; v < V; v++) {
      const places = [...batch.order.subarray(batch.starts[v], batch.starts[v + 1])];
      expect(places).toEqual([...batch.tokens.keys()].filter((i) => batch.tokens[i] === v));
    }
    expect(batch.starts[V]).toBe(4 * T);
  });

  test('text that the vocabulary lacks is read, not learned; missing rows stay empty', () => {
    const some: Corpus = { documents: [Uint32Array.of(0, 5, 7, 5, 0)], unknown: 7 };
    const b = emptyBatch(2, T, 8);
    fillBatch(b, some, evaluationRows(some, T), T);
    expect([...b.tokens.subarray(0, 5)]).toEqual([0, 5, 7, 5, 0]);
    expect([...b.targets.subarray(0, 5)]).toEqual([5, IGNORE, 5, 0, IGNORE]);
    expect(b.count).toBe(3);
    expect(b.targets.subarray(T).every((t) => t === IGNORE)).toBe(true);
  });
});
