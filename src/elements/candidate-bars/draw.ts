/**
 * The draw as a bar from 0 to 1. The kept tokens lie along it in the order of their ids, as the kernels draw them, so the number u
 * always points into the token that was drawn. What lies between the listed candidates belongs to kept tokens that are not listed.
 */
import { svg, type SVGTemplateResult } from 'lit';
import type { Draw } from '../../run/types.ts';
import { hex, textOn, tint } from '../core/colours.ts';
import type { Inks } from '../core/inks.ts';
import { faceOf } from '../core/token-text.ts';

export interface Segment {
  readonly from: number;
  readonly to: number;
  /** Undefined: kept tokens that are not listed. */
  readonly token: number | undefined;
  readonly text: string;
}

/** Stretches of [0, 1) without gaps. Those under `least` are dropped where nothing is listed: rounding, not tokens. */
export function segmentsOf({ candidates }: Draw, least = 1e-4): Segment[] {
  const listed = candidates
    .flatMap(({ token, text, interval }) => (interval ? [{ token, text, from: interval[0], to: interval[1] }] : []))
    .sort((a, b) => a.from - b.from);
  const all: Segment[] = [];
  let at = 0;
  const gap = (to: number) => {
    if (to - at > least) all.push({ from: at, to, token: undefined, text: '' });
  };
  for (const segment of listed) {
    gap(segment.from);
    all.push(segment);
    at = segment.to;
  }
  gap(1);
  return all;
}

/** Narrower segments have no label. */
const LABELLED = 18;

/** About as wide as a character of 12 px is. */
const widthOf = (character: string): number => (/[⺀-￯]/.test(character) ? 12.5 : 7);

/** As much of a text as fits, with … where it is cut; '' where nothing does. */
export function labelFor(text: string, width: number): string {
  if (width < LABELLED) return '';
  const { face } = faceOf(text.trim() === '' ? text.replaceAll(' ', '␣') : text.trim());
  let [fits, used] = ['', 6];
  for (const character of face) {
    used += widthOf(character);
    if (used > width) return fits && `${fits}…`;
    fits += character;
  }
  return fits;
}

/** Where the needle stands, 0 … 1: at u; in the middle of what you chose; nowhere when nothing was drawn. */
export function needleOf(draw: Draw, chosen: number | undefined, by: 'draw' | 'greedy' | 'you'): number | undefined {
  if (by === 'draw') return draw.by === 'greedy' ? undefined : draw.u;
  if (by === 'greedy') return undefined;
  const interval = draw.candidates.find(({ token }) => token === chosen)?.interval;
  return interval && (interval[0] + interval[1]) / 2;
}

const TOP = 14;
const HEIGHT = 26;
/** Of the whole bar with its needle and numbers. */
export const DRAW_HEIGHT = 64;

const pointer = (x: number): string => `M${x - 5} ${TOP - 9}h10l-5 8z`;
const stem = (x: number): string => `M${x - 1} ${TOP - 5}h2v${HEIGHT + 10}h-2z`;

export interface DrawPicture {
  readonly draw: Draw;
  readonly chosen: number | undefined;
  readonly by: 'draw' | 'greedy' | 'you';
  readonly width: number;
  readonly inks: Inks;
  /** Beside the needle: `u = 0.6419`. */
  readonly note: string;
}

export function drawTemplate({ draw, chosen, by, width, inks, note }: DrawPicture): SVGTemplateResult {
  const x = (share: number) => Math.round(share * (width - 2) * 10) / 10 + 1;
  const mark = by === 'you' ? inks.blue : inks.red;
  const needle = needleOf(draw, chosen, by);
  const at = needle === undefined ? undefined : x(needle);
  const segments = segmentsOf(draw).map(({ from, to, token, text }) => {
    const [left, right] = [x(from), x(to)];
    const own = token !== undefined && token === chosen;
    const ground = own ? mark : tint(inks.sheet, inks.ink, to - from);
    // beside the needle, on its wider side
    const [start, end] =
      own && by === 'draw' && at !== undefined
        ? at - left > right - at
          ? [left, at - 3]
          : [at + 3, right]
        : [left, right];
    const label = token === undefined ? '' : labelFor(text, end - start);
    return svg`<rect
        part="bar"
        x=${left}
        y=${TOP}
        width=${Math.max(0.5, right - left - 1)}
        height=${HEIGHT}
        fill=${token === undefined ? 'url(#hatch)' : hex(ground)}
        stroke=${token === undefined || to - from < 0.08 ? hex(inks.edge) : 'none'}
      />${
        label &&
        svg`<text
          x=${(start + end - 1) / 2}
          y=${TOP + HEIGHT / 2 + 4}
          text-anchor="middle"
          fill=${hex(own ? inks.sheet : textOn(ground))}
          translate="no"
        >${label}</text>`
      }`;
  });
  const place = at === undefined ? 0 : Math.min(width - 4, Math.max(4, at));
  const anchor = place < width * 0.25 ? 'start' : place > width * 0.75 ? 'end' : 'middle';
  return svg`<defs>
      <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">
        <path d="M-1 1L1 -1M0 6L6 0M5 7L7 5" stroke=${hex(inks.edge)} />
      </pattern>
    </defs>
    ${segments}
    ${
      at === undefined
        ? ''
        : svg`<path
              part="needle"
              d=${by === 'you' ? pointer(at) : pointer(at) + stem(at)}
              fill=${hex(mark)}
              stroke=${hex(inks.sheet)}
              stroke-width="0.75"
            />
            <text x=${place} y=${TOP + HEIGHT + 19} text-anchor=${anchor} fill=${hex(mark)}>${note}</text>`
    }
    ${at !== undefined && place < 110 ? '' : svg`<text x="1" y=${TOP + HEIGHT + 19} fill=${hex(inks.soft)}>0</text>`}
    ${at !== undefined && place > width - 110 ? '' : svg`<text x=${width - 1} y=${TOP + HEIGHT + 19} text-anchor="end" fill=${hex(inks.soft)}>1</text>`}`;
}
