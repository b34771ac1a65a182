/** Which layers and positions the lens shows, and from where on an answer stays. No DOM. */
import type { LensColumn } from '../../run/types.ts';

export const ROW = 30; // px
export const GUTTER = 64;
const LEAST = 54;
const MOST = 66;
/** Above this, every second layer. */
const MANY = 16;
/** Columns that are in the page at once; of others only those near what is seen. */
export const VIRTUAL = 30;
const AROUND = 4;

export interface Rows {
  /** Indices into `Lens.layers`. */
  readonly shown: readonly number[];
  /** Are there layers that are left out? */
  readonly thinned: boolean;
}

/** `embed` is the first entry of a lens; with tied weights it repeats the input. The last layer is always shown. */
export function rowsOf(layers: readonly string[], rows: 'all' | 'every-2' | '', embed: boolean): Rows {
  const first = layers[0] === 'embed' && !embed ? 1 : 0;
  const all = layers.map((_, i) => i).slice(first);
  const thinned = rows === 'every-2' || (rows === '' && all.length > MANY);
  const last = all.length - 1;
  return { shown: thinned ? all.filter((_, i) => (last - i) % 2 === 0) : all, thinned };
}

/** The layer as people count it: `h.0` is the first, 0 the embedding. */
export function layerNumber(layers: readonly string[], index: number): number {
  return layers[0] === 'embed' ? index : index + 1;
}

/** Width of a column: as many as fit with 54 px, then as wide as they can be, up to 66. */
export function columnWidth(width: number): number {
  const room = Math.max(LEAST, width - GUTTER);
  return Math.min(MOST, Math.floor(room / Math.floor(room / LEAST)));
}

/** Room for the caption's lines. */
export const topHeight = (width: number): number => (width < 420 ? 64 : width < 720 ? 46 : 28);

/** Columns in the page: all of a short text, else those that are seen and some on both sides. From `first` up to, not including, `end`. */
export function columnsAt(
  count: number,
  scrolled: number,
  room: number,
  width: number,
): { first: number; end: number } {
  if (count <= VIRTUAL) return { first: 0, end: count };
  const first = Math.max(0, Math.floor(scrolled / width) - AROUND);
  return { first, end: Math.min(count, Math.ceil((scrolled + room) / width) + AROUND) };
}

/** The first layer from which on the first choice is the last layer's. */
export function settledAt({ top }: LensColumn): number {
  const last = top.length - 1;
  const answer = top[last]?.[0]?.token;
  let at = last;
  while (at > 0 && top[at - 1]?.[0]?.token === answer) at--;
  return at;
}

/** The cell that a key leads to; undefined: it is no key of the grid. */
export function cellMove(
  key: string,
  { row, position }: { row: number; position: number },
  rows: number,
  positions: number,
): { row: number; position: number } | undefined {
  const moves: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [row, position - 1],
    ArrowRight: [row, position + 1],
    ArrowUp: [row - 1, position],
    ArrowDown: [row + 1, position],
    Home: [row, 0],
    End: [row, positions - 1],
    PageUp: [row, position - 10],
    PageDown: [row, position + 10],
  };
  const to = moves[key] as readonly [number, number] | undefined;
  const clamp = (n: number, most: number) => Math.max(0, Math.min(most, n));
  return to && { row: clamp(to[0], rows - 1), position: clamp(to[1], positions - 1) };
}
