/** Hands both canvases to their painters. */
import type { Inks } from '../core/inks.ts';
import { cellAt, type HeadPlace } from './heads-view.ts';
import { cellOf, type Layout } from './layout.ts';
import { Painter } from './painter.ts';
import { type Window, windowOf } from './raster.ts';
import type { Weights } from './weights.ts';

export interface Painted {
  readonly weights: Weights;
  readonly layout: Layout;
  readonly inks: Inks;
  readonly averaged: boolean;
  readonly chosen: HeadPlace;
  readonly query: number;
  /** Tokens of the large triangle. */
  readonly window: Window;
}

export class Paintings {
  readonly #heads = new Painter();
  readonly #matrix = new Painter();

  /** Resolves when both show what is to be seen. */
  async paint(root: ParentNode, of: Painted): Promise<void> {
    const canvas = (id: string) => root.querySelector<HTMLCanvasElement>(`canvas#${id}`);
    const [heads, matrix] = [canvas('heads'), canvas('matrix')];
    await Promise.all([matrix && this.#paintMatrix(matrix, of), heads && this.#paintHeads(heads, of)]);
  }

  #paintHeads(canvas: HTMLCanvasElement, { weights, layout, inks, averaged, query }: Painted): Promise<void> {
    const { grid } = layout;
    const frame = grid.cell >= 36 ? 3 : 1;
    const places = Array.from({ length: grid.layers * grid.heads }, (_, i) => {
      const place = { layer: Math.floor(i / grid.heads), head: i % grid.heads };
      const { x, y } = cellAt(grid, place);
      return { ...place, x: x + frame, y: y + frame };
    });
    const size = { side: grid.cell - 2 * frame, width: grid.width, height: grid.layers * grid.row, frame };
    const window = windowOf(weights.count, query);
    return this.#heads.paint(canvas, { weights, window, places, ...size, gap: false, inks, key: `${averaged}` });
  }

  #paintMatrix(canvas: HTMLCanvasElement, of: Painted): Promise<void> {
    const { weights, layout, inks, averaged, chosen, window } = of;
    const width = cellOf(layout.side, window.capacity) * window.capacity;
    const size = { side: width, width, height: width, frame: 0 };
    const key = `${averaged} ${chosen.layer} ${chosen.head}`;
    const places = [{ ...chosen, x: 0, y: 0 }];
    return this.#matrix.paint(canvas, { weights, window, places, ...size, gap: true, inks, key });
  }
}
