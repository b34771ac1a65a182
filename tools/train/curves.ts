/** Loss curves of a training as a small SVG that needs no script. Pure. */
import { lossCurve, type LossPoint, thin } from '../../src/elements/loss-curve.ts';

export interface CurvePoint extends LossPoint {
  readonly learningRate: number;
  readonly seconds: number;
  readonly validationLoss?: number;
}

const WIDTH = 720;
const HEIGHT = 360;
const BOX = { left: 48, right: WIDTH - 8, top: 24, bottom: HEIGHT - 32 };

/** Rounds to three significant digits. */
const short = (x: number): string => String(Number(x.toPrecision(3)));

/** @param baseline a horizontal line with its name (the best n-gram), in nats per token */
export function curvesSvg(
  title: string,
  all: readonly CurvePoint[],
  baseline?: { readonly name: string; readonly loss: number },
): string {
  const points = thin(
    all.filter((p) => Number.isFinite(p.loss)),
    300,
  );
  const measured = all.flatMap((p) =>
    p.validationLoss === undefined ? [] : [{ step: p.step, loss: p.validationLoss }],
  );
  const { ticks, end, ...at } = lossCurve([...points, ...measured], BOX, baseline?.loss);
  const [x, y] = [(step: number) => short(at.x(step)), (loss: number) => short(at.y(loss))];
  const curve = (list: readonly LossPoint[], colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${list.map((p) => `${x(p.step)},${y(p.loss)}`).join(' ')}"/>`;
  const level = (loss: number, style: string) =>
    `<line x1="${BOX.left}" x2="${BOX.right}" y1="${y(loss)}" y2="${y(loss)}" ${style}/>`;
  const text = (left: string | number, down: string | number, words: string, more = '') =>
    `<text x="${left}" y="${down}"${more}>${escape(words)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#444">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(BOX.left, 15, `${title}: nats per token over ${end} steps`),
    ...ticks.flatMap((loss) => [
      level(loss, 'stroke="#ddd"'),
      text(BOX.left - 6, y(loss), short(loss), ' text-anchor="end" dominant-baseline="middle"'),
    ]),
    ...(baseline
      ? [
          level(baseline.loss, 'stroke="#888" stroke-dasharray="5 4"'),
          text(BOX.right, Number(y(baseline.loss)) - 4, baseline.name, ' text-anchor="end"'),
        ]
      : []),
    curve(points, '#7aa6d8'),
    curve(measured, '#c0392b'),
    text(BOX.left, HEIGHT - 10, '— training', ' style="fill:#7aa6d8"'),
    text(BOX.left + 90, HEIGHT - 10, '— validation', ' style="fill:#c0392b"'),
    text(BOX.right, HEIGHT - 10, `step ${end}`, ' text-anchor="end"'),
    '</svg>',
    '',
  ].join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
