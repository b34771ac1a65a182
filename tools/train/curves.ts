/** Loss curves of a training as a small SVG that needs no script. Pure. */
import { axes, columnsOf, curvePaths, type LossPoint } from '../../src/elements/loss-chart/geometry.ts';

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly seconds: number;
  readonly validationLoss?: number;
}

const WIDTH = 720;
const HEIGHT = 360;
const BOX = { left: 48, right: WIDTH - 8, top: 24, bottom: HEIGHT - 32 };

/**
 * At most `most` points. Each has the mean loss of an equal run of points; its other fields are those of the run's last point.
 */
export function thin<P extends CurvePoint>(points: readonly P[], most: number): readonly P[] {
  if (points.length <= most) return points;
  const size = points.length / most;
  return Array.from({ length: most }, (_, i) => {
    const run = points.slice(Math.floor(i * size), Math.floor((i + 1) * size));
    return Object.assign({}, ...run, { loss: run.reduce((sum, p) => sum + p.loss, 0) / run.length }) as P;
  });
}

/** Rounds to three significant digits. */
const short = (x: number): string => String(Number(x.toPrecision(3)));

/** @param baseline a horizontal line with its name (the best n-gram), in nats per token */
export function curvesSvg(
  title: string,
  points: readonly CurvePoint[],
  baseline?: { readonly name: string; readonly loss: number },
): string {
  const measured = points.flatMap((p) =>
    p.validationLoss === undefined ? [] : [{ step: p.step, loss: p.validationLoss }],
  );
  const { x, y, xTicks, yTicks, end } = axes({
    points,
    validation: measured,
    baseline: baseline?.loss ?? 0,
    vocab: 0,
    end: 0,
    unit: 'nats',
    by: 'step',
    box: BOX,
  });
  const curve = (list: readonly LossPoint[], colour: string) =>
    `<path fill="none" stroke="${colour}" stroke-width="1.5" d="${curvePaths(columnsOf(list, x), y).mean}"/>`;
  const level = (at: number, style: string) =>
    `<line x1="${BOX.left}" x2="${BOX.right}" y1="${short(at)}" y2="${short(at)}" ${style}/>`;
  const text = (left: string | number, down: string | number, words: string, more = '') =>
    `<text x="${left}" y="${down}"${more}>${escape(words)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#444">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(BOX.left, 15, `${title}: nats per token over ${end} steps`),
    ...yTicks.flatMap(({ value, at }) => [
      level(at, 'stroke="#ddd"'),
      text(BOX.left - 6, short(at), short(value), ' text-anchor="end" dominant-baseline="middle"'),
    ]),
    ...(baseline
      ? [
          level(y(baseline.loss), 'stroke="#888" stroke-dasharray="5 4"'),
          text(BOX.right, short(y(baseline.loss) - 4), baseline.name, ' text-anchor="end"'),
        ]
      : []),
    curve(points, '#7aa6d8'),
    curve(measured, '#c0392b'),
    ...xTicks.slice(0, -1).map(({ value, at }) => text(short(at), HEIGHT - 16, String(value))),
    text(BOX.right, HEIGHT - 16, `step ${end}`, ' text-anchor="end"'),
    text(BOX.left, HEIGHT - 2, '— training', ' style="fill:#7aa6d8"'),
    text(BOX.left + 90, HEIGHT - 2, '— validation', ' style="fill:#c0392b"'),
    '</svg>',
    '',
  ].join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
