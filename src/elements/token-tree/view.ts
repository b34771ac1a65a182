/** What part of the tree is seen, in pixels. No DOM in here. */
import type { Spot } from './layout.ts';

/** A slot. */
export const ROW = 30;
/** Rows in the box. */
export const ROWS = 9;
/** Where the block of what is folded away ends. */
export const FOLD = 64;

export interface View {
  /** Pixels from column to column. */
  readonly step: number;
  /** Columns that fit. */
  readonly columns: number;
}

/** `depth`: columns wished for; fewer where they would be too narrow for a word. */
export function viewOf(width: number, depth: number): View {
  const columns = Math.max(2, Math.min(depth, Math.floor(width / 80)));
  return { step: Math.min(170, Math.floor(width / columns)), columns };
}

/** The first column that is seen so that `last` is the last one. */
export const firstColumn = (last: number, { columns }: View): number =>
  // what is folded away takes the place of a column
  last < columns ? 0 : last - columns + 2;

/** The row at the top: as it was, if that shows all of `rows`; else as little else as needed, for the first of them surely. */
export function topRow(was: number, rows: readonly number[]): number {
  const [low, high] = [Math.min(...rows), Math.max(...rows)];
  const up = Math.max(was, high - ROWS + 1);
  return Math.min(up, low);
}

/** Thickness of a road. */
export const thickness = (p: number): number => 1.2 + 25 * Math.min(1, Math.max(0, p));

/** From the right edge of a block to the left edge of another. */
export function road(
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
): string {
  const bend = (to.x - from.x) / 2;
  return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
}

export const placeOf = ({ column, row }: Pick<Spot, 'column' | 'row'>, step: number) => ({
  x: column * step,
  y: row * ROW + ROW / 2,
});
