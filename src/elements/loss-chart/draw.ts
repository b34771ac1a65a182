/** The chart's lines and texts as SVG, in CSS pixels. */
import { nothing, svg } from 'lit';
import { count, fixed } from '../core/format.ts';
import {
  type Axes,
  type Box,
  columnsOf,
  curvePaths,
  type Label,
  type LossAxis,
  type LossMark,
  type LossPoint,
  placed,
  widthOf,
} from './geometry.ts';
import type { Texts } from './texts.ts';

/** All that is drawn. */
export interface Look {
  readonly a: Axes;
  readonly box: Box;
  readonly width: number;
  readonly points: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
  readonly marks: readonly LossMark[];
  readonly baseline: number;
  /** Name and value of the baseline; '' for none. */
  readonly yardstick: string;
  readonly by: LossAxis;
  readonly smooth: number;
  readonly language: string;
  readonly t: Texts;
  /** A loss with its unit. */
  readonly value: (loss: number) => string;
}

/** Dots on the validation curve only where they do not touch. */
const DOTS_APART = 8;

export function axisLines({ a: { xTicks, yTicks, nothing: top, end }, box, by, language, t }: Look) {
  const below = (value: number) => (by === 'time' ? clock(value) : count(value, language));
  const digits = yTicks.some(({ value }) => value !== top && value % 1) ? 1 : 0;
  return svg`<g part="axis">
    ${yTicks.map(
      ({ value, at }) => svg`<line class="grid" x1=${box.left} x2=${box.right} y1=${at} y2=${at}></line>
        <text x=${box.left - 8} y=${at + 4} text-anchor="end">${fixed(value, value === top ? 1 : digits, language)}</text>`,
    )}
    ${xTicks.map(
      ({ value, at }, i) => svg`<text x=${at} y=${box.bottom + 18}
        text-anchor=${value === end ? 'end' : i ? 'middle' : 'start'}>${below(value)}${value === end ? ` ${t.axis[by]}` : ''}</text>`,
    )}
  </g>`;
}

export function curves({ a: { x, y }, box, points, validation, marks, baseline, smooth }: Look) {
  const { mean, range } = curvePaths(columnsOf(points, x, smooth), y);
  const seen = curvePaths(columnsOf(validation, x), y).mean;
  const apart = validation.length > 1 ? (x(validation.at(-1)!) - x(validation[0])) / (validation.length - 1) : Infinity;
  const skipped = new Set(marks.filter(({ kind }) => kind === 'skipped').map(({ step }) => step));
  const level = y(baseline);
  return svg`
    ${baseline > 0 ? svg`<line part="baseline" class="baseline" x1=${box.left} x2=${box.right} y1=${level} y2=${level}></line>` : nothing}
    <path class="range" d=${range}></path>
    <path part="curve" class="mean" d=${mean}></path>
    <path part="validation" class="validation" d=${seen}></path>
    ${apart >= DOTS_APART ? validation.map((p) => svg`<circle class="dot" cx=${x(p)} cy=${y(p.loss)} r="3"></circle>`) : nothing}
    ${points
      .filter(({ step }) => skipped.has(step))
      .map((p) => svg`<path class="skip" d=${`M${x(p) - 4} ${Math.max(13, y(p.loss)) - 4}l8 8m0 -8l-8 8`}></path>`)}`;
}

/** The best point with its value, and what the lines at the right mean, as far as there is room. */
export function labels({ a: { x, y, nothing: top, nothingAt }, box, width, points, validation, marks, ...look }: Look) {
  const best = marks.findLast(({ kind }) => kind === 'best')?.step;
  const point = validation.find(({ step }) => step === best) ?? points.find(({ step }) => step === best);
  const ofPoint = point && bestLabel(x(point), y(point.loss), look.value(point.loss), box, y(look.baseline));
  const beside = width - box.right > 12;
  const end = (text: string, at: number): Label =>
    beside
      ? { text, x: box.right + 8, y: at + 4, anchor: 'start' }
      : { text, x: box.right - 2, y: at < 24 ? at + 14 : at - 5, anchor: 'end' };
  const list = [
    ...(ofPoint ? [ofPoint] : []),
    ...(look.yardstick ? [end(look.yardstick, y(look.baseline))] : []),
    ...(top === undefined ? [] : [end(look.t.nothing, nothingAt)]),
  ];
  return svg`
    ${point ? svg`<circle class="best-dot" cx=${x(point)} cy=${y(point.loss)} r="5"></circle>` : nothing}
    ${placed(list, width).map(
      (label) => svg`<text class=${label === ofPoint ? 'best' : ''} x=${label.x} y=${label.y}
        text-anchor=${label.anchor}>${label.text}</text>`,
    )}`;
}

/** Above its point, or below where there is no room or the baseline runs through; towards the middle of the chart. */
function bestLabel(x: number, y: number, text: string, { right, top, bottom }: Box, line: number): Label {
  const left = x > right - widthOf(text) - 12;
  const crossed = Math.abs(y - 13 - line) < 9;
  const below = y < top + 24 || (crossed && y + 18 < bottom);
  return {
    text,
    x: left ? x - 8 : x + 8,
    y: below ? y + 18 : crossed ? y - 22 : y - 9,
    anchor: left ? 'end' : 'start',
  };
}

/** `1:05`, `2:00:00` */
function clock(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.round(seconds) % 60];
  const two = (n: number) => String(n).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
