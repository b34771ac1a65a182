/** Loss curves of a training as a small SVG that needs no script. Pure. */

export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly seconds: number;
  readonly validationLoss?: number;
}

const WIDTH = 720;
const HEIGHT = 360;
const LEFT = 48;
const BOTTOM = 32;
const TOP = 24;

/** Rounds to three significant digits. */
const short = (x: number): string => String(Number(x.toPrecision(3)));

/** At most `most` points: neighbours are averaged, so that the curve is smooth and the file small. */
export function thin(points: readonly CurvePoint[], most: number): CurvePoint[] {
  const size = Math.max(1, Math.ceil(points.length / most));
  const out: CurvePoint[] = [];
  for (let i = 0; i < points.length; i += size) {
    const group = points.slice(i, i + size);
    const last = group.at(-1)!;
    const measured = group.findLast((p) => p.validationLoss !== undefined)?.validationLoss;
    out.push({
      step: last.step,
      loss: group.reduce((sum, p) => sum + p.loss, 0) / group.length,
      learningRate: last.learningRate,
      seconds: last.seconds,
      ...(measured !== undefined && { validationLoss: measured }),
    });
  }
  return out;
}

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
  const measured = all.filter((p) => p.validationLoss !== undefined);
  const losses = [
    ...points.map((p) => p.loss),
    ...measured.map((p) => p.validationLoss!),
    ...(baseline ? [baseline.loss] : []),
  ];
  const low = losses.length ? Math.floor(Math.min(...losses) * 4) / 4 : 0;
  const high = losses.length ? Math.ceil(Math.min(Math.max(...losses), low + 4) * 4) / 4 : 1;
  const end = Math.max(1, all.at(-1)?.step ?? 1);
  const x = (step: number) => short(LEFT + (step / end) * (WIDTH - LEFT - 8));
  const y = (loss: number) =>
    short(TOP + ((high - Math.min(high, loss)) / Math.max(1e-9, high - low)) * (HEIGHT - TOP - BOTTOM));
  const line = (values: readonly (readonly [number, number])[], colour: string) =>
    `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${values.map(([s, l]) => `${x(s)},${y(l)}`).join(' ')}"/>`;
  const text = (at: string | number, down: string | number, words: string, more = '') =>
    `<text x="${at}" y="${down}"${more}>${escape(words)}</text>`;
  const ticks = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#444">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 15, `${title}: nats per token over ${end} steps`),
    ...ticks.flatMap((t) => [
      `<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(t)}" y2="${y(t)}" stroke="#ddd"/>`,
      text(LEFT - 6, y(t), short(t), ' text-anchor="end" dominant-baseline="middle"'),
    ]),
    ...(baseline
      ? [
          `<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(baseline.loss)}" y2="${y(baseline.loss)}" stroke="#888" stroke-dasharray="5 4"/>`,
          text(WIDTH - 8, Number(y(baseline.loss)) - 4, baseline.name, ' text-anchor="end"'),
        ]
      : []),
    line(
      points.map((p) => [p.step, p.loss]),
      '#7aa6d8',
    ),
    line(
      measured.map((p) => [p.step, p.validationLoss!]),
      '#c0392b',
    ),
    text(LEFT, HEIGHT - 10, '— training', ' style="fill:#7aa6d8"'),
    text(LEFT + 90, HEIGHT - 10, '— validation', ' style="fill:#c0392b"'),
    text(WIDTH - 8, HEIGHT - 10, `step ${end}`, ' text-anchor="end"'),
    '</svg>',
    '',
  ].join('\n');
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
