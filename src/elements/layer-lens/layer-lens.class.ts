/**
 * START READING HERE: what each layer would say, position by position. geometry.ts says which layers and columns are in the page. Over
 * 300 lines, because the cells share the cursor, the window of columns and what is selected.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Lens, LensColumn, Run, RunKey, TokenInfo, Want } from '../../run/types.ts';
import { BLACK, textOn, tint, tintAmount } from '../core/colours.ts';
import { NtElement } from '../core/element.ts';
import { percent } from '../core/format.ts';
import { InksController } from '../core/inks.ts';
import { Localized } from '../core/localized.ts';
import type { Cell, Table } from '../core/table.ts';
import { named, shown } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { Width } from '../core/width.ts';
import {
  cellMove,
  columnsAt,
  columnWidth,
  GUTTER,
  layerNumber,
  ROW,
  type Rows,
  rowsOf,
  settledAt,
  topHeight,
} from './geometry.ts';
import { styles } from './styles.ts';
import { english, type Texts } from './texts.ts';

interface Shown {
  readonly lens: Lens;
  readonly tokens: readonly TokenInfo[];
}

/** A cell as it is drawn. */
interface CellShown {
  readonly text: string;
  readonly name: string;
  readonly tint: string;
  readonly white: boolean;
  readonly settled: boolean;
}

/** A cell: a row that is shown, the last one being what came, and a position. */
interface At {
  readonly row: number;
  readonly position: number;
}

/**
 * What each layer would say: a grid with a column for each token and a row for each layer, and what came below.
 *
 * @example
 * const lens = document.createElement('nt-layer-lens');
 * lens.src = 'models/austen/run.json';
 * document.body.append(lens);
 *
 * @fires selection-change - A place is pointed at, pinned or cleared: `{kind, position?, layer?}`.
 * @fires state-change - `{state, previous, why}`
 * @fires fail - `{what, message, hint, recoverable}`
 * @slot caption - Replaces our line above the picture.
 * @slot status - Replaces the line below it.
 * @csspart cell - What a layer would say at a position.
 * @csspart mark - The first cell of a column from which on the answer stays.
 * @csspart actual - What came.
 * @csspart tooltip - What a layer says at the place that is pointed at.
 * @cssprop --nt-ink - What cells are tinted with; any `--nt-…` colour can be set.
 * @key ← → ↑ ↓ - Another cell.
 * @key PageUp, PageDown - Ten tokens.
 */
export class LayerLens extends NtElement {
  static override styles = [...NtElement.styles, styles];

  /** Which layers: `all`, or `every-2`. Default: all up to 16, then every second. */
  @property() rows: '' | 'all' | 'every-2' = '';

  /** What there is: `top` (first choices), `actual` (what came; alone, cells show its share), `embed` (the row before the first layer). */
  @property() show = 'top actual';

  /** The lens to show instead of a Run's. */
  @property({ attribute: false }) lens: Lens | undefined;

  /** Its tokens. */
  @property({ attribute: false }) tokens: readonly TokenInfo[] = [];

  readonly #texts = new Localized<Texts>(this, english, { zh: () => import('./texts.zh.ts') });
  readonly #inks = new InksController(this);
  readonly #width = new Width(this);
  readonly #spelled = new WeakMap<LensColumn, { readonly key: string; readonly cells: readonly CellShown[] }>();
  #kept: Shown | undefined;
  #rows: Rows = { shown: [], thinned: false };
  #cell = 54;
  /** Scrolled by this much; while it is at the end, it stays there. */
  #scrolled = Infinity;
  #at: At | undefined;
  #over: At | undefined;
  #focus = false;

  protected override get keys(): readonly RunKey[] {
    return ['state', 'model', 'tokens', 'steps', 'lens', 'selection'];
  }

  protected override wants(): readonly Want[] {
    return ['lens'];
  }

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override hasRecords(): boolean {
    return this.lens !== undefined;
  }

  get #run(): Run | undefined {
    return this.lens ? undefined : this.bound.run;
  }

  get #t(): Texts {
    return this.#texts.t;
  }

  protected override runChanged(keys: ReadonlySet<RunKey> | undefined): void {
    super.runChanged(keys);
    if (!keys) this.#kept = undefined;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { lens, tokens } = this.#run ?? this;
    if (lens?.columns.length) this.#kept = { lens, tokens };
    this.toggleAttribute('stale', !lens?.columns.length && this.#kept !== undefined);
    const layers = this.#kept?.lens.layers ?? this.#layersToCome();
    this.#rows = rowsOf(layers, this.rows, this.#shows('embed'));
    this.#cell = columnWidth(this.#width.now);
    // five rows at least: small models come and go without a jump
    const picture = ROW * (Math.max(5, this.#rows.shown.length) + 2);
    const top = topHeight(this.#width.now || 320);
    const size = { '--body': `${picture + 60}px`, '--block': `${picture + 60 + top}px`, '--top': `${top}px` };
    for (const [name, value] of Object.entries(size))
      if (this.style.getPropertyValue(name) !== value) this.style.setProperty(name, value);
  }

  /** Before there is a lens: the model's layers. */
  #layersToCome(): readonly string[] {
    const { layers } = this.bound.run?.model ?? { layers: 5 };
    return ['embed', ...Array.from({ length: layers }, (_, i) => `h.${i}`)];
  }

  #shows(what: 'top' | 'actual' | 'embed'): boolean {
    return this.show.split(/\s+/).includes(what);
  }

  protected override ready(): boolean {
    return this.#kept !== undefined;
  }

  get #columns(): readonly LensColumn[] {
    return this.#kept!.lens.columns;
  }

  readonly #name = (position: number): string => this.#kept!.tokens[position]?.text ?? '';
  readonly #said = (position: number): string => named(this.#kept!.tokens[position]?.text ?? String(position));

  #layerName(index: number): string {
    return this.#t.layer(layerNumber(this.#kept!.lens.layers, index));
  }

  #percent(p: number): string {
    return percent(p, this.language);
  }

  protected override caption(): string {
    if (!this.ready()) return this.#t.before;
    return this.hasAttribute('stale') ? this.texts.stale : this.#t.caption;
  }

  protected override how(): string {
    return this.#t.how;
  }

  protected override label(): string {
    const position = this.#columns.length - 1;
    const { top } = this.#columns[position];
    const first = top[this.#rows.shown[0]]?.[0];
    const last = top.at(-1)?.[0];
    const [a, b] = [first, last].map((candidate) => named(candidate?.text ?? ''));
    const share = this.#percent(last?.probability ?? NaN);
    return this.#t.label(this.#kept!.lens.layers.length - 1, this.#said(position), a, b, share);
  }

  protected override numbers(): Table {
    const rows = this.#columns.flatMap(({ top, actual }, position) =>
      this.#rows.shown.map((index): Cell[] => [
        position,
        this.#said(position),
        this.#layerName(index),
        ...[0, 1, 2].flatMap((rank): Cell[] => {
          const candidate = top[index][rank] as (typeof top)[number][number] | undefined;
          return candidate ? [named(candidate.text), this.#percent(candidate.probability)] : ['', ''];
        }),
        Number.isFinite(actual[index]) ? this.#percent(actual[index]) : '',
      ]),
    );
    return { caption: this.#t.table, columns: this.#t.columns, rows };
  }

  protected override picture(): TemplateResult {
    const { now: width } = this.#width;
    if (!width) return html``;
    const count = this.#columns.length;
    const room = width - GUTTER;
    const scrolled = Math.min(this.#scrolled, Math.max(0, count * this.#cell - room));
    const { first, end } = columnsAt(count, scrolled, room, this.#cell);
    const positions = Array.from({ length: end - first }, (_, i) => first + i);
    const { shown: layers } = this.#rows;
    const cursor = this.#cursor;
    return html`<div
        class="lens"
        role="grid"
        aria-label=${this.#t.table}
        aria-rowcount=${layers.length + 2}
        aria-colcount=${count + 1}
        tabindex="-1"
        @scroll=${this.#scroll}
        @pointerover=${this.#pointed}
        @pointerleave=${() => this.#hover(undefined)}
        @focusin=${() => (this.#focus = true)}
        @focusout=${() => (this.#focus = false)}
        @click=${this.#clicked}
        ${vars({
          '--rows': Math.max(5, layers.length),
          '--cell': `${this.#cell}px`,
          '--first': first,
          '--after': count - end,
        })}
      >
        <div role="row" aria-rowindex="1">
          <span class="corner" role="columnheader" aria-colindex="1"><span class="hidden">${this.#t.table}</span></span>
          ${repeat(positions, String, (position) => this.#header(position))}
        </div>
        ${layers.map(
          (layer, row) =>
            html`<div role="row" aria-rowindex=${row + 2}>
              <span role="rowheader" aria-colindex="1">${this.#layerName(layer)}</span>
              ${repeat(positions, String, (position) => this.#guess(row, position, cursor))}
            </div>`,
        )}
        ${
          this.#shows('actual')
            ? html`<div role="row" aria-rowindex=${layers.length + 2}>
                <span role="rowheader" aria-colindex="1">${this.#t.came}</span>
                ${repeat(positions, String, (position) => this.#came(layers.length, position, cursor))}
              </div>`
            : nothing
        }
      </div>
      <div class="detail" part="tooltip">
        <p>${this.#detail()}</p>
        ${this.#more()}
      </div>`;
  }

  /** Marks of a position: pointed at or pinned, here or elsewhere. */
  #marks(position: number): string {
    const { hover, pin } = this.selection;
    return `${hover?.position === position ? 'over' : ''} ${pin?.position === position ? 'pinned' : ''}`;
  }

  #header(position: number): TemplateResult {
    const by = this.#kept!.tokens[position]?.by ?? '';
    return html`<span
      role="columnheader"
      aria-colindex=${position + 2}
      class="after by-${by} ${this.#marks(position)}"
      translate="no"
      data-position=${position}
      >${shown(this.#name(position))}</span
    >`;
  }

  /** What the cells of a column show. It stays as it is for the life of the column, so it is spelled once. */
  #cells(position: number): readonly CellShown[] {
    const column = this.#columns[position];
    const { sheet, ink } = this.#inks.now;
    const { shown: layers } = this.#rows;
    const key = [this.language, this.#t.came, this.show, layers, sheet, ink, this.#name(position)].join('|');
    const kept = this.#spelled.get(column);
    if (kept?.key === key) return kept.cells;
    const top = this.#shows('top');
    const settled = settledAt(column);
    const first = top ? layers.find((index) => index >= settled) : undefined;
    const cells = layers.map((layer, row): CellShown => {
      const best = column.top[layer]?.[0];
      const p = top ? (best?.probability ?? 0) : column.actual[layer] || 0;
      return {
        text: top ? shown(best?.text ?? '') : this.#percent(column.actual[layer]),
        name: this.#cellName({ row, position }),
        tint: `${Math.round(1000 * tintAmount(p)) / 10}%`,
        white: textOn(tint(sheet, ink, p)) !== BLACK,
        settled: layer === first,
      };
    });
    this.#spelled.set(column, { key, cells });
    return cells;
  }

  #guess(row: number, position: number, cursor: At): TemplateResult {
    const { text, name, tint: amount, white, settled } = this.#cells(position)[row];
    const at = { row, position };
    return html`<span
      role="gridcell"
      part=${settled ? 'cell mark' : 'cell'}
      class="guess ${white ? 'white' : ''} ${settled ? 'settled' : ''} ${this.#marks(position)} ${same(this.#over, at) ? 'at' : ''}"
      tabindex=${same(cursor, at) ? 0 : -1}
      aria-colindex=${position + 2}
      aria-label=${name}
      translate="no"
      data-row=${row}
      data-position=${position}
      ${vars({ '--tint': amount })}
      >${text}</span
    >`;
  }

  #came(row: number, position: number, cursor: At): TemplateResult {
    const next = this.#kept!.tokens[position + 1] as TokenInfo | undefined;
    const at = { row, position };
    return html`<span
      role="gridcell"
      part="actual"
      class="came ${next ? '' : 'open'} ${this.#marks(position)} ${same(this.#over, at) ? 'at' : ''}"
      tabindex=${same(cursor, at) ? 0 : -1}
      aria-colindex=${position + 2}
      aria-label=${this.#cellName(at)}
      translate="no"
      data-row=${row}
      data-position=${position}
      >${next ? shown(next.text) : ''}</span
    >`;
  }

  #cellName({ row, position }: At): string {
    const after = this.#said(position);
    const layer = this.#rows.shown[row] as number | undefined;
    const column = this.#columns[position];
    if (layer === undefined) {
      const next = this.#kept!.tokens[position + 1] as TokenInfo | undefined;
      return next ? this.#t.cameAfter(after, named(next.text)) : this.#t.noneYet(after);
    }
    const best = column.top[layer]?.[0];
    const name = this.#t.cell(
      this.#layerName(layer),
      after,
      named(best?.text ?? ''),
      this.#percent(best?.probability ?? NaN),
    );
    const settled = this.#rows.shown.find((index) => index >= settledAt(column)) === layer;
    return settled ? `${name}, ${this.#t.settled}` : name;
  }

  /** The three best of the cell that is pointed at, and what it gave to what came. */
  #detail(): TemplateResult | string {
    const at = this.#over ?? (this.#focus || this.#at ? this.#cursor : undefined);
    const layer = at && this.#rows.shown[at.row];
    if (!at || layer === undefined) return at ? this.#cellName(at) : this.#t.point;
    const { top, actual } = this.#columns[at.position];
    const next = this.#kept!.tokens[at.position + 1] as TokenInfo | undefined;
    const given = actual[layer];
    return html`${this.#layerName(layer)}:
      ${top[layer].map(
        ({ text, probability }, i) =>
          html`${i ? ' · ' : ''}<b translate="no">${named(text)}</b> ${this.#percent(probability)}`,
      )}<br />${next && Number.isFinite(given) ? this.#t.given(named(next.text), this.#percent(given)) : this.#t.open}`;
  }

  /** All layers of a deep model, or every second one. */
  #more(): TemplateResult | typeof nothing {
    const { layers } = this.#kept!.lens;
    if (layers.length <= 17) return nothing;
    const { thinned } = this.#rows;
    return html`<button part="button" type="button" @click=${() => (this.rows = thinned ? 'all' : 'every-2')}>
      ${thinned ? this.#t.allLayers(layers.length - 1) : this.#t.fewLayers}
    </button>`;
  }

  get #rowCount(): number {
    return this.#rows.shown.length + (this.#shows('actual') ? 1 : 0);
  }

  /** Where the keys are: the last layer's newest cell, until they move. */
  get #cursor(): At {
    const last = this.#columns.length - 1;
    const { row = this.#rows.shown.length - 1, position = last } = this.#at ?? {};
    return { row: Math.min(row, this.#rowCount - 1), position: Math.min(position, last) };
  }

  #place({ row, position }: At) {
    const layer = this.#rows.shown[row] as number | undefined;
    const number = layer === undefined ? 0 : layerNumber(this.#kept!.lens.layers, layer);
    return { position, ...(number > 0 && { layer: number - 1 }) };
  }

  #hover(at: At | undefined): void {
    if (same(at, this.#over)) return;
    this.#over = at;
    this.point('hover', at ? this.#place(at) : {});
    this.requestUpdate();
  }

  readonly #pointed = (event: Event): void => this.#hover(cellOf(event));

  readonly #clicked = (event: Event): void => {
    const at = cellOf(event);
    if (!at) return;
    this.#at = at;
    this.point('pin', this.#place(at));
    this.requestUpdate();
  };

  readonly #scroll = (event: Event): void => {
    const { scrollLeft, scrollWidth, clientWidth } = event.currentTarget as HTMLElement;
    this.#scrolled = scrollLeft >= scrollWidth - clientWidth - 1 ? Infinity : scrollLeft;
    if (this.#columns.length > 30) this.requestUpdate();
  };

  protected override updated(): void {
    const box = this.renderRoot.querySelector('.lens');
    // the newest column stays in sight, unless someone has scrolled back
    if (box && this.#scrolled === Infinity) box.scrollLeft = this.#columns.length * this.#cell;
  }

  protected override key(event: KeyboardEvent): boolean {
    if (!this.ready() || this.table || !cellOf(event)) return false;
    const cursor = this.#cursor;
    if (event.key === 'Escape') {
      this.#at = undefined;
      return false; // the selection is cleared as everywhere
    }
    if (event.key === 'Enter' || event.key === ' ') {
      this.point('pin', this.#place(cursor));
      return true;
    }
    const to = cellMove(event.key, cursor, this.#rowCount, this.#columns.length);
    if (!to) return false;
    this.#at = to;
    this.point('hover', this.#place(to));
    void this.#focusOn(to);
    return true;
  }

  /** Scrolls the cell into the box, so that it is in the page, and gives it the focus. */
  async #focusOn({ row, position }: At): Promise<void> {
    const box = this.renderRoot.querySelector('.lens')!;
    const [left, room] = [position * this.#cell, this.#width.now - GUTTER];
    const from = Math.min(this.#scrolled, Math.max(0, this.#columns.length * this.#cell - room));
    const to = Math.min(left, Math.max(from, left + this.#cell - room));
    this.#scrolled = to;
    this.requestUpdate();
    await this.updateComplete;
    box.scrollLeft = to;
    const cell = box.querySelector<HTMLElement>(`[data-row='${row}'][data-position='${position}']`);
    cell?.focus({ preventScroll: true });
  }
}

const same = (a: At | undefined, b: At | undefined): boolean => a?.row === b?.row && a?.position === b?.position;

/** The cell that an event came from. */
function cellOf(event: Event): At | undefined {
  const target = event.composedPath()[0];
  const { row, position } = target instanceof HTMLElement ? target.dataset : {};
  return row === undefined ? undefined : { row: Number(row), position: Number(position) };
}
