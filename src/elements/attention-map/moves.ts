/** What the keys do in the two groups. No DOM. */
import type { HeadPlace } from './heads-view.ts';
import type { Pair } from './matrix-view.ts';

const clamp = (n: number, most: number) => Math.max(0, Math.min(most, n));

/** The head that a key leads to; undefined: it is no key of the grid. */
export function headMove(
  key: string,
  { layer, head }: HeadPlace,
  layers: number,
  heads: number,
): HeadPlace | undefined {
  const moves: Readonly<Record<string, HeadPlace>> = {
    ArrowLeft: { layer, head: head - 1 },
    ArrowRight: { layer, head: head + 1 },
    ArrowUp: { layer: layer - 1, head },
    ArrowDown: { layer: layer + 1, head },
    PageUp: { layer: layer - 1, head },
    PageDown: { layer: layer + 1, head },
    Home: { layer: 0, head: 0 },
    End: { layer: layers - 1, head: heads - 1 },
  };
  const to = moves[key] as HeadPlace | undefined;
  return to && { layer: clamp(to.layer, layers - 1), head: clamp(to.head, heads - 1) };
}

/** The pair of tokens that a key leads to; a token sees none after itself. */
export function pairMove(pressed: string, { query, key }: Pair, count: number): Pair | undefined {
  const moves: Readonly<Record<string, Pair>> = {
    ArrowLeft: { query, key: key - 1 },
    ArrowRight: { query, key: key + 1 },
    ArrowUp: { query: query - 1, key },
    ArrowDown: { query: query + 1, key },
    PageUp: { query: query - 10, key },
    PageDown: { query: query + 10, key },
    Home: { query, key: 0 },
    End: { query, key: query },
  };
  const to = moves[pressed] as Pair | undefined;
  return to && inside(to, count);
}

/** The nearest pair that there is. */
export function inside({ query, key }: Pair, count: number): Pair {
  const row = clamp(Math.round(query), count - 1);
  return { query: row, key: clamp(key, row) };
}
