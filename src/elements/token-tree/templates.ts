/** The parts of the picture: roads, nodes, how many more there are, and what is folded away. */
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { faceOf } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { isYours, moreOf, siblingsOf, type Spot } from './layout.ts';
import { endOf, textWidth } from './measure.ts';
import { placeOf, road, ROW, thickness, type View } from './view.ts';

/** Padding and border of a block, left and right. */
const PADDING = 10;
/** Between a block and the next column, for the roads. */
const GAP = 26;

/** What its block shows, and how wide it is. */
function faceAt(spot: Spot, { step }: View): { readonly face: string; readonly width: number } {
  const most = step - GAP - PADDING;
  const { face } = faceOf(spot.branch.text);
  const text = spot.parent ? face : endOf(face || '∅', most);
  return { face: text, width: Math.max(10, Math.min(most, Math.ceil(textWidth(text)))) + PADDING };
}

function kindOf(spot: Spot): string {
  const { taken, by } = spot.branch;
  if (!spot.parent) return 'root';
  if (!taken) return '';
  if (!isYours(spot)) return 'taken';
  return by === 'you' ? 'taken you turned' : 'taken you';
}

/** Roads to these spots; those of the text lie on top. */
export function roadsTemplate(spots: readonly Spot[], way: ReadonlySet<Spot>, view: View): SVGTemplateResult[] {
  const order = (spot: Spot) => (way.has(spot) ? 2 : spot.branch.taken ? 1 : 0);
  return spots
    .filter((spot) => spot.parent)
    .sort((a, b) => order(a) - order(b))
    .map((spot) => {
      const { p } = spot.branch;
      const start = placeOf(spot.parent!, view.step);
      const { width } = faceAt(spot.parent!, view);
      const strength = Math.sqrt(Math.max(0.04, p)).toFixed(3);
      return svg`<path
        part="edge"
        class=${kindOf(spot)}
        d=${road({ x: start.x + width - 1, y: start.y }, placeOf(spot, view.step))}
        stroke-width=${thickness(p).toFixed(2)}
        ${vars({ '--strength': strength })}
      />`;
    });
}

export interface NodeOptions {
  readonly view: View;
  readonly name: string;
  /** It is part of the text. */
  readonly now: boolean;
  /** It is the text's last token. */
  readonly tip: boolean;
  readonly pointed: boolean;
  /** Tab goes to it. */
  readonly stop: boolean;
  readonly go: () => void;
  readonly focused: () => void;
  readonly hover: () => void;
  readonly leave: () => void;
}

export function nodeTemplate(spot: Spot, o: NodeOptions): TemplateResult {
  const { x, y } = placeOf(spot, o.view.step);
  const { face, width } = faceAt(spot, o.view);
  const { part } = faceOf(spot.branch.text);
  const siblings = siblingsOf(spot);
  const kinds = [kindOf(spot), o.now ? 'now' : '', o.tip ? 'tip' : '', o.pointed ? 'pointed' : ''];
  return html`<div
    part="node"
    class="node ${kinds.filter(Boolean).join(' ')}"
    role="treeitem"
    aria-label=${o.name}
    aria-level=${spot.column + 1}
    aria-setsize=${siblings.length}
    aria-posinset=${siblings.indexOf(spot) + 1}
    aria-selected=${o.now ? 'true' : 'false'}
    aria-current=${o.tip ? 'true' : 'false'}
    tabindex=${o.stop ? '0' : '-1'}
    ${vars({ '--at-x': `${x}px`, '--at-y': `${y - ROW / 2}px`, '--w': `${width}px` })}
    @click=${o.go}
    @focus=${o.focused}
    @blur=${o.leave}
    @pointerover=${o.hover}
    @pointerout=${o.leave}
  >
    <span class=${part ? 'token part' : 'token'} title=${o.name} translate="no">${face}</span>
  </div>`;
}

/** "+ 2,040" below the candidates of a node. */
export function moreTemplate(spot: Spot, view: View, count: (n: number) => string): TemplateResult | typeof nothing {
  const more = moreOf(spot);
  if (spot.moreRow === undefined || more <= 0) return nothing;
  const { x, y } = placeOf({ column: spot.column + 1, row: spot.moreRow }, view.step);
  return html`<span class="more-tokens" aria-hidden="true" ${vars({ '--at-x': `${x}px`, '--at-y': `${y - ROW / 2}px` })}
    >+ ${count(more)}</span
  >`;
}

export function foldTemplate(className: string, text: string, name: string, open: () => void): TemplateResult {
  return html`<div class=${className}>
    <button type="button" part="button" aria-label=${name} @click=${open}>${text}</button>
  </div>`;
}
