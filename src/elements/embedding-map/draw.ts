/** The points and paths on a canvas, at the resolution of the screen. */
import { hex } from '../core/colours.ts';
import type { Inks } from '../core/inks.ts';

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** Of each point, x and y in CSS pixels. */
  readonly places: Float32Array;
  /** Points of the text: a little larger. */
  readonly texts: ReadonlySet<number>;
  readonly hover: number | undefined;
  readonly pin: number | undefined;
  /** Lines from the first to the others. */
  readonly from: number | undefined;
  readonly near: readonly number[];
  /** Two paths of so many points each; 0 for none. */
  readonly steps: number;
  /** The pair of a path that is joined. */
  readonly layer: number;
}

export function draw(canvas: HTMLCanvasElement, scene: Scene, inks: Inks): void {
  const { width, height, places, steps } = scene;
  const ratio = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  if (steps) return paths(pen, scene, inks);
  const { texts, hover, pin, from, near } = scene;
  const at = (i: number): [number, number] => [places[2 * i], places[2 * i + 1]];
  if (from !== undefined) {
    pen.strokeStyle = hex(inks.soft);
    pen.lineWidth = 1;
    pen.beginPath();
    for (const i of near) {
      pen.moveTo(...at(from));
      pen.lineTo(...at(i));
    }
    pen.stroke();
  }
  pen.fillStyle = hex(inks.ink);
  pen.beginPath();
  for (let i = 0; i < places.length / 2; i++) {
    const r = texts.has(i) ? 2.5 : 1.5;
    const [x, y] = at(i);
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 7);
  }
  pen.fill();
  pen.lineWidth = 2;
  for (const [i, colour] of [
    [hover, inks.ink],
    [pin, inks.red],
  ] as const) {
    if (i === undefined) continue;
    const [x, y] = at(i);
    pen.strokeStyle = hex(colour);
    pen.beginPath();
    pen.arc(x, y, 5, 0, 7);
    pen.stroke();
  }
}

function paths(pen: CanvasRenderingContext2D, { places, steps, layer, hover, pin }: Scene, inks: Inks): void {
  const at = (text: number, i: number): [number, number] => [
    places[2 * (text * steps + i)],
    places[2 * (text * steps + i) + 1],
  ];
  pen.strokeStyle = hex(inks.soft);
  pen.lineWidth = 1;
  pen.setLineDash([4, 3]);
  pen.beginPath();
  pen.moveTo(...at(0, layer));
  pen.lineTo(...at(1, layer));
  pen.stroke();
  pen.setLineDash([]);
  for (const [text, colour] of [inks['cat-1'], inks['cat-2']].entries()) {
    pen.strokeStyle = pen.fillStyle = hex(colour);
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (let i = 0; i < steps; i++) pen.lineTo(...at(text, i));
    pen.stroke();
    for (let i = 0; i < steps; i++) {
      const [x, y] = at(text, i);
      const r = i === layer ? 5 : 3.5;
      pen.beginPath();
      if (text === 0) pen.arc(x, y, r, 0, 7);
      else pen.rect(x - r, y - r, 2 * r, 2 * r);
      pen.fill();
    }
  }
  for (const [i, colour] of [
    [hover, inks.ink],
    [pin, inks.red],
  ] as const) {
    if (i === undefined) continue;
    pen.strokeStyle = hex(colour);
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(places[2 * i], places[2 * i + 1], 8, 0, 7);
    pen.stroke();
  }
}
