/** The chosen head, token by token: one canvas, names along it, and the cursor. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { shown as spelled } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { NAMED_FROM } from './layout.ts';
import type { Window } from './raster.ts';
import type { Texts } from './texts.ts';

export interface Pair {
  readonly query: number;
  readonly key: number;
}

export interface MatrixShown {
  readonly t: Texts;
  /** Tokens in all. */
  readonly count: number;
  readonly window: Window;
  /** Of a token, in CSS pixels. */
  readonly cell: number;
  readonly side: number;
  /** Room for names at the left. */
  readonly beside: number;
  readonly title: string;
  readonly group: string;
  readonly cursor: Pair;
  readonly cursorName: string;
  /** What the pointer or the keys are at; its names are shown however small the cells are. */
  readonly pointed: Pair | undefined;
  /** Row that arcs and steps tell of, and position marked anywhere. */
  readonly query: number;
  readonly hover: number | undefined;
  readonly name: (position: number) => string;
  readonly onPoint: (pair: Pair | undefined) => void;
  readonly onPin: (pair: Pair) => void;
  readonly onPage: (by: -1 | 1) => void;
}

/** The pair at a point of the triangle; a point right of it belongs to the row's last key. */
export function pairAt(window: Window, cell: number, count: number, x: number, y: number): Pair | undefined {
  const query = window.from + Math.floor(y / cell);
  const key = window.from + Math.floor(x / cell);
  const end = Math.min(count, window.from + window.capacity);
  if (query < window.from || query >= end || key < window.from || key >= end) return undefined;
  return { query, key: Math.min(key, query) };
}

export function matrixTemplate(shown: MatrixShown): TemplateResult {
  const { t, window, cell, side, count, cursor, query, hover, pointed, name } = shown;
  const { from, capacity } = window;
  const end = Math.min(count, from + capacity);
  const last = count - 1;
  const place = (event: PointerEvent | MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return pairAt(window, cell, count, event.clientX - box.left, event.clientY - box.top);
  };
  const all = cell >= NAMED_FROM;
  const row = (position: number) => ({ '--x': '0px', '--y': `${(position - from) * cell}px` }) as const;
  const column = (position: number) => ({ '--x': `${(position - from) * cell}px`, '--y': '0px' }) as const;
  const inside = (position: number | undefined): position is number =>
    position !== undefined && position >= from && position < end;
  const named = (few: readonly (number | undefined)[]) =>
    all ? Array.from({ length: end - from }, (_, i) => from + i) : [...new Set(few)].filter(inside);
  const kind = (position: number) =>
    `${position === last ? 'current' : ''} ${position === hover || position === pointed?.query ? 'marked' : ''}`;
  const size = `${(end - from) * cell}px`;
  return html`<p class="title">${shown.title}</p>
    <div
      class="matrix"
      role="group"
      aria-label=${shown.group}
      ${vars({ '--cell': `${cell}px`, '--side': `${side}px`, '--beside': `${shown.beside}px` })}
    >
      ${repeat(
        named([pointed?.key ?? hover]),
        (position) => position,
        (position) =>
          html`<span
            class="slanted ${position === pointed?.key ? 'marked' : ''}"
            translate="no"
            ${vars(column(position))}
            >${spelled(name(position))}</span
          >`,
      )}
      ${repeat(
        named([pointed?.query ?? query]),
        (position) => position,
        (position) =>
          html`<span class="beside ${kind(position)}" translate="no" ${vars(row(position))}
            >${spelled(name(position))}</span
          >`,
      )}
      <div
        class="cells"
        part="matrix"
        @pointermove=${(event: PointerEvent) => shown.onPoint(place(event))}
        @pointerleave=${() => shown.onPoint(undefined)}
        @click=${(event: MouseEvent) => {
          const pair = place(event);
          if (pair) shown.onPin(pair);
        }}
      >
        <canvas
          id="matrix"
          aria-hidden="true"
          ${vars({ '--w': `${capacity * cell}px`, '--h': `${capacity * cell}px` })}
        ></canvas>
        ${
          inside(hover)
            ? html`<i class="band" ${vars({ ...row(hover), '--w': size, '--h': `${cell}px` })}></i
                ><i class="band" ${vars({ ...column(hover), '--w': `${cell}px`, '--h': size })}></i>`
            : nothing
        }
        ${inside(query) ? html`<i class="row ${query === last ? 'current' : ''}" ${vars({ ...row(query), '--w': size, '--h': `${cell}px` })}></i>` : nothing}
        <span
          id="matrix-cursor"
          class="cursor"
          role="img"
          tabindex="0"
          aria-label=${shown.cursorName}
          ${vars({
            '--x': `${(cursor.key - from) * cell}px`,
            '--y': `${(cursor.query - from) * cell}px`,
            '--w': `${Math.max(cell, 4)}px`,
            '--h': `${Math.max(cell, 4)}px`,
          })}
        ></span>
      </div>
      ${
        count > capacity
          ? html`<div class="windows">
              <span>${t.shown(from + 1, end, count)}</span>
              <button part="button" type="button" ?disabled=${from === 0} @click=${() => shown.onPage(-1)}>
                ${t.earlier}
              </button>
              <button part="button" type="button" ?disabled=${end === count} @click=${() => shown.onPage(1)}>
                ${t.later}
              </button>
            </div>`
          : nothing
      }
    </div>`;
}
