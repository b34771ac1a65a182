/** `<nt-token-tree>`: the roads of a text, taken and not taken. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Branch, RunKey } from '../../run/types.ts';
import { NtElement } from '../core/element.ts';
import { count, percent } from '../core/format.ts';
import { Localized } from '../core/localized.ts';
import { block, tight } from '../core/styles.ts';
import type { Table } from '../core/table.ts';
import { faceOf, named, spoken } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { Width } from '../core/width.ts';
import { followed, Layout, moreOf, pathOf, productOf, siblingsOf, type Spot } from './layout.ts';
import { forget, useFamily } from './measure.ts';
import { styles } from './styles.ts';
import { english } from './texts.ts';
import { foldTemplate, moreTemplate, nodeTemplate, roadsTemplate } from './templates.ts';
import { firstColumn, FOLD, ROW, ROWS, topRow, type View, viewOf } from './view.ts';

/** Between two tokens, so that the shift from one to the next is seen as a motion. */
const SLOW_MS = 400;

/**
 * A tree of the tokens that could follow the prompt: the road that was taken, those that were left, and the candidates beside them. 300 px
 * high. A node keeps its place for ever: a token that is taken adds a column, and the picture moves to it. Pressing a node goes there.
 *
 * @fires {CustomEvent<{path: number[]}>} branch-pick - A node was pressed: the tokens after the prompt; cancelable. Then the Run goes there.
 * @fires {CustomEvent<{kind: 'hover' | 'pin' | 'clear', position?: number, token?: number}>} selection-change - A node was pointed at.
 * @slot caption - Instead of our caption.
 * @slot status - Instead of our line of messages.
 * @csspart frame - Everything. @csspart node - A token. @csspart edge - The road to it. @csspart button - What is folded away.
 * @key {←} parent @key {→} first child @key {↑ ↓} siblings @key {Enter} goes there
 *
 * @example
 * <nt-token-tree for="demo" depth="6" limit="2"></nt-token-tree>
 */
export class NtTokenTree extends NtElement {
  static override styles = [NtElement.styles, block, tight, styles].flat();

  /** Columns shown, where they fit. */
  @property({ type: Number }) depth = 8;

  /** Candidates shown at each fork, besides those that were taken. */
  @property({ type: Number }) limit = 3;

  /** The tree, instead of the Run's. */
  @property({ attribute: false }) tree: Branch | undefined;

  /** The tokens after the prompt that are the text now, in `tree`. Default: the first taken one at every fork. */
  @property({ attribute: false }) path: readonly number[] | undefined;

  readonly #texts = new Localized(this, english, { zh: () => import('./texts.zh.ts') });
  readonly #width = new Width(this);
  #layout: Layout | undefined;
  #made = '';
  #tip: Spot | undefined;
  #way: ReadonlySet<Spot> = new Set();
  #cursor: Spot | undefined;
  #toFocus = false;
  /** First column, while it is not the text's end that is looked at. */
  #from: number | undefined;
  #top = -Math.floor(ROWS / 2);
  #setAt = 0;
  /** Where the world stands in the box. Not a custom property: those are inherited, so every node would be styled again. */
  #shift = '';
  readonly #fonts = () => {
    forget();
    this.#family();
    this.requestUpdate();
  };

  protected override get keys(): readonly RunKey[] {
    return ['state', 'model', 'prompt', 'steps', 'tree', 'selection'];
  }

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override hasRecords(): boolean {
    return this.tree !== undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.fonts.addEventListener('loadingdone', this.#fonts);
  }

  override disconnectedCallback(): void {
    document.fonts.removeEventListener('loadingdone', this.#fonts);
    super.disconnectedCallback();
  }

  protected override runChanged(keys: ReadonlySet<RunKey> | undefined): void {
    super.runChanged(keys);
    if (!keys || keys.has('model') || keys.has('prompt')) this.#layout = undefined;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const { run } = this.bound;
    const tree = this.tree ?? run?.tree;
    if (!tree || (tree.children.length === 0 && !tree.text)) {
      this.#layout = this.#tip = undefined;
      return;
    }
    const made = `${this.limit} ${tree.text}`;
    if (!this.#layout || made !== this.#made) this.#begin(made);
    const layout = this.#layout!;
    layout.show(tree);
    const path = this.tree ? (this.path ?? followed(tree)) : run!.steps.map(({ token }) => token);
    const tip = layout.at(path)!;
    if (tip !== this.#tip) this.#from = undefined;
    this.#tip = tip;
    this.#way = new Set(Layout.way(tip));
  }

  /** Reads a style, so it is not done at every token. */
  #family(): void {
    useFamily(getComputedStyle(this).getPropertyValue('--nt-face') || 'serif');
  }

  #begin(made: string): void {
    this.#family();
    this.#made = made;
    this.#layout = new Layout(Math.max(0, Math.floor(this.limit)));
    this.#cursor = this.#from = undefined;
    this.#top = -Math.floor(ROWS / 2);
  }

  protected override ready(): boolean {
    return this.#tip !== undefined;
  }

  protected override caption(): string {
    return this.#texts.t.caption;
  }

  protected override label(): string {
    const { t } = this.#texts;
    return [t.name(count(this.#tip!.column, this.language)), this.#name(this.#tip!)].join(t.comma);
  }

  protected override how(): string {
    return this.#texts.t.how;
  }

  protected override picture(): TemplateResult {
    const { t } = this.#texts;
    const view = viewOf(this.#width.now || 320, Math.max(2, Math.floor(this.depth)));
    const tip = this.#tip!;
    const end = tip.column + 1;
    const from = this.#from ?? firstColumn(end, view);
    const last = from + view.columns - (from > 0 ? 2 : 1);
    this.#top = topRow(this.#top, this.#rowsInView(from, last));
    const spots = this.#layout!.within(Math.max(0, from - 1), last + 1);
    const seen = spots.filter((spot) => spot.column <= last);
    const stop = this.#stop(seen, from);
    const x = from > 0 ? FOLD + 4 - from * view.step : 2;
    const now = performance.now();
    const slow = now - this.#setAt > SLOW_MS;
    this.#setAt = now;
    this.#shift = `translate(${x}px, ${-this.#top * ROW}px)`;
    return html`<div class="box">
      <div
        class=${slow ? 'world set' : 'world'}
        role="tree"
        aria-label=${t.tree}
        ${vars({ '--step': `${view.step}px` })}
      >
        <svg aria-hidden="true">${roadsTemplate(spots, this.#way, view)}</svg>
        ${repeat(
          seen,
          (spot) => spot,
          (spot) => this.#node(spot, view, spot === stop),
        )}
        ${seen.map((spot) => (spot.column < last ? moreTemplate(spot, view, (n) => this.#count(n)) : nothing))}
      </div>
      ${from > 0 ? this.#fold('fold', from, t.folded, Math.max(0, from - view.columns + 2)) : nothing}
      ${
        last < end && this.#from !== undefined
          ? this.#fold('fold ahead', end - last, t.ahead, Math.min(firstColumn(end, view), last))
          : nothing
      }
    </div>`;
  }

  #count(n: number): string {
    return count(n, this.language);
  }

  #fold(className: string, n: number, name: (n: string) => string, to: number): TemplateResult {
    const text = this.#count(n);
    return foldTemplate(className, this.#texts.t.fold(text), name(text), () => this.#look(to));
  }

  #node(spot: Spot, view: View, stop: boolean): TemplateResult {
    return nodeTemplate(spot, {
      view,
      name: this.#name(spot),
      now: this.#way.has(spot),
      tip: spot === this.#tip,
      pointed: this.#pointed(spot),
      stop,
      go: () => this.#go(spot),
      focused: () => this.#focused(spot),
      hover: () => this.#hover(spot),
      leave: () => this.point('hover'),
    });
  }

  /** What should be seen above all: the cursor where it has been moved to, else the end of the text and what could follow. */
  #rowsInView(from: number, last: number): number[] {
    const cursor = this.#from === undefined ? undefined : this.#cursor;
    if (cursor && cursor.column >= from && cursor.column <= last) return [cursor.row];
    if (this.#from !== undefined) return [[...this.#way].find((spot) => spot.column >= from)?.row ?? 0];
    const { row, children, moreRow } = this.#tip!;
    const end = [row, ...[...children.values()].map((spot) => spot.row), ...(moreRow === undefined ? [] : [moreRow])];
    const way = [...this.#way].filter((spot) => spot.column >= from).map((spot) => spot.row);
    const all = [...end, ...way];
    return Math.max(...all) - Math.min(...all) < ROWS ? all : end;
  }

  /** The one node that Tab goes to. */
  #stop(seen: readonly Spot[], from: number): Spot | undefined {
    if (this.#cursor && seen.includes(this.#cursor)) return this.#cursor;
    return seen.includes(this.#tip!) ? this.#tip : seen.find((spot) => spot.column >= from && this.#way.has(spot));
  }

  #look(from: number): void {
    this.#from = from;
    this.#cursor = undefined;
    this.requestUpdate();
  }

  /** `good, 2.5 %, taken, 2,040 more` */
  #name(spot: Spot): string {
    const { t } = this.#texts;
    const { text, p, taken, by } = spot.branch;
    const more = spot.children.size > 0 ? moreOf(spot) : 0;
    return [
      spot.parent ? spoken(faceOf(text).face) : t.prompt(text),
      ...(spot.parent ? [percent(p, this.language)] : []),
      ...(spot.parent && taken ? [by === 'you' ? t.you : this.#way.has(spot) ? t.taken : t.left] : []),
      ...(spot === this.#tip ? [t.end] : []),
      ...(more > 0 ? [t.others(count(more, this.language))] : []),
    ].join(t.comma);
  }

  /** Undefined where the tree is not a Run's: then positions mean nothing to others. */
  #position({ column }: Spot): number | undefined {
    const { run } = this.bound;
    return run && !this.tree ? run.tokens.length - run.steps.length + column - 1 : undefined;
  }

  #pointed(spot: Spot): boolean {
    const place = this.selection.hover ?? this.selection.pin;
    if (place?.position === undefined || place.position !== this.#position(spot)) return false;
    return place.token === undefined ? this.#way.has(spot) : place.token === spot.branch.token;
  }

  #hover(spot: Spot): void {
    const position = this.#position(spot);
    if (position !== undefined && spot.parent) this.point('hover', { position, token: spot.branch.token });
  }

  #focused(spot: Spot): void {
    if (this.#cursor !== spot) {
      this.#cursor = spot;
      this.requestUpdate();
    }
    this.#hover(spot);
  }

  /** Goes to a node, unless the page says no. */
  #go(spot: Spot): void {
    if (spot === this.#tip) return;
    const path = pathOf(spot);
    if (!this.emit('branch-pick', { path }, { cancelable: true }) || this.tree) return;
    this.bound.run?.goTo(path).catch((error: unknown) => this.failed(error, 'goTo'));
  }

  /** Moves the cursor, and the picture where it is not seen. */
  #to(spot: Spot | undefined): boolean {
    if (!spot) return true;
    const view = viewOf(this.#width.now || 320, Math.max(2, Math.floor(this.depth)));
    const from = this.#from ?? firstColumn(this.#tip!.column + 1, view);
    const last = from + view.columns - (from > 0 ? 2 : 1);
    if (spot.column < from) this.#from = spot.column;
    else if (spot.column > last) this.#from = firstColumn(spot.column, view);
    else this.#from = from;
    this.#cursor = spot;
    this.#toFocus = true;
    this.requestUpdate();
    return true;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const world = this.renderRoot.querySelector<HTMLElement>('.world');
    if (world && world.style.transform !== this.#shift) world.style.transform = this.#shift;
    if (!this.#toFocus) return;
    this.#toFocus = false;
    this.renderRoot.querySelector<HTMLElement>('.node[tabindex="0"]')?.focus();
  }

  protected override keyList() {
    return this.#texts.t.keys;
  }

  protected override key(event: KeyboardEvent): boolean {
    const target = event.composedPath()[0] as Element;
    const at = this.#cursor ?? this.#tip;
    if (!target.matches('.node') || !at) return false;
    const siblings = siblingsOf(at);
    const beside = (by: number) => this.#to(siblings[siblings.indexOf(at) + by]);
    const children = [...at.children.values()];
    switch (event.key) {
      case 'ArrowLeft':
        return this.#to(at.parent);
      case 'ArrowRight':
        return this.#to(children.find((spot) => this.#way.has(spot)) ?? children[0]);
      case 'ArrowUp':
        return beside(-1);
      case 'ArrowDown':
        return beside(1);
      case 'Home':
        return this.#to(this.#layout!.root);
      case 'End':
        return this.#to(this.#tip);
      case 'PageUp':
        return this.#to(Layout.way(at).at(-11) ?? this.#layout!.root);
      case 'PageDown':
        return this.#to(Layout.way(this.#tip!)[at.column + 10] ?? this.#tip);
      case 'Enter':
      case ' ':
        this.#go(at);
        return true;
      default:
        return false;
    }
  }

  protected override numbers(): Table {
    const { t } = this.#texts;
    const number = (x: number) => Number(x.toPrecision(4));
    const spots = this.#layout!.within(1, Infinity);
    return {
      caption: this.caption(),
      columns: t.columns,
      rows: spots.map((spot) => {
        const { token, text, p, taken, by } = spot.branch;
        const words = Layout.way(spot).slice(1, -1);
        return [
          words.map(({ branch }) => branch.text).join(''),
          named(text),
          token,
          number(p),
          number(productOf(spot)),
          taken ? t.by[by] : '',
        ];
      }),
    };
  }

  protected override data(): unknown {
    return this.tree ?? this.bound.run?.tree;
  }
}
