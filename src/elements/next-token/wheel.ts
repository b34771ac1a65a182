/** Which candidates stand where around the slot. Pure. */
import type { Candidate, Step } from '../../run/types.ts';

/** Rows above the slot. */
export const ABOVE = 3;
/** Rows in all, the last of which is for a sentence. */
export const ROWS = 9;

export interface WheelRow {
  /** Row from the top when the wheel is turned to the drawn one; the slot is row 3. */
  readonly at: number;
  readonly candidate: Candidate;
  /** 0-based, among all tokens. */
  readonly rank: number;
  readonly drawn: boolean;
  /** After temperature, top-k and top-p; 0: cut; undefined: not known. */
  readonly final: number | undefined;
}

export interface Wheel {
  readonly rows: readonly WheelRow[];
  /** So many more stand between the first ones and the drawn one; 0: none is left out. */
  readonly skipped: number;
  /** What a full bar means, 0 … 1. */
  readonly scale: number;
  /** What the rows show together, and how many tokens they are. */
  readonly shown: number;
}

/** Steps of the scale: few, so that it rarely jumps. */
export const scaleOf = (largest: number): number => [0.1, 0.25, 0.5].find((end) => largest <= end) ?? 1;

/** `limit`: candidates shown in all. The drawn one is always among them. */
export function wheelOf({ candidates, draw, token, label, probability, rank }: Step, limit: number): Wheel {
  const final = new Map(draw?.candidates.map((c) => [c.token, c.final]));
  const listed = candidates.findIndex((c) => c.token === token);
  const drawnRank = rank ?? (listed >= 0 ? listed : candidates.length);
  const drawn: Candidate = candidates[listed] ?? { token, text: label, probability: probability ?? 0 };
  const row = (candidate: Candidate, r: number, at: number): WheelRow => ({
    at,
    candidate,
    rank: r,
    drawn: candidate.token === token,
    final: draw && (final.get(candidate.token) ?? (candidate.token === token ? undefined : 0)),
  });
  // more probable ones above: all of them, or the first two and how many more
  const above = Math.min(drawnRank, drawnRank > ABOVE ? ABOVE - 1 : ABOVE, candidates.length);
  const rows = candidates.slice(0, above).map((c, r) => row(c, r, drawnRank > ABOVE ? r : ABOVE - drawnRank + r));
  rows.push(row(drawn, drawnRank, ABOVE));
  for (let r = drawnRank + 1; r < candidates.length && rows.length < limit && ABOVE + r - drawnRank < ROWS - 1; r++)
    rows.push(row(candidates[r], r, ABOVE + r - drawnRank));
  const largest = Math.max(...rows.map((r) => Math.max(r.candidate.probability, r.final ?? 0)));
  return {
    rows,
    skipped: drawnRank - above,
    scale: scaleOf(largest),
    shown: rows.reduce((sum, r) => sum + r.candidate.probability, 0),
  };
}

/** The list of a narrow page: the first ones in order, and the drawn one in its place, or last. */
export function listOf(step: Step, limit: number): readonly WheelRow[] {
  const { rows } = wheelOf(step, limit);
  const all = step.candidates.map((candidate, rank): WheelRow => {
    const known = rows.find((r) => r.candidate.token === candidate.token);
    const final = step.draw && (step.draw.candidates.find((c) => c.token === candidate.token)?.final ?? 0);
    return known ?? { at: rank, candidate, rank, drawn: false, final };
  });
  const shown = all.slice(0, limit);
  const drawn = rows.find((r) => r.drawn)!;
  return shown.some((r) => r.drawn) ? shown : [...shown.slice(0, limit - 1), drawn];
}
