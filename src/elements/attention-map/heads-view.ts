/** All heads at a glance: one canvas, and what lies over it. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { vars } from '../core/vars.ts';
import { type HeadsGrid, TITLE } from './layout.ts';
import type { Texts } from './texts.ts';

export interface HeadPlace {
  readonly layer: number;
  readonly head: number;
}

export interface HeadsShown {
  readonly grid: HeadsGrid;
  readonly averaged: boolean;
  readonly chosen: HeadPlace;
  /** Under the pointer or the keys. */
  readonly cursor: HeadPlace;
  /** Marked by another picture. */
  readonly hover: HeadPlace | undefined;
  readonly off: readonly HeadPlace[];
  readonly canSwitch: boolean;
  readonly t: Texts;
  readonly nameOf: (place: HeadPlace) => string;
  readonly onPoint: (place: HeadPlace | undefined) => void;
  readonly onChoose: (place: HeadPlace) => void;
  /** A step along the layers or the heads. */
  readonly onStep: (layers: number, heads: number) => void;
  readonly onSwitch: () => void;
}

/** Top left corner of a cell, below the heads' names. */
export function cellAt(grid: HeadsGrid, { layer, head }: HeadPlace): { x: number; y: number } {
  return { x: grid.gutter + head * grid.pitch, y: layer * grid.row + (grid.row - grid.pitch) };
}

/** The head at a point of the grid. */
export function headAt(grid: HeadsGrid, x: number, y: number): HeadPlace | undefined {
  const head = Math.floor((x - grid.gutter) / grid.pitch);
  const layer = Math.floor(y / grid.row);
  return head >= 0 && head < grid.heads && layer >= 0 && layer < grid.layers ? { layer, head } : undefined;
}

const at = (grid: HeadsGrid, place: HeadPlace) => {
  const { x, y } = cellAt(grid, place);
  return vars({ '--x': `${x}px`, '--y': `${y}px`, '--w': `${grid.cell}px`, '--h': `${grid.cell}px` });
};

export function headsTemplate(shown: HeadsShown): TemplateResult {
  const { grid, t, averaged, chosen, cursor, hover, off, nameOf, onChoose } = shown;
  const place = (event: PointerEvent | MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return headAt(grid, event.clientX - box.left, event.clientY - box.top);
  };
  const title = { '--x': '0px', '--y': '0px' } as const;
  const small = grid.cell < 30; // no room for a word beside each column
  return html`<div class="columns" aria-hidden="true" ${vars(title)}>
      ${Array.from({ length: grid.heads }, (_, head) => {
        const x = `${grid.gutter + head * grid.pitch}px`;
        return averaged
          ? nothing
          : html`<span class="column" ${vars({ '--x': x, '--w': `${grid.cell}px` })}
              >${grid.pitch < 44 ? head : t.headName(head)}</span
            >`;
      })}
    </div>
    <div
      class="grid"
      part="grid"
      role="group"
      aria-label=${t.headsGroup}
      ${vars({ '--w': `${grid.width}px`, '--h': `${grid.height - TITLE}px` })}
      @pointermove=${(event: PointerEvent) => shown.onPoint(place(event))}
      @pointerleave=${() => shown.onPoint(undefined)}
      @click=${(event: MouseEvent) => {
        const found = place(event);
        if (found) onChoose(found);
      }}
    >
      <canvas
        id="heads"
        aria-hidden="true"
        ${vars({ '--w': `${grid.width}px`, '--h': `${grid.height - TITLE}px` })}
      ></canvas>
      ${Array.from(
        { length: grid.layers },
        (_, layer) =>
          html`<span
            class="layer ${grid.gutter ? '' : 'above'}"
            aria-hidden="true"
            ${vars({ '--y': `${layer * grid.row}px`, '--h': `${grid.gutter ? grid.cell : 18}px`, '--w': `${grid.gutter}px` })}
            >${grid.gutter && grid.gutter < 44 ? layer + 1 : t.layerName(layer + 1)}</span
          >`,
      )}
      ${off.map(
        (head) =>
          html`<span class="off" part="cell" aria-hidden="true" ${at(grid, head)}
            ><svg width=${grid.cell} height=${grid.cell}>
              ${svg`<path d="M1 1L${grid.cell - 1} ${grid.cell - 1}" stroke="var(--nt-blue)" stroke-width="2" />`}
            </svg>
            ${small ? nothing : html`<b>${t.off}</b>`}</span
          >`,
      )}
      <span class="chosen" aria-hidden="true" ${at(grid, chosen)}></span>
      ${hover ? html`<span class="mark" aria-hidden="true" ${at(grid, hover)}></span>` : nothing}
      <span
        id="heads-cursor"
        class="cursor"
        role="img"
        tabindex="0"
        aria-label=${nameOf(cursor)}
        ${at(grid, cursor)}
      ></span>
    </div>
    <div class="controls" part="controls">
      ${stepper(t.layerWord, chosen.layer + 1, chosen.layer > 0, chosen.layer < grid.layers - 1, t, (by) =>
        shown.onStep(by, 0),
      )}
      ${
        averaged
          ? nothing
          : stepper(t.headWord, chosen.head, chosen.head > 0, chosen.head < grid.heads - 1, t, (by) =>
              shown.onStep(0, by),
            )
      }
      ${
        shown.canSwitch
          ? html`<button
              part="button"
              type="button"
              class="switch"
              aria-keyshortcuts="x"
              aria-pressed=${isOff(off, chosen) ? 'true' : 'false'}
              @click=${shown.onSwitch}
            >
              ${isOff(off, chosen) ? t.switchOn : t.switchOff}
            </button>`
          : nothing
      }
    </div>`;
}

export const isOff = (off: readonly HeadPlace[], { layer, head }: HeadPlace): boolean =>
  off.some((place) => place.layer === layer && place.head === head);

function stepper(what: string, value: number, less: boolean, more: boolean, t: Texts, by: (n: -1 | 1) => void) {
  return html`<div class="stepper" role="group" aria-label=${what}>
    <button part="button" type="button" aria-label=${t.less(what)} ?disabled=${!less} @click=${() => by(-1)}>−</button>
    <span><small>${what}</small>${value}</span>
    <button part="button" type="button" aria-label=${t.more(what)} ?disabled=${!more} @click=${() => by(1)}>+</button>
  </div>`;
}
