/** From one token to those it looks at, over the line. The geometry is plain; `arcsTemplate` draws it. */
import { html, nothing, svg } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { shown } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';

const LEAST = 0.02; // of weight, for an arc
const COLUMN = 42;
const MOST_COLUMNS = 24;
export const ARC_HEIGHT = 100;

export interface Look {
  readonly key: number;
  readonly weight: number;
}

export interface Arc extends Look {
  readonly d: string;
  readonly width: number;
}

export interface Arcs {
  /** First token shown; the window slides to the query. */
  readonly from: number;
  readonly column: number;
  readonly arcs: readonly Arc[];
  /** Weight of the keys before the window. */
  readonly outside: number;
}

/** `looks` are all keys of `query` in the order of the text. */
export function arcsOf(looks: readonly Look[], query: number, width: number): Arcs {
  const columns = Math.max(1, Math.min(MOST_COLUMNS, Math.floor(width / COLUMN)));
  const from = Math.max(0, query + 1 - columns);
  const column = width / columns;
  const x = (position: number) => (position - from + 0.5) * column;
  const seen = looks.filter(({ key, weight }) => key >= from && weight >= LEAST);
  const reach = (columns - 1) * column;
  return {
    from,
    column,
    arcs: seen.map(({ key, weight }) => ({
      key,
      weight,
      width: 1 + 16 * weight,
      d: arcPath(x(key), x(query), reach),
    })),
    outside: looks.reduce((sum, { key, weight }) => (key < from ? sum + weight : sum), 0),
  };
}

const round = (n: number): number => Math.round(10 * n) / 10;

/** A bow whose height grows with its length; a loop where a token looks at itself. */
function arcPath(a: number, b: number, reach: number): string {
  if (a === b) return `M${round(a - 4)} ${ARC_HEIGHT}c-14 -30 22 -30 8 0`;
  const height = 22 + (ARC_HEIGHT - 34) * Math.sqrt((b - a) / Math.max(reach, b - a));
  const top = round(ARC_HEIGHT - (4 / 3) * height + 4);
  const lean = round((b - a) * 0.12);
  return `M${round(a)} ${ARC_HEIGHT}C${round(a + lean)} ${top} ${round(b - lean)} ${top} ${round(b)} ${ARC_HEIGHT}`;
}

export interface ArcsShown extends Arcs {
  readonly width: number;
  readonly query: number;
  readonly name: (position: number) => string;
  readonly percent: (p: number) => string;
  readonly outsideText: string;
  readonly label: string;
  /** Positions marked here or elsewhere. */
  readonly hover: number | undefined;
  readonly onPoint: (position: number | undefined) => void;
  readonly onPin: (position: number) => void;
}

export function arcsTemplate(shownArcs: ArcsShown) {
  const { from, query, arcs, outside, width, column, name, percent, hover } = shownArcs;
  const weights = new Map(arcs.map(({ key, weight }) => [key, weight]));
  const positions = Array.from({ length: query - from + 1 }, (_, i) => from + i);
  return html`<div class="arcs" role="img" aria-label=${shownArcs.label} part="arcs">
      <svg width=${width} height=${ARC_HEIGHT} aria-hidden="true">
        ${arcs.map(
          ({ d, width: w, weight }) =>
            svg`<path d=${d} fill="none" stroke="var(--nt-ink)" stroke-width=${w} stroke-opacity=${0.45 + 0.55 * Math.sqrt(weight)} />`,
        )}
      </svg>
      ${outside >= 0.005 ? html`<span class="outside">${shownArcs.outsideText}</span>` : nothing}
    </div>
    <div class="feet" aria-hidden="true" @pointerleave=${() => shownArcs.onPoint(undefined)}>
      ${repeat(
        positions,
        (position) => position,
        (position) =>
          html`<span
            class="foot ${position === query ? 'current' : ''} ${position === hover ? 'marked' : ''}"
            ${vars({ '--w': `${column}px` })}
            @pointerenter=${() => shownArcs.onPoint(position)}
            @click=${() => shownArcs.onPin(position)}
            ><span class="name" translate="no">${shown(name(position))}</span
            ><span class="share">${weights.has(position) ? percent(weights.get(position)!) : ''}</span></span
          >`,
      )}
    </div>`;
}
