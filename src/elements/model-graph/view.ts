/** The graph as it is drawn: ways, boxes, and what the stream carries. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Trace } from '../../run/types.ts';
import type { Tap } from '../../session/records.ts';
import { percent, significant } from '../core/format.ts';
import { vars } from '../core/vars.ts';
import { type Box, mainPart, norm, type Part, shareOf } from './graph.ts';
import type { Layout, Rect } from './layout.ts';
import type { Texts } from './texts.ts';
import type { Item } from './walk.ts';

export interface GraphModel {
  readonly layout: Layout;
  readonly items: readonly Item[];
  /** Key of the item that Tab comes to. */
  readonly current: string;
  /** Key of the open layer, and of the box whose detail is shown. */
  readonly layer: string;
  readonly opened: string | undefined;
  /** Layers that are pointed at or pinned anywhere. */
  readonly marked: readonly (number | undefined)[];
  readonly label: string;
  readonly trace: Trace | undefined;
  readonly taps: Readonly<Record<string, Tap>>;
  readonly values: 'shape' | 'norm' | 'heat';
  readonly lang: string;
  readonly t: Texts;
  readonly name: (name: string) => string;
  readonly shape: (part: Part) => string;
  readonly press: (item: Item) => void;
  /** A layer's key, or '' when none is pointed at. */
  readonly hover: (key: string) => void;
}

const placed = ({ x, y, w, h }: Rect) => vars({ '--x': `${x}px`, '--y': `${y}px`, '--w': `${w}px`, '--h': `${h}px` });

export function graphTemplate(model: GraphModel): TemplateResult {
  const { layout, items, label } = model;
  const { stream, ways, arrows, height, marks } = layout;
  return html`<div class="graph">
    <svg class="ways" aria-hidden="true" height=${height}>
      <g part="edge">${ways.map((d) => svg`<path class="way" d=${d} />`)}</g>
      <rect part="stream" class="flow" x=${stream.x} y=${stream.y} width=${stream.w} height=${stream.h} />
      ${arrows.map((d) => svg`<path class="arrow" d=${d} />`)}
    </svg>
    <div role="tree" aria-label=${label}>
      ${repeat(
        items,
        ({ key }) => key,
        (item) => (item.box ? boxOf(item, item.box, model) : layerOf(item, model)),
      )}
    </div>
    ${[...marks].map(([tap, rect]) => markOf(tap, rect, model))}
  </div>`;
}

function boxOf(item: Item, box: Box, model: GraphModel): TemplateResult {
  const { layout, current, opened, trace, lang, t, name, shape, press, hover } = model;
  const { key, level, layer } = item;
  const rect = layout.boxes.get(key)!;
  const share = shareOf([box], trace);
  const open = key === opened;
  const line = rect.h < 36;
  const names = box.parts.map((part) => name(part.name));
  return html`<div
    part="block"
    class="item box ${open ? 'open' : ''} ${line ? 'line' : ''}"
    role="treeitem"
    aria-level=${level}
    aria-selected=${open ? 'true' : 'false'}
    title=${box.row.label}
    data-key=${key}
    tabindex=${key === current ? 0 : -1}
    ${placed(rect)}
    @click=${() => press(item)}
    @pointerenter=${() => hover(layer)}
    @pointerleave=${() => hover('')}
  >
    ${
      line
        ? html`<span>${names.join(' · ')}</span> <span class="shape">${shape(mainPart(box))}</span>`
        : box.parts.map(
            (part, i) =>
              html`<div class="part"><span>${names[i]}</span> <span class="shape">${shape(part)}</span></div> `,
          )
    }
    ${
      share === undefined
        ? nothing
        : html`<span class="hidden">, ${t.ofRoof(percent(share, lang))}</span>
            <div class="bar" ${vars({ '--share': share })}></div>`
    }
  </div>`;
}

function layerOf(item: Item, model: GraphModel): TemplateResult {
  const { layout, current, layer, marked, t, press, hover, values } = model;
  const { key } = item;
  const stage = item.stage!;
  const open = key === layer;
  // in one column the stream's values need the room
  const plain = open || (layout.narrow && values !== 'shape');
  return html`<div
    class="item layer ${marked.includes(stage.layer) ? 'marked' : ''}"
    role="treeitem"
    aria-level="1"
    aria-expanded=${open ? 'true' : 'false'}
    data-key=${key}
    tabindex=${key === current ? 0 : -1}
    ${placed(layout.layers.get(key)!)}
    @click=${() => press(item)}
    @pointerenter=${() => hover(key)}
    @pointerleave=${() => hover('')}
  >
    <span class="name">${t.layer(stage.layer)}</span>
    ${plain ? nothing : stage.branches.map((branch) => small(branch.name, branch.boxes, model))}
  </div>`;
}

/** A branch of a folded layer, with its share of the roof. */
function small(name: string, boxes: readonly Box[], { trace, t }: GraphModel): TemplateResult {
  const share = shareOf(boxes, trace);
  return html`<span class="small"
    >${t.branches[name] ?? name}
    ${
      share === undefined
        ? nothing
        : html`<span class="rail"></span><span class="bar" ${vars({ '--share': share })}></span>`
    }</span
  >`;
}

function markOf(tap: string, rect: Rect, { taps, values, lang }: GraphModel): TemplateResult | typeof nothing {
  const found = taps[tap];
  if (!found || rect.w < 24) return nothing;
  return html`<div class="mark" ${placed(rect)}>
    ${
      values === 'norm'
        ? html`|x| <b>${significant(norm(found.data), lang)}</b>`
        : html`<canvas aria-hidden="true" data-strip=${tap}></canvas>`
    }
  </div>`;
}
