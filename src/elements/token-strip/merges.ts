/** Byte pair encoding, step by step: a word begins as its bytes, and each join makes one piece of two. No DOM in here. */
import type { TokenInfo, WordMerges } from '../../run/types.ts';

export interface MergePiece {
  readonly bytes: readonly number[];
  /** It was made by the last step. */
  readonly fresh: boolean;
}

/** All joins of the text, one after the other, word by word. */
export const stepsOf = (merges: readonly WordMerges[]): number => merges.reduce((n, { joins }) => n + joins.length, 0);

/** All pieces after so many joins. Tokens that belong to no word stand as they are. */
export function piecesAfter(tokens: readonly TokenInfo[], merges: readonly WordMerges[], steps: number): MergePiece[] {
  const pieces: MergePiece[] = [];
  let [at, left] = [0, steps];
  const asTheyAre = (to: number) => {
    for (const { bytes } of tokens.slice(at, to)) pieces.push({ bytes, fresh: false });
  };
  for (const word of merges) {
    const [from, to] = word.tokens;
    asTheyAre(from);
    at = to;
    const bytes = tokens.slice(from, to).flatMap((token) => token.bytes);
    const starts = new Set(bytes.keys());
    const done = word.joins.slice(0, left);
    for (const join of done) {
      const right = bytes.findIndex((_, i) => i > join && starts.has(i));
      if (right > 0) starts.delete(right);
    }
    const fresh = left > 0 && left <= word.joins.length ? done.at(-1) : undefined;
    left -= done.length;
    const edges = [...starts, bytes.length];
    for (let i = 0; i + 1 < edges.length; i++)
      pieces.push({ bytes: bytes.slice(edges[i], edges[i + 1]), fresh: edges[i] === fresh });
  }
  asTheyAre(tokens.length);
  return pieces;
}
