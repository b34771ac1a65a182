/** Paints triangles of weights onto a canvas: only rows that are new, and never so much at once that the page could not answer. */
import type { Inks } from '../core/inks.ts';
import { hex } from '../core/colours.ts';
import { edgesOf, levels, pixelsOf, scaleFor, type Window } from './raster.ts';
import type { Weights } from './weights.ts';

/** Weights and pixels of one task: a few ms, under 50 on a phone a tenth as fast. */
const TASK = 1e6;

/** One of the triangles, in CSS pixels. */
export interface Place {
  readonly layer: number;
  readonly head: number;
  readonly x: number;
  readonly y: number;
}

export interface Plan {
  readonly weights: Weights;
  readonly window: Window;
  readonly places: readonly Place[];
  /** Side of a triangle, and the whole canvas, in CSS pixels. */
  readonly side: number;
  readonly width: number;
  readonly height: number;
  /** Leave a bare line between cells. */
  readonly gap: boolean;
  /** Frames at each place: this much larger than the triangle; 0 for none. */
  readonly frame: number;
  readonly inks: Inks;
  /** Whatever else changes what a triangle shows. */
  readonly key: string;
}

export class Painter {
  #canvas: HTMLCanvasElement | undefined;
  #context: CanvasRenderingContext2D | undefined;
  #plan: Plan | undefined;
  #key = '';
  #scale = 1;
  #edges: Int32Array = new Int32Array();
  #pixels: Uint32Array = new Uint32Array();
  /** Rows of the window now, and those that each triangle shows. */
  #rows: readonly Uint8Array[] = [];
  #shown: (readonly Uint8Array[] | undefined)[] = [];
  #working: Promise<void> | undefined;

  /** Resolves when all is painted. What fits into one task is painted before this returns. */
  paint(canvas: HTMLCanvasElement, plan: Plan): Promise<void> {
    const { weights, window, width, height, side, gap, frame, inks, key } = plan;
    const scale = scaleFor(width, height, devicePixelRatio);
    const size = Math.max(1, Math.round(side * scale));
    const colours = [inks.sheet, inks.ink, inks.line].map(hex);
    const all = [size, scale, width, height, gap, frame, window.from, window.capacity, colours, key].join();
    this.#plan = plan;
    if (canvas !== this.#canvas || all !== this.#key) {
      this.#canvas = canvas;
      this.#key = all;
      this.#scale = scale;
      this.#edges = edgesOf(size, window.capacity);
      this.#pixels = pixelsOf(inks.sheet, inks.ink);
      this.#shown = [];
      this.#clear(canvas, plan);
    }
    const count = Math.max(0, Math.min(weights.count - window.from, window.capacity));
    this.#rows = Array.from({ length: count }, (_, i) => weights.source(window.from + i));
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
    return this.#working;
  }

  #clear(canvas: HTMLCanvasElement, { width, height, places, side, frame, inks }: Plan): void {
    canvas.width = Math.max(1, Math.floor(width * this.#scale));
    canvas.height = Math.max(1, Math.floor(height * this.#scale));
    const context = (this.#context = canvas.getContext('2d', { alpha: false })!);
    context.fillStyle = hex(inks.sheet);
    context.fillRect(0, 0, canvas.width, canvas.height);
    if (!frame) return;
    context.fillStyle = hex(inks.line);
    const line = Math.max(1, Math.round(this.#scale));
    const outer = Math.round((side + 2 * frame) * this.#scale);
    for (const place of places) {
      const x = Math.round((place.x - frame) * this.#scale);
      const y = Math.round((place.y - frame) * this.#scale);
      context.fillRect(x, y, outer, line);
      context.fillRect(x, y + outer - line, outer, line);
      context.fillRect(x, y, line, outer);
      context.fillRect(x + outer - line, y, line, outer);
    }
  }

  async #work(): Promise<void> {
    let work = 0;
    for (let i = 0; i < this.#plan!.places.length; i++) {
      if (this.#shown[i] === this.#rows) continue;
      if (work > TASK) {
        const rows = this.#rows;
        await new Promise((resolve) => setTimeout(resolve));
        work = 0;
        if (rows !== this.#rows) {
          i = -1; // rows have come meanwhile
          continue;
        }
      }
      work += this.#triangle(i);
    }
  }

  /** Paints what differs from what is shown; how much it was. */
  #triangle(i: number): number {
    const { weights, window, places, gap } = this.#plan!;
    const { layer, head, x, y } = places[i];
    const edges = this.#edges;
    const size = edges[window.capacity];
    const now = this.#rows;
    const before = this.#shown[i];
    this.#shown[i] = now;
    let same = 0;
    if (before) while (same < now.length && same < before.length && now[same] === before[same]) same++;
    const y0 = edges[same];
    const y1 = edges[Math.max(now.length, before?.length ?? 0)];
    const gone = before !== undefined && before.length > same;
    if (same === now.length && !gone) return 0;
    const bottom = Math.min(size, Math.max(y1, y0 + 1));
    const bare =
      gap && this.#scale * this.#plan!.side >= 5 * window.capacity ? Math.max(1, Math.round(this.#scale)) : 0;
    const bytes = levels({ weights, layer, head, window, size, gap: bare }, edges, y0, bottom);
    const image = new ImageData(size, bottom - y0);
    const out = new Uint32Array(image.data.buffer);
    const pixels = this.#pixels;
    for (let n = 0; n < bytes.length; n++) out[n] = pixels[bytes[n]];
    this.#context!.putImageData(image, Math.round(x * this.#scale), Math.round(y * this.#scale) + y0);
    return bytes.length + ((now.length - same) * (now.length + same)) / 2;
  }
}
