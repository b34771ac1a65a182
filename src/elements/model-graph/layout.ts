/** Where everything of the graph stands, in CSS pixels of the element's own width. No DOM in here. */
import { type Box, type Branch, type Stage, streamTap } from './graph.ts';

export const ROW = 34;
/** Height of an open layer: two branches of 102. */
export const OPEN = 204;
const STREAM_X = 7;
/** Where boxes begin, right of the stream. */
const LEFT = 46;
const NARROW_LEFT = 30;
const GAP = 14;
const HIGH = 40;
/** A box in one column: one line of text and its bar. */
const THIN = 26;
/** Narrowest way of a branch: the loop is to be seen as one. */
const LOOP = 240;

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly narrow: boolean;
  readonly stream: Rect;
  /** By key: the name of the open layer, the rows of the others. */
  readonly layers: ReadonlyMap<string, Rect>;
  /** By key: boxes of the open layer, and of steps on the stream. */
  readonly boxes: ReadonlyMap<string, Rect>;
  /** SVG paths of the ways, and of their arrows. */
  readonly ways: readonly string[];
  readonly arrows: readonly string[];
  /** Where the stream's values are shown, by the name of the tap. */
  readonly marks: ReadonlyMap<string, Rect>;
}

/** Natural widths of a box: with its text in two lines, or in one. */
export interface Measure {
  readonly box: (key: string) => number;
  readonly line: (key: string) => number;
}

interface Places {
  readonly width: number;
  readonly measure: Measure;
  readonly values: boolean;
  readonly layers: Map<string, Rect>;
  readonly boxes: Map<string, Rect>;
  readonly ways: string[];
  readonly arrows: string[];
  readonly marks: Map<string, Rect>;
}

const arrow = (y: number): string => `M${STREAM_X + 3.5} ${y}l9 -4.5v9z`;

/** `open`: the key of the open layer. `values`: room is kept for the stream's values. */
export function layoutOf(
  stages: readonly Stage[],
  open: string,
  width: number,
  measure: Measure,
  values: boolean,
): Layout {
  const opened = stages.find((stage) => stage.kind === 'layer' && stage.key === open);
  const branches = opened?.kind === 'layer' ? opened.branches : [];
  const narrow = branches.some((branch) => needs(branch, measure) > width - LEFT - 24);
  const at: Places = {
    width,
    measure,
    values,
    layers: new Map(),
    boxes: new Map(),
    ways: [],
    arrows: [],
    marks: new Map(),
  };
  let y = 0;
  for (let i = 0; i < stages.length; i++) {
    const stage = stages[i];
    if (stage.kind === 'step') {
      let end = i + 1;
      while (stages[end]?.kind === 'step') end++;
      const keys = stages.slice(i, end).flatMap((s) => (s.kind === 'step' ? [s.box.key] : []));
      steps(keys, y, at, stage.key === 'embed');
      i = end - 1;
      y += ROW;
    } else if (stage !== opened) {
      folded(stage.key, stage.branches, y, at);
      y += ROW;
    } else y += narrow ? column(stage.key, branches, y, at) : rows(stage.key, branches, y, at);
  }
  const { layers, boxes, ways, arrows, marks } = at;
  const stream = { x: STREAM_X - 3.5, y: 0, w: 7, h: y };
  return { width, height: y, narrow, stream, layers, boxes, ways, arrows, marks };
}

/** Steps on the stream, side by side. */
function steps(keys: readonly string[], y: number, at: Places, first: boolean): void {
  const { width, measure, boxes, ways, arrows, marks, values } = at;
  const room = (first && values ? width * 0.58 : width) - NARROW_LEFT - 4;
  const wanted = keys.reduce((sum, key) => sum + measure.line(key), 0);
  const share = Math.min(1, (room - GAP * (keys.length - 1)) / wanted);
  let x = NARROW_LEFT;
  for (const key of keys) {
    const w = measure.line(key) * share;
    boxes.set(key, { x, y: y + 3, w, h: 28 });
    x += w + GAP;
  }
  const middle = y + 17;
  ways.push(first ? `M${NARROW_LEFT} ${middle}H${STREAM_X + 12}` : `M${STREAM_X} ${middle}H${x - GAP - 4}`);
  if (first) arrows.push(arrow(middle));
  if (first && values) marks.set('embed', markIn(y, width));
}

/** The right part of a row, for a number or a strip. */
function markIn(y: number, width: number): Rect {
  const x = Math.round(Math.min(width * 0.62, 480));
  return { x, y: y + 5, w: width - x - 4, h: 24 };
}

/** A folded layer: it leaves the stream as often as it does. */
function folded(key: string, branches: readonly Branch[], y: number, at: Places): void {
  const each = (ROW - 8) / Math.max(1, branches.length);
  branches.forEach((_, i) => {
    const top = y + 4 + i * each;
    at.ways.push(`M${STREAM_X} ${top + 1}H${STREAM_X + 17}v8H${STREAM_X + 12}`);
    at.arrows.push(arrow(top + 9));
  });
  at.layers.set(key, { x: NARROW_LEFT, y, w: at.width - NARROW_LEFT - 4, h: ROW });
  if (at.values) at.marks.set(streamTap(key, branches, branches.length - 1), markIn(y, at.width));
}

/** All but the last box lead away from the stream, the last one back. */
const parted = ({ boxes }: Branch): { readonly forward: readonly Box[]; readonly last: Box | undefined } =>
  boxes.length > 1 ? { forward: boxes.slice(0, -1), last: boxes.at(-1) } : { forward: boxes, last: undefined };

function needs(branch: Branch, { box }: Measure): number {
  return parted(branch).forward.reduce((sum, { key }) => sum + box(key) + GAP, 0);
}

/** Each branch is a row of boxes that leaves the stream, and a row with the last box that leads back. */
function rows(layer: string, branches: readonly Branch[], y: number, at: Places): number {
  const { width, measure } = at;
  const height = Math.max(2 * HIGH + 22, OPEN / branches.length);
  const right = width - 20;
  // both branches turn back at the same place
  const widest = Math.max(...branches.map((branch) => needs(branch, measure)));
  const grow = (branch: Branch): number => {
    const { length } = parted(branch).forward;
    return Math.min(90, Math.max(0, right - LEFT - needs(branch, measure)) / length);
  };
  const turn = Math.min(
    right + 12,
    Math.max(LEFT + LOOP, LEFT + widest + 4 + Math.max(...branches.map((b) => grow(b) * parted(b).forward.length))),
  );
  branches.forEach((branch, i) => {
    const top = y + i * height + 3;
    const back = top + HIGH + 12;
    const { forward, last } = parted(branch);
    let x = LEFT;
    for (const { key } of forward) {
      const w = measure.box(key) + grow(branch);
      at.boxes.set(key, { x, y: top, w, h: HIGH });
      x += w + GAP;
    }
    const [out, home] = [top + HIGH / 2, back + HIGH / 2];
    at.ways.push(`M${STREAM_X} ${out}H${turn}V${home}H${STREAM_X + 12}`);
    at.arrows.push(arrow(home));
    let end = turn - 12;
    if (last) {
      const w = measure.box(last.key) + 24;
      const from = Math.max(LEFT + 88, turn - w - 28);
      at.boxes.set(last.key, { x: from, y: back, w, h: HIGH });
      end = from - 10;
    }
    if (i === 0) at.layers.set(layer, { x: STREAM_X + 10, y: back - 6, w: 84, h: 24 });
    if (at.values)
      at.marks.set(streamTap(layer, branches, i), { x: STREAM_X + 12, y: home + 4, w: end - STREAM_X - 12, h: 22 });
  });
  return Math.max(OPEN, branches.length * height);
}

/** One column: boxes under each other, the way back as a gutter beside the stream. */
function column(layer: string, branches: readonly Branch[], y: number, at: Places): number {
  const count = branches.reduce((sum, { boxes }) => sum + boxes.length, 0);
  const name = 22;
  const step = Math.max(THIN, Math.min(ROW, (OPEN - name) / count));
  const [gutter, inner] = [NARROW_LEFT - 5, NARROW_LEFT + 6];
  const w = at.width - inner - 4;
  at.layers.set(layer, { x: inner, y, w, h: name });
  let top = y + name;
  branches.forEach(({ boxes }, i) => {
    const [out, home] = [top + step / 2 - 3, top + step * boxes.length - step / 2 + (boxes.length > 1 ? 0 : 6)];
    boxes.forEach(({ key }, n) => {
      const short = at.values && n === boxes.length - 1;
      at.boxes.set(key, { x: inner, y: top, w: short ? w * 0.55 : w, h: step - 3 });
      if (short)
        at.marks.set(streamTap(layer, branches, i), { x: inner + w * 0.55 + 8, y: top, w: w * 0.45 - 8, h: step - 4 });
      top += step;
    });
    at.ways.push(`M${STREAM_X} ${out}H${inner}M${gutter} ${out}V${home}M${inner} ${home}H${STREAM_X + 12}`);
    at.arrows.push(arrow(home));
  });
  return Math.max(OPEN, top - y);
}
