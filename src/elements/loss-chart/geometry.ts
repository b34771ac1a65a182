/**
 * Where everything in a loss chart is. Pure; tools/train draws its curves with it too. Losses come in nats per token, as training records
 * have them; the unit is only how they are shown.
 */
import { bisectCenter, ticks as niceTicks, tickStep } from 'd3-array';
import type { TrainStep } from '../../host/protocol.ts';

/** A training step: its number, its loss, and whatever else is known. */
export type LossPoint = Pick<TrainStep, 'step' | 'loss'> & Partial<TrainStep>;

/** A step that stands out. */
export interface LossMark {
  readonly step: number;
  readonly kind: 'best' | 'skipped';
}

export type LossUnit = 'bits' | 'nats';
export type LossAxis = 'step' | 'tokens' | 'time';

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface AxesAsk {
  readonly points: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
  /** Nats of a yardstick; 0 or less: none. */
  readonly baseline: number;
  /** Size of the vocabulary, whose logarithm is the loss of a model that knows nothing; 0: not known. */
  readonly vocab: number;
  /** Planned end in steps; 0: what the last point says of its progress. */
  readonly end: number;
  readonly unit: LossUnit;
  readonly by: LossAxis;
  readonly box: Box;
}

export interface Axes {
  readonly x: (point: LossPoint) => number;
  /** Of a loss in nats. What lies beyond the axis is drawn at its edge. */
  readonly y: (loss: number) => number;
  readonly xTicks: readonly { readonly value: number; readonly at: number }[];
  /** Values in the unit that is shown. */
  readonly yTicks: readonly { readonly value: number; readonly at: number }[];
  /** Loss of a model that knows nothing, in the unit; undefined where the vocabulary is not known. */
  readonly nothing: number | undefined;
  /** Where that is. */
  readonly nothingAt: number;
  /** Value at the right edge. */
  readonly end: number;
}

/** A loss in the unit. */
export const inUnit = (loss: number, unit: LossUnit): number => (unit === 'bits' ? loss / Math.LN2 : loss);

/** What x counts; a point that does not know stands at its step. */
export function placeOf(point: LossPoint, by: LossAxis): number {
  if (by === 'tokens') return point.tokens ?? point.step;
  if (by === 'time') return point.seconds ?? point.step;
  return point.step;
}

/** Pixels between lines, and between numbers below. */
const APART = { y: 36, x: 84 };

/** How far above the loss of knowing nothing a bad loss may stretch the axis. */
const MOST_ABOVE = 1.25;

/** Seconds between ticks. */
const CLOCK = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

export function axes({ points, validation, baseline, vocab, end: planned, unit, by, box }: AxesAsk): Axes {
  const last = points.at(-1);
  const share = last && (planned > 0 ? last.step / planned : (last.progress ?? 1));
  const reached = last ? placeOf(last, by) : 0;
  const whole = last && share ? Math.max(reached, reached / share) : planned;
  // how long it will take is estimated anew with every step; the axis need not move each time
  const end = Math.max(1, by === 'step' ? Math.round(whole) : roundUp(whole));
  const x = linear(0, end, box.left, box.right);

  const losses = [...points, ...validation].map((p) => inUnit(p.loss, unit)).filter(Number.isFinite);
  const yardstick = inUnit(Math.max(0, baseline), unit);
  const nothing = vocab > 1 ? inUnit(Math.log(vocab), unit) : undefined;
  const least = Math.min(...losses, ...(yardstick > 0 ? [yardstick] : []), nothing ?? Infinity);
  const most = losses.length ? Math.max(...losses, yardstick) : Math.max(yardstick, 1);
  // from the neighbourhood of the yardstick, so that the axis stays while the curve comes down to it
  const low = Number.isFinite(least) ? Math.max(0, Math.floor(Math.min(0.8 * (yardstick || least), least - 0.1))) : 0;
  const high = nothing === undefined ? Math.max(Math.ceil(most), low + 1) : clampHigh(most, nothing);
  const onAxis = linear(low, Math.max(high, low + 0.5), box.bottom, box.top);
  const y = (value: number) => Math.min(box.bottom, Math.max(box.top, onAxis(value)));
  const yTicks = niceTicks(low, high, Math.max(2, Math.floor((box.bottom - box.top) / APART.y)))
    .filter((value) => nothing === undefined || Math.abs(y(value) - y(nothing)) >= 16)
    .concat(nothing === undefined ? [] : [nothing])
    .map((value) => ({ value, at: y(value) }));
  const room = Math.max(1, Math.floor((box.right - box.left) / APART.x));
  const xTicks = (by === 'time' ? clockTicks(end, room) : wholeTicks(end, room))
    .filter((value) => x(end) - x(value) >= 1.25 * APART.x)
    .concat(end)
    .map((value) => ({ value, at: x(value) }));
  return {
    x: (point) => x(placeOf(point, by)),
    y: (loss) => (Number.isFinite(loss) ? y(inUnit(loss, unit)) : box.top),
    xTicks,
    yTicks,
    nothing,
    nothingAt: nothing === undefined ? box.top : y(nothing),
    end,
  };
}

const clampHigh = (most: number, nothing: number): number =>
  Math.max(nothing, Math.min(most, MOST_ABOVE * nothing)) * (most > nothing ? 1.01 : 1);

/** A straight line through two points. d3-scale's would bring colours and dates with it: 9 kB. */
const linear = (from: number, to: number, start: number, end: number) => (value: number) =>
  start + ((value - from) / (to - from)) * (end - start);

/** To two digits, upward. */
function roundUp(value: number): number {
  if (value <= 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.ceil(value / unit - 1e-9) * unit;
}

const wholeTicks = (end: number, most: number): number[] =>
  tickStep(0, end, most) < 1 ? [0] : niceTicks(0, end, most).filter((value) => value < end);

function clockTicks(end: number, most: number): number[] {
  const apart = CLOCK.find((seconds) => end / seconds <= most) ?? end;
  return Array.from({ length: Math.ceil(end / apart) }, (_, i) => i * apart);
}

/** What one column of pixels has of a curve. */
export interface Column {
  readonly x: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
}

/**
 * A curve by columns of pixels, with its lowest and highest loss, so that a spike of one step is seen among thousands. Losses that are
 * not finite have no column. `smooth`: each loss is the mean of so many steps up to it.
 */
export function columnsOf(points: readonly LossPoint[], x: Axes['x'], smooth = 0): readonly Column[] {
  const columns: { x: number; min: number; mean: number; max: number; n: number }[] = [];
  const window: number[] = [];
  let sum = 0;
  for (const point of points) {
    if (!Number.isFinite(point.loss)) continue;
    window.push(point.loss);
    sum += point.loss;
    if (window.length > Math.max(1, smooth)) sum -= window.shift()!;
    const loss = smooth > 1 ? sum / window.length : point.loss;
    const at = Math.round(x(point));
    const last = columns.at(-1);
    if (last?.x === at) {
      last.mean = (last.mean * last.n + loss) / ++last.n;
      last.min = Math.min(last.min, point.loss);
      last.max = Math.max(last.max, point.loss);
    } else columns.push({ x: at, min: point.loss, mean: loss, max: point.loss, n: 1 });
  }
  return columns;
}

/** The curve through the columns' means, and a stroke from lowest to highest where they differ by half a pixel. */
export function curvePaths(columns: readonly Column[], y: Axes['y']): { mean: string; range: string } {
  const range = columns
    .map((c) => [c.x, y(c.max), y(c.min)] as const)
    .filter(([, from, to]) => to - from >= 0.5)
    .map(([at, from, to]) => `M${at} ${from.toFixed(1)}V${to.toFixed(1)}`);
  const mean = columns.map((c, i) => `${i ? 'L' : 'M'}${c.x},${y(c.mean).toFixed(1)}`);
  // a point alone is a dot
  return { mean: mean.join('') + (mean.length === 1 ? 'Z' : ''), range: range.join('') };
}

/** Index of the point nearest to a place. */
export const nearest = (points: readonly LossPoint[], x: Axes['x'], at: number): number =>
  bisectCenter(points.map(x), at);

/** A text beside the curves. */
export interface Label {
  readonly text: string;
  readonly x: number;
  /** Its baseline. */
  readonly y: number;
  readonly anchor: 'start' | 'end';
}

/** About how wide a text of 12 px is: what decides whether two are on top of each other. */
export const widthOf = (text: string): number =>
  [...text].reduce((sum, c) => sum + (c.codePointAt(0)! > 0x2e80 ? 12 : 6.8), 0);

/** Those labels, most important first, that lie inside the width and on none before them. */
export function placed(labels: readonly Label[], width: number): readonly Label[] {
  const kept: { label: Label; from: number; to: number }[] = [];
  for (const label of labels) {
    const w = widthOf(label.text);
    const from = label.anchor === 'end' ? label.x - w : label.x;
    const to = from + w;
    if (from < 0 || to > width) continue;
    if (kept.every((k) => Math.abs(k.label.y - label.y) >= 14 || k.from >= to + 4 || k.to + 4 <= from))
      kept.push({ label, from, to });
  }
  return kept.map(({ label }) => label);
}

/** Where the curves are. Labels stand to the right of their lines where there is room, else on them. */
export function boxOf(width: number, height: number, texts: readonly string[]): Box {
  const beside = Math.max(...texts.map(widthOf)) + 10;
  const right = width >= 480 && beside <= 0.3 * width ? beside : 10;
  return { left: 40, right: width - right, top: 8, bottom: height - 24 };
}
