/** The arithmetic of one row: score → mask → softmax → weight × value, as numbers that were computed. No DOM. */
import type { AttentionRow } from '../../run/types.ts';
import type { Look } from './arcs.ts';

/** Keys that are listed; the others are summed. */
export const LISTED = 6;

export interface StepRow extends Look {
  readonly score: number | undefined;
  /** Length of weight · value. */
  readonly adds: number | undefined;
}

export interface Steps {
  /** Largest weights first. */
  readonly rows: readonly StepRow[];
  readonly others: { readonly count: number; readonly weight: number; readonly adds: number | undefined };
  /** What the softmax divides by, after the largest score was taken off each. */
  readonly top: number | undefined;
  readonly sum: number | undefined;
}

/** Without `exact`, only what the bytes tell. */
export function stepsOf(looks: readonly Look[], exact: AttentionRow | undefined): Steps {
  const keys = exact ? exactLooks(exact, looks.at(-1)?.key ?? 0) : looks.map((look) => ({ ...look, at: -1 }));
  const order = keys.toSorted((a, b) => b.weight - a.weight || a.key - b.key);
  const rest = order.slice(LISTED);
  const top = exact && exact.score.reduce((most, score) => Math.max(most, score), -Infinity);
  return {
    rows: order.slice(0, LISTED).map(({ key, weight, at }) => ({
      key,
      weight,
      score: exact?.score[at],
      adds: exact && lengthOf(exact, [at]),
    })),
    others: {
      count: rest.length,
      weight: rest.reduce((sum, { weight }) => sum + weight, 0),
      adds:
        exact &&
        lengthOf(
          exact,
          rest.map(({ at }) => at),
        ),
    },
    top,
    sum: exact && exact.score.reduce((sum, score) => sum + Math.exp(score - top!), 0),
  };
}

/** The last key is the query itself. */
function exactLooks({ weight }: AttentionRow, query: number) {
  return Array.from(weight, (w, at) => ({ key: query + 1 - weight.length + at, weight: w, at }));
}

/** |Σ weight · value| over some keys. */
function lengthOf({ weight, value }: AttentionRow, keys: readonly number[]): number {
  const size = value.length / weight.length;
  let squares = 0;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (const k of keys) sum += weight[k] * value[k * size + i];
    squares += sum * sum;
  }
  return Math.sqrt(squares);
}

/** Length of a key's value by itself. */
export const valueLength = (adds: number, weight: number): number => (weight > 0 ? adds / weight : 0);
