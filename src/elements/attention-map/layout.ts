/** Where the four views stand, in CSS pixels of the element's own width. Their sizes do not depend on the text. No DOM. */

export type View = 'heads' | 'matrix' | 'arcs' | 'steps';
export const VIEWS: readonly View[] = ['heads', 'matrix', 'arcs', 'steps'];

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The grid of heads: a cell is `cell` wide in a raster of `pitch` × `row`. */
export interface HeadsGrid {
  readonly layers: number;
  readonly heads: number;
  readonly pitch: number;
  readonly row: number;
  readonly cell: number;
  /** Room for the layers' names at the left; 0: they stand above their row. */
  readonly gutter: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly boxes: Partial<Record<View, Box>>;
  readonly grid: HeadsGrid;
  /** Side of the large triangle, and room for names beside it. */
  readonly side: number;
  readonly beside: number;
  /** Of all views together, and of the whole element. */
  readonly body: number;
  readonly block: number;
  readonly top: number;
}

/** Of a panel: its title, slanted names above the triangle, steppers. */
export const TITLE = 24;
export const SLANTED = 64;
const OVERHANG = 12; // the last slanted name leans out
const CONTROLS = 52;
const ROW = 460;
const ARCS = 176;
const STEPS_HEIGHT = 276;
const GAP = 32;
const NARROW = 480;
const STATUS = 18;

/** Cells grow with the width from 24 to 72 px; names go above their row where cells are small and the page is narrow. */
export function headsGrid(width: number, layers: number, heads: number): HeadsGrid {
  const above = width < NARROW && width / (heads + 1) < 40;
  const pitch = Math.floor(Math.min(72, Math.max(24, width / (above ? heads : heads + 1))));
  const gutter = above ? 0 : Math.min(56, pitch);
  const row = above ? pitch + 18 : pitch;
  const cell = pitch - (pitch >= 40 ? 6 : 2);
  return { layers, heads, pitch, row, cell, gutter, width: gutter + heads * pitch, height: TITLE + layers * row };
}

/** Five rows of heads at least: small models come and go without a jump. */
export function layoutOf(width: number, layers: number, heads: number, views: readonly View[]): Layout {
  const has = (view: View) => views.includes(view);
  const grid = headsGrid(width, layers, heads);
  const headsHeight = TITLE + Math.max(5, layers) * grid.row + CONTROLS;
  const names = width < NARROW ? 46 : 60;
  const boxes: Partial<Record<View, Box>> = {};
  const put = (view: View, x: number, y: number, w: number, h: number) => {
    if (has(view)) boxes[view] = { x, y, width: Math.floor(w), height: h };
  };
  const rest = has('matrix') || has('arcs') || has('steps');
  const fits = has('heads') && rest && grid.width + GAP + 350 <= width && headsHeight <= ROW + 180;
  const x = fits ? grid.width + GAP : 0;
  const below = has('heads') && !fits ? headsHeight + (rest ? 24 : 0) : 0;
  if (has('heads')) put('heads', 0, 0, fits ? grid.width : width, headsHeight);
  const left = width - x;
  const words = has('arcs') || has('steps');
  let side = Math.min(left - names - OVERHANG, ROW - TITLE - SLANTED);
  let body = below;
  if (has('matrix') && words && left >= 740) {
    // matrix, and what it says beside it
    const half = Math.floor((left - GAP) / 2);
    side = Math.min(half - names - OVERHANG, side);
    const w = side + names + OVERHANG;
    put('matrix', x, below, w, ROW);
    body = Math.max(below + ROW, wordsAt(x + w + GAP, below, Math.min(560, left - w - GAP)));
  } else {
    if (has('matrix')) {
      put('matrix', x, below, side + names + OVERHANG, TITLE + SLANTED + side);
      body += TITLE + SLANTED + side;
    }
    body = Math.max(body, fits ? headsHeight : 0);
    if (words && has('matrix')) body = wordsAt(0, body + 24, width, true);
    else if (words) body = Math.max(body, wordsAt(x, below, left));
  }
  body = Math.max(body, fits ? headsHeight : 0);

  /** Arcs, and the steps below them, or beside them where that is `wide` enough; their end. */
  function wordsAt(left: number, top: number, w: number, wide = false): number {
    if (wide && w >= 680 && has('arcs') && has('steps')) {
      const half = (w - GAP) / 2;
      put('arcs', left, top, half, ARCS);
      put('steps', left + half + GAP, top, half, STEPS_HEIGHT);
      return top + STEPS_HEIGHT;
    }
    put('arcs', left, top, w, ARCS);
    const next = has('arcs') ? top + ARCS + (has('steps') ? 8 : 0) : top;
    put('steps', left, next, w, STEPS_HEIGHT);
    return has('steps') ? next + STEPS_HEIGHT : next;
  }

  const topHeight = width < NARROW ? 82 : 46;
  return { boxes, grid, side, beside: names, body, block: topHeight + body + STATUS, top: topHeight };
}

/** A cell of the large triangle: never over 16 px. */
export const cellOf = (side: number, capacity: number): number => Math.min(16, side / capacity);

/** Names stand along the triangle while cells are this large. */
export const NAMED_FROM = 11;
