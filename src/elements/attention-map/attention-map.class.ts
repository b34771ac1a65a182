/**
 * START READING HERE: where each head looks. The views are in the files beside it; this is what they show and what is done with them.
 * Over 300 lines, because all views share the chosen head, the pinned token and the cursors.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { Attention, Place, Run, RunKey, TokenInfo, Want } from '../../run/types.ts';
import { NtElement } from '../core/element.ts';
import { InksController } from '../core/inks.ts';
import { Localized } from '../core/localized.ts';
import type { ExportFormat } from '../core/picture.ts';
import type { Table } from '../core/table.ts';
import { vars } from '../core/vars.ts';
import { Width } from '../core/width.ts';
import { arcsOf, arcsTemplate } from './arcs.ts';
import { ExactRow } from './exact.ts';
import { headsTemplate, type HeadPlace, isOff } from './heads-view.ts';
import { cellOf, type Layout, layoutOf, type View, VIEWS } from './layout.ts';
import { matrixTemplate, type Pair } from './matrix-view.ts';
import { headMove, inside, pairMove } from './moves.ts';
import { Paintings } from './paint.ts';
import { type Window, windowOf } from './raster.ts';
import { Sight } from './sight.ts';
import { stepsOf } from './steps.ts';
import { STAGES, stepsTemplate } from './steps-view.ts';
import { styles } from './styles.ts';
import { english, type Texts } from './texts.ts';
import { type Weights, weightsOf } from './weights.ts';

const clamp = (n: number, most: number) => Math.max(0, Math.min(most, n));

/** What is shown: a text's attention and its tokens. */
interface Shown {
  readonly attention: Attention;
  readonly tokens: readonly TokenInfo[];
}

/**
 * Where each head looks: all heads as small triangles, one of them token by token, its arcs over the line, and the arithmetic of a row.
 *
 * @example
 * const map = document.createElement('nt-attention-map');
 * map.attention = { layers: 1, heads: 1, rows: [Uint8Array.of(255), Uint8Array.of(180, 180)] };
 * document.body.append(map);
 *
 * @fires {CustomEvent<{ layer: number, head: number, on: boolean }>} head-toggle - A head is switched off or on; both are counted from 0. Cancelable.
 * @fires selection-change - A place is pointed at, pinned or cleared: `{kind, position?, layer?, head?}`.
 * @fires state-change - `{state, previous, why}`
 * @fires fail - `{what, message, hint, recoverable}`
 * @slot caption - Replaces our line above the picture.
 * @slot status - Replaces the line below it.
 * @csspart controls - The buttons below the grid.
 * @csspart grid - The grid of heads.
 * @csspart cell - A head that is switched off.
 * @csspart matrix - The large triangle.
 * @csspart arcs - The arcs over the line.
 * @csspart steps - The table of the arithmetic.
 * @cssprop --nt-ink - What weights are drawn with; any `--nt-…` colour can be set.
 * @key ← → ↑ ↓ - Another head in the grid, another token in the triangle.
 * @key PageUp, PageDown - Ten tokens, or one layer.
 * @key x - Switches the head off or on.
 * @key s - The next step of the arithmetic.
 */
export class AttentionMap extends NtElement {
  static override styles = [...NtElement.styles, styles];

  /** The layer that is shown, from 0. Default: the last but one. */
  @property({ type: Number }) layer: number | undefined;

  /** Its head, from 0. Default: 0. */
  @property({ type: Number }) head: number | undefined;

  /** Which views there are: some of `heads matrix arcs steps`. */
  @property() view = VIEWS.join(' ');

  /** Shows each layer's mean over its heads. */
  @property({ type: Boolean }) averaged = false;

  /** Weights to show instead of a Run's. */
  @property({ attribute: false }) attention: Attention | undefined;

  /** Their tokens. */
  @property({ attribute: false }) tokens: readonly TokenInfo[] = [];

  readonly #texts = new Localized<Texts>(this, english, { zh: () => import('./texts.zh.ts') });
  readonly #inks = new InksController(this);
  readonly #width = new Width(this, () => this.#measured());
  readonly #exact = new ExactRow(() => this.requestUpdate());
  readonly #paintings = new Paintings();
  #painted: Promise<unknown> = Promise.resolve();
  #layout: Layout | undefined;
  /** Shown before; it stays while a text is read again. */
  #kept: Shown | undefined;
  #made: { readonly of: Attention; readonly averaged: boolean; readonly weights: Weights } | undefined;
  /** Cursors of the two groups, undefined while they follow what is chosen. */
  #headAt: HeadPlace | undefined;
  #pairAt: Pair | undefined;
  /** Under the pointer. */
  #overHead: HeadPlace | undefined;
  #overPair: Pair | undefined;
  #stage = 0;

  protected override get keys(): readonly RunKey[] {
    return ['state', 'model', 'tokens', 'steps', 'attention', 'gates', 'selection'];
  }

  protected override wants(): readonly Want[] {
    return ['attention'];
  }

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override hasRecords(): boolean {
    return this.attention !== undefined;
  }

  get #run(): Run | undefined {
    return this.attention ? undefined : this.bound.run;
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
    const { attention, tokens } = this.#run ?? this;
    const rows = attention?.rows.length ?? 0;
    if (attention && rows) this.#kept = { attention, tokens };
    this.toggleAttribute('stale', !rows && this.#kept !== undefined);
    this.#measured(false);
  }

  /** Its size follows from its width and the model's shape, so it is there before anything is drawn. */
  #measured(update = true): void {
    const { layers, heads } = this.#kept?.attention ?? this.bound.run?.model ?? { layers: 5, heads: 4 };
    const views = VIEWS.filter((view) => this.view.split(/\s+/).includes(view));
    const layout = (this.#layout = layoutOf(this.#width.now || 320, layers, this.averaged ? 1 : heads, views));
    for (const name of ['block', 'body', 'top'] as const)
      if (this.style.getPropertyValue(`--${name}`) !== `${layout[name]}px`)
        this.style.setProperty(`--${name}`, `${layout[name]}px`);
    if (update) this.requestUpdate();
  }

  protected override ready(): boolean {
    return this.#kept !== undefined;
  }

  get #weights(): Weights {
    const { attention } = this.#kept!;
    if (this.#made?.of !== attention || this.#made.averaged !== this.averaged)
      this.#made = { of: attention, averaged: this.averaged, weights: weightsOf(attention, this.averaged) };
    return this.#made.weights;
  }

  /** What is chosen, with its words. */
  get #sight(): Sight {
    const weights = this.#weights;
    const { layers, heads, count } = weights;
    const { pin } = this.selection;
    const gates = this.averaged ? [] : (this.#run?.gates ?? []);
    return new Sight({
      ...this.#kept!,
      weights,
      averaged: this.averaged,
      chosen: {
        layer: clamp(pin?.layer ?? this.layer ?? layers - 2, layers - 1),
        head: clamp(pin?.head ?? this.head ?? 0, heads - 1),
      },
      query: clamp(pin?.position ?? count - 1, count - 1),
      off: gates.flatMap(({ layer, head }) => (head === undefined ? [] : [{ layer, head }])),
      t: this.#t,
      lang: this.language,
    });
  }

  /** Where the keys are in the triangle. */
  get #cursor(): Pair {
    const sight = this.#sight;
    const { query = sight.of.query, key } = this.#pairAt ?? {};
    return inside({ query, key: key ?? sight.most(query).key }, this.#weights.count);
  }

  get #window(): Window {
    return windowOf(this.#weights.count, this.#cursor.query, Math.floor(this.#layout!.side));
  }

  protected override caption(): string {
    const shape = this.#kept?.attention;
    if (!shape) return this.#t.before;
    const { layers, heads } = shape;
    const words = this.averaged ? this.#t.averagedCaption(layers) : this.#t.caption(layers, heads);
    return this.hasAttribute('stale') ? `${this.texts.stale} ${words}` : words;
  }

  protected override how(): string {
    return this.#t.how;
  }

  protected override keyList() {
    return this.#t.keys;
  }

  protected override label(): string {
    return this.#sight.label;
  }

  protected override numbers(): Table {
    return this.#sight.table(this.#exact.row);
  }

  protected override picture(): TemplateResult {
    if (!this.#width.now) return html``;
    const show = { heads: this.#heads, matrix: this.#matrix, arcs: this.#arcs, steps: this.#steps };
    const sight = this.#sight;
    const panel = (view: View) => {
      const box = this.#layout!.boxes[view];
      if (!box) return nothing;
      const { x, y, width, height } = box;
      const place = vars({ '--x': `${x}px`, '--y': `${y}px`, '--w': `${width}px`, '--h': `${height}px` });
      return html`<div class="panel" ${place}>${show[view].call(this, sight)}</div>`;
    };
    return html`${VIEWS.map(panel)}`;
  }

  #heads(sight: Sight): TemplateResult {
    const { hover } = this.selection;
    const { chosen, off } = sight.of;
    const marked = hover?.layer !== undefined && hover.head !== undefined;
    return headsTemplate({
      grid: this.#layout!.grid,
      averaged: this.averaged,
      chosen,
      cursor: this.#headAt ?? chosen,
      hover: this.#overHead ?? (marked ? { layer: hover.layer!, head: hover.head! } : undefined),
      off,
      canSwitch: !this.averaged && this.#run !== undefined,
      t: this.#t,
      nameOf: sight.headName,
      onPoint: (place) => {
        if (place?.layer === this.#overHead?.layer && place?.head === this.#overHead?.head) return;
        this.#overHead = place;
        this.#mark('hover', place ? { ...place } : {});
      },
      onChoose: (place) => this.#choose(place),
      onStep: (layers, heads) => {
        const { layer, head } = this.#sight.of.chosen;
        this.#choose({ layer: layer + layers, head: head + heads });
      },
      onSwitch: () => this.#switch(chosen),
    });
  }

  #matrix(sight: Sight): TemplateResult {
    const { side, beside } = this.#layout!;
    const window = this.#window;
    const { count } = this.#weights;
    const cursor = this.#cursor;
    const pointed = this.#overPair ?? this.#pairAt;
    return matrixTemplate({
      t: this.#t,
      count,
      window,
      cell: cellOf(side, window.capacity),
      side,
      beside,
      title: pointed ? sight.pairName(inside(pointed, count)) : count === 1 ? this.#t.one : sight.chosenName,
      group: this.#t.matrixGroup(sight.chosenName),
      cursor,
      cursorName: sight.pairName(cursor),
      pointed,
      query: sight.of.query,
      hover: this.selection.hover?.position,
      name: sight.name,
      onPoint: (pair) => {
        if (pair?.query === this.#overPair?.query && pair?.key === this.#overPair?.key) return;
        this.#overPair = pair;
        this.#mark('hover', this.#placeOf(pair?.query));
      },
      onPin: (pair) => this.#mark('pin', this.#placeOf(pair.query)),
      onPage: (by) => this.#move({ query: cursor.query + (by * window.capacity) / 2, key: cursor.key }),
    });
  }

  #arcs(sight: Sight): TemplateResult {
    const { query } = sight.of;
    const { width } = this.#layout!.boxes.arcs!;
    const arcs = arcsOf(sight.looks(query), query, width);
    return html`<p class="title">${this.#t.from(sight.chosenName, sight.name(query).trim() || sight.said(query))}</p>
      ${arcsTemplate({
        ...arcs,
        width,
        query,
        name: sight.name,
        percent: sight.percent,
        outsideText: this.#t.outside(sight.percent(arcs.outside)),
        label: sight.arcsLabel(query),
        hover: this.selection.hover?.position,
        onPoint: (position) => this.#mark('hover', this.#placeOf(position)),
        onPin: (position) => this.#mark('pin', this.#placeOf(position)),
      })}`;
  }

  #steps(sight: Sight): TemplateResult {
    const { query } = sight.of;
    const { row, failure } = this.#exact;
    return stepsTemplate({
      t: this.#t,
      lang: this.language,
      steps: stepsOf(sight.looks(query), row),
      stage: row ? this.#stage : 0,
      query,
      later: this.#weights.count - 1 - query,
      why: row ? '' : this.#why(failure),
      hover: this.selection.hover?.position,
      name: sight.name,
      onStep: () => this.#step(),
      onPoint: (position) => this.#mark('hover', this.#placeOf(position)),
    });
  }

  /** Why there are no exact numbers. */
  #why(failure: Error | undefined): string {
    const run = this.#run;
    if (this.averaged) return this.#t.meanHasNone;
    if (!run || run.recorded !== undefined || failure?.name === 'NeedsModelError') return this.#t.exactNeedsModel;
    if (failure) return this.explained(failure).text;
    return run.state === 'running' ? this.#t.whileRunning : this.#t.computing;
  }

  protected override updated(): void {
    if (!this.ready()) return;
    const { weights, chosen, query } = this.#sight.of;
    const [layout, inks, window, averaged] = [this.#layout!, this.#inks.now, this.#window, this.averaged];
    this.#painted = this.#paintings.paint(this.renderRoot, { weights, chosen, query, layout, inks, window, averaged });
    this.#askExact(chosen, query);
  }

  /** A run has no time for exact rows: each one reads the whole text. */
  #askExact(chosen: HeadPlace, query: number): void {
    const run = this.#run;
    const wanted = !this.averaged && this.#layout!.boxes.steps && this.bound.visible && !this.hasAttribute('stale');
    const still = run && run.recorded === undefined && (run.state === 'ready' || run.state === 'paused');
    this.#exact.want(wanted && still ? { run, ...chosen, query, source: this.#weights.source(query) } : undefined);
  }

  /** A position, with the head that it is looked at through. */
  #placeOf(position: number | undefined): Place {
    const { layer, head } = this.#sight.of.chosen;
    return position === undefined ? {} : { position, layer, ...(this.averaged ? {} : { head }) };
  }

  /** Marks a place here and elsewhere. */
  #mark(kind: 'hover' | 'pin', place: Place): void {
    this.point(kind, place);
    this.requestUpdate();
  }

  /** Shows another head, and keeps the pinned token. */
  #choose({ layer, head }: HeadPlace): void {
    this.layer = layer;
    if (!this.averaged) this.head = head;
    const position = this.selection.pin?.position;
    this.#mark('pin', { ...(position !== undefined && { position }), layer, ...(this.averaged ? {} : { head }) });
  }

  #switch(place: HeadPlace): void {
    const run = this.#run;
    if (!run || this.averaged) return;
    const on = isOff(this.#sight.of.off, place);
    if (!this.emit('head-toggle', { ...place, on }, { cancelable: true })) return;
    run.gate(place.layer, place.head, on ? 1 : 0).catch((error: unknown) => this.failed(error, 'gate'));
  }

  #step(): void {
    this.#stage = (this.#stage + 1) % STAGES;
    this.requestUpdate();
  }

  #move(to: Pair): void {
    this.#pairAt = inside(to, this.#weights.count);
    this.#mark('hover', this.#placeOf(this.#pairAt.query));
  }

  protected override key(event: KeyboardEvent): boolean {
    if (!this.ready() || this.table) return false;
    const { id } = event.composedPath()[0] as Element;
    const take = event.key === 'Enter' || event.key === ' ';
    const { chosen } = this.#sight.of;
    if (event.key === 'Escape') {
      this.#headAt = this.#pairAt = undefined;
      return false; // the selection is cleared as everywhere
    }
    if (event.key === 's') this.#step();
    else if (id === 'heads-cursor') {
      const at = this.#headAt ?? chosen;
      const to = headMove(event.key, at, this.#weights.layers, this.#weights.heads);
      if (event.key === 'x') this.#switch(at);
      else if (take) this.#choose(at);
      else if (!to) return false;
      else this.#mark('hover', { ...(this.#headAt = to) });
    } else if (event.key === 'x') this.#switch(chosen);
    else if (id === 'matrix-cursor') {
      const to = pairMove(event.key, this.#cursor, this.#weights.count);
      if (take) this.#mark('pin', this.#placeOf(this.#cursor.query));
      else if (!to) return false;
      else this.#move(to);
    } else return false;
    return true;
  }

  /** Resolves when the canvases show what is to be seen. */
  async painted(): Promise<void> {
    await this.updateComplete;
    await this.#painted;
  }

  override async export(format: ExportFormat): Promise<Blob> {
    await this.painted();
    return super.export(format);
  }
}
