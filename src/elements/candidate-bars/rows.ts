/** Which bars are shown, how long they are, and what they leave out. No DOM in here. */
import type { Candidate, Draw } from '../../run/types.ts';

export interface Choice {
  readonly candidates: readonly Candidate[];
  readonly draw: Draw | undefined;
  /** Id of the token that was taken, or would be. */
  readonly chosen: number | undefined;
  /** What is known of it when it is not among the candidates. */
  readonly chosenText?: string | undefined;
  readonly chosenP?: number | undefined;
  readonly chosenRank?: number | undefined;
  /** How many tokens there are; 0: not known. */
  readonly vocab: number;
  /** Probabilities by token before a head was switched off. */
  readonly before?: ReadonlyMap<number, number> | undefined;
}

export interface BarRow {
  readonly token: number;
  readonly text: string;
  /** 0-based, among all tokens; undefined: not known. */
  readonly rank: number | undefined;
  readonly p: number;
  /** After temperature, top-k and top-p; 0: cut; undefined: not known. */
  readonly final: number | undefined;
  readonly interval: readonly [from: number, to: number] | undefined;
  readonly before: number | undefined;
  readonly chosen: boolean;
}

/** The most probable ones, and the chosen one in the last row when it is not among them. */
export function rowsOf(choice: Choice, limit: number): BarRow[] {
  const { candidates, draw, chosen, before } = choice;
  const drawn = new Map(draw?.candidates.map((c) => [c.token, c]));
  const row = (token: number, text: string, p: number, rank: number | undefined): BarRow => {
    const known = drawn.get(token);
    return {
      token,
      text,
      rank,
      p,
      final: known?.final,
      interval: known?.interval,
      before: before?.get(token),
      chosen: token === chosen,
    };
  };
  const rows = candidates
    .slice(0, limit)
    .map(({ token, text, probability }, rank) => row(token, text, probability, rank));
  if (chosen === undefined || rows.some((r) => r.chosen)) return rows;
  const at = candidates.findIndex(({ token }) => token === chosen);
  const { text, probability } = candidates[at] ?? { text: choice.chosenText, probability: choice.chosenP };
  if (text === undefined || probability === undefined) return rows;
  const rank = at >= 0 ? at : choice.chosenRank;
  return [...rows.slice(0, limit - 1), row(chosen, text, probability, rank)];
}

/** What a full bar may stand for. */
const SCALES = [0.1, 0.25, 0.5, 1];

/**
 * What a full bar stands for: the smallest scale that holds the largest bar. It stays what it was while the bars still fill a fifth of
 * it, so that it rarely jumps from token to token.
 */
export function scaleFor(rows: readonly BarRow[], was: number | undefined): number {
  const largest = Math.max(0, ...rows.map((r) => Math.max(r.p, r.final ?? 0, r.before ?? 0)));
  if (was !== undefined && largest <= was && largest >= was / 5) return was;
  return SCALES.find((end) => largest <= end) ?? 1;
}

/** The tokens without a row: how many, and what they have together. */
export function restOf(rows: readonly BarRow[], vocab: number): { readonly n: number; readonly p: number } {
  const p = 1 - rows.reduce((sum, row) => sum + row.p, 0);
  return { n: Math.max(0, vocab - rows.length), p: Math.max(0, p) };
}
