/** Signed numbers as a canvas of cells: a strip of the stream, or a tensor with the number under the cursor. */
import { diverging, type Rgb } from '../core/colours.ts';
import type { Inks } from '../core/inks.ts';

/** Rows and columns in which numbers are shown: as they are, or a long row wrapped. */
export function gridOf(shape: readonly number[], width: number): { readonly rows: number; readonly columns: number } {
  const count = shape.reduce((a, b) => a * b, 1);
  const last = shape.at(-1) ?? 1;
  if (count > last) return { rows: count / last, columns: last };
  // cells of about 8 px; whole rows where the length allows
  const most = Math.max(8, Math.min(96, Math.floor(width / 8)));
  if (last <= most) return { rows: 1, columns: last };
  const least = Math.ceil(last / most);
  for (let rows = least; rows <= 2 * least; rows++) if (last % rows === 0) return { rows, columns: last / rows };
  return { rows: least, columns: Math.ceil(last / least) };
}

/** One pixel a number, scaled by CSS. `most` is the |x| that gets full colour. */
export function drawCells(
  canvas: HTMLCanvasElement,
  data: Float32Array,
  { rows, columns }: { readonly rows: number; readonly columns: number },
  most: number,
  { neg, sheet, pos }: Inks,
): void {
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = canvas.getContext('2d');
  if (!context) return;
  const image = context.createImageData(columns, rows);
  for (let i = 0; i < data.length; i++) {
    const colour: Rgb = diverging(neg, sheet, pos, most > 0 ? data[i] / most : 0);
    image.data.set([colour[0], colour[1], colour[2], 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/** Place of a number in its tensor: `3, 17`. */
export function indexIn(shape: readonly number[], at: number): string {
  const index: number[] = [];
  for (let i = shape.length - 1, rest = at; i >= 0; i--) {
    index.unshift(rest % shape[i]);
    rest = Math.floor(rest / shape[i]);
  }
  const from = index.findIndex((_, i) => shape[i] > 1);
  return index.slice(from < 0 ? -1 : from).join(', ');
}
