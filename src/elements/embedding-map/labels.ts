/** Names beside the points, as far as there is room, and cosines on the lines. */
import { html, type TemplateResult } from 'lit';
import { fixed } from '../core/format.ts';
import { shown } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { placeLabels } from './geometry.ts';
import type { Beside } from './parts.ts';
import type { Points } from './points.ts';
import type { Texts } from './texts.ts';

export interface LabelModel {
  readonly points: Points;
  readonly places: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly hover: number | undefined;
  readonly pin: number | undefined;
  /** Where the lines start. */
  readonly centre: number | undefined;
  readonly near: readonly Beside[];
  /** Points of the text. */
  readonly texts: ReadonlySet<number>;
  /** Only the centre and its nearest are shown. */
  readonly alone: boolean;
  readonly widthOf: (text: string) => number;
  readonly layerName: (i: number) => string;
  readonly lang: string;
  readonly t: Texts;
}

/** Names on a map at most. */
const NAMES = 60;
/** A line shorter than this has no room for its cosine. */
const SHORT = 50;
/** Ends of two paths that are nearer have one name. */
const SAME = 12;

const at = (x: number, y: number) => vars({ '--x': `${x}px`, '--y': `${y}px` });

export function pointLabels(model: LabelModel): TemplateResult {
  const { points, places, width, height, hover, pin, centre, near, texts, alone, widthOf, lang } = model;
  const around = near.flatMap(({ index }) => index ?? []);
  const rest = alone ? [] : [...texts, ...points.names.keys()];
  const order = [...new Set([pin, hover, centre, ...around, ...rest].filter((i) => i !== undefined))];
  const cosines = near.flatMap(({ index, cosine }) => {
    if (index === undefined || centre === undefined) return [];
    const [x1, y1, x2, y2] = [places[2 * centre], places[2 * centre + 1], places[2 * index], places[2 * index + 1]];
    if (Math.hypot(x2 - x1, y2 - y1) < SHORT) return [];
    return [{ x: (x1 + 2 * x2) / 3, y: (y1 + 2 * y2) / 3, cosine }];
  });
  const taken = cosines.map(({ x, y }) => ({ x: x - 16, y: y - 8, w: 32, h: 16 }));
  const nameOf = (i: number) => shown(points.names[i]);
  const labels = placeLabels(order, places, (i) => widthOf(nameOf(i)), width, height, NAMES, taken);
  const kind = (i: number) =>
    i === pin ? 'pin' : i === hover ? 'hover' : around.includes(i) ? 'near' : texts.has(i) ? 'text' : '';
  return html`${cosines.map(
    ({ x, y, cosine }) => html`<span class="cosine" aria-hidden="true" ${at(x, y)}>${fixed(cosine, 2, lang)}</span>`,
  )}${labels.map(
    ({ index, x, y }) =>
      html`<span part="label" class="label ${kind(index)}" translate="no" aria-hidden="true" ${at(x, y)}
        >${nameOf(index)}</span
      >`,
  )}`;
}

/** The ends of both paths. */
export function endLabels({ points, places, width, height, widthOf, layerName, t }: LabelModel): TemplateResult {
  const { steps } = points;
  const far = (a: number, b: number) =>
    Math.hypot(places[2 * a] - places[2 * b], places[2 * a + 1] - places[2 * b + 1]) >= SAME;
  const end = (text: number) => `${text ? '■' : '●'} ${t.end(text + 1, layerName(steps - 1))}`;
  const names = new Map([
    [steps - 1, end(0)],
    [2 * steps - 1, end(1)],
    [0, layerName(0)],
    ...(far(0, steps) ? [[steps, layerName(0)] as const] : []),
  ]);
  const labels = placeLabels([...names.keys()], places, (i) => widthOf(names.get(i)!), width, height, names.size);
  return html`${labels.map(
    ({ index, x, y }) =>
      html`<span part="label" class="label one" aria-hidden="true" ${at(x, y)}>${names.get(index)}</span>`,
  )}`;
}
