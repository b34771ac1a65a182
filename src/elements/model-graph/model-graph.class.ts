import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { PlanRow, RunKey, Trace } from '../../run/types.ts';
import type { Tap } from '../../session/records.ts';
import { NtElement } from '../core/element.ts';
import { count, significant } from '../core/format.ts';
import { InksController } from '../core/inks.ts';
import { Localized, type Translations } from '../core/localized.ts';
import type { Table } from '../core/table.ts';
import { Width } from '../core/width.ts';
import { Fetched } from './fetched.ts';
import { type Box, type GraphRow, labelParts, largest, mainPart, type Stage, stagesOf, streamTaps } from './graph.ts';
import { drawCells, gridOf } from './heat.ts';
import { layoutOf } from './layout.ts';
import { type Cell, panel } from './panel.ts';
import { styles } from './styles.ts';
import { english, type Texts } from './texts.ts';
import { graphTemplate } from './view.ts';
import { type Item, itemsOf, walk } from './walk.ts';

const translations: Translations<Texts> = { zh: () => import('./texts.zh.ts') };

const VALUES = ['shape', 'norm', 'heat'] as const;

/** Width of the panel beside the graph, and from which width of the element it is beside it. */
const PANEL = 440;
const BESIDE = 980;

/**
 * Everything that runs for one token: the stream from top to bottom, each layer that leaves it and is added to it, a box for each kernel.
 * An open box shows what it computes, its values, the kernel's text and its time on this device.
 *
 * @fires {CustomEvent<{ label: string, op: string, variant: string }>} node-open - a box was opened
 * @fires {CustomEvent<{ op: string, variant: string }>} kernel-edit - the kernel shall be edited
 * @csspart block - a box
 * @csspart edge - the ways between boxes
 * @csspart stream - the line that all layers add to
 * @csspart detail - what an open box shows
 * @key ↑ ↓ - along the stream
 * @key → ← - into a layer, out of it
 * @key Enter - opens a layer or a box
 * @key v - the stream's values: none, their length, each
 *
 * @example
 * <nt-model-graph for="demo" open="h.3.attn.attention" values="heat"></nt-model-graph>
 */
export class ModelGraph extends NtElement {
  static override styles = [...NtElement.styles, styles];

  /** What is open: a layer (`h.3`), a branch (`h.3.attn`) or a kernel's label (`h.3.attn.qkv`). */
  @property({ reflect: true }) open = '';

  /** Shown along the stream: nothing (`shape`), the length of its vector after each layer (`norm`), or all its values (`heat`). */
  @property() values: 'shape' | 'norm' | 'heat' = 'shape';

  /** The steps of one token, to show them without a Run. */
  @property({ attribute: false }) plan: readonly PlanRow[] | undefined;

  /** Activations of the last token by name (`h.0.out`), to show them without a Run. */
  @property({ attribute: false }) taps: Readonly<Record<string, Tap>> | undefined;

  /** How long each kernel takes, to show it without a Run. */
  @property({ attribute: false }) trace: Trace | undefined;

  @state() private current = '';
  @state() private cell: Cell | undefined;
  @state() private whole = false;

  readonly #words = new Localized<Texts>(this, english, translations);
  readonly #inks = new InksController(this);
  readonly #width = new Width(this);
  readonly #fetched = new Fetched(
    () => this.requestUpdate(),
    (error) => this.failed(error),
  );
  #rows: readonly GraphRow[] | undefined;
  #stages: readonly Stage[] = [];
  #layer = '';
  #pen: CanvasRenderingContext2D | null = null;
  /** Widths of texts that were measured, in the font of now. */
  readonly #widths = new Map<string, number>();
  #font = '';

  protected override get keys(): readonly RunKey[] {
    return ['state', 'model', 'engine', 'tokens', 'steps', 'selection', 'gates'];
  }

  protected override textsReady(): Promise<void> {
    return this.#words.ready;
  }

  protected override hasRecords(): boolean {
    return this.plan !== undefined || this.trace !== undefined;
  }

  get #trace(): Trace | undefined {
    return this.trace ?? this.#fetched.trace;
  }

  get #taps(): Readonly<Record<string, Tap>> {
    return this.taps ?? this.#fetched.taps;
  }

  protected override ready(): boolean {
    return this.#stages.length > 0;
  }

  protected override sentence(): string {
    const { run } = this.bound;
    return run?.recorded !== undefined && this.state === 'ready' ? this.#words.t.needsModel : super.sentence();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!this.hasRecords()) {
      const names = [
        ...new Set([...(this.values === 'shape' ? [] : streamTaps(this.#stages)), ...(this.#box?.taps ?? [])]),
      ];
      this.#fetched.look(this.bound.run, names, this.#box?.row.index);
    }
    const rows = this.plan ?? this.#fetched.plan ?? this.#trace?.rows;
    if (rows !== this.#rows) {
      this.#rows = rows;
      this.#stages = rows ? stagesOf(rows) : [];
    }
    this.#open();
    const layers = this.#stages.filter(({ kind }) => kind === 'layer').length || (this.bound.run?.model?.layers ?? 5);
    this.style.setProperty('--layers', String(Math.max(1, layers)));
  }

  /** The open layer: that of `open`, else the last one that was, else the first. */
  #open(): void {
    const layers = this.#stages.filter(({ kind }) => kind === 'layer');
    const wanted = layers.find(({ key }) => this.open === key || this.open.startsWith(`${key}.`));
    const before = layers.find(({ key }) => key === this.#layer);
    this.#layer = (wanted ?? before ?? layers[0])?.key ?? '';
  }

  /** The open box. */
  get #box(): Box | undefined {
    for (const stage of this.#stages) {
      const boxes = stage.kind === 'step' ? [stage.box] : stage.branches.flatMap(({ boxes }) => boxes);
      const found = boxes.find(({ row }) => row.label === this.open);
      if (found) return found;
    }
    return undefined;
  }

  protected override label(): string {
    const layers = this.#stages.filter(({ kind }) => kind === 'layer').length;
    return this.#words.t.label(layers, this.#rows?.length ?? 0, this.bound.run?.model?.title ?? '');
  }

  protected override how(): string {
    return this.#words.t.how;
  }

  protected override caption(): string {
    const { t } = this.#words;
    const parts: string[] = [];
    if (this.#fetched.stale && this.values !== 'shape') parts.push(t.earlier);
    else if (this.values === 'norm') parts.push(t.lengths);
    else if (this.values === 'heat' && Object.keys(this.#taps).length) {
      const most = this.#most();
      parts.push(t.limits(significant(-most, this.language), significant(most, this.language)));
    }
    if (this.#trace) parts.push(t.bars);
    return [...parts, t.caption].join(' ');
  }

  protected override keyList(): readonly (readonly [string, string])[] {
    return this.#words.t.keyList;
  }

  protected override items(): readonly (readonly [string, () => unknown])[] {
    const { t } = this.#words;
    const others = VALUES.filter((value) => value !== this.values);
    return [
      ...others.map((value) => [`${t.values}: ${t.valueOf[value]}`, () => (this.values = value)] as const),
      ...(this.#canTime ? [[t.time, () => this.#fetched.time()] as const] : []),
    ];
  }

  get #canTime(): boolean {
    return !this.hasRecords() && this.bound.run?.recorded === undefined && this.#fetched.plan !== undefined;
  }

  protected override numbers(): Table {
    const { t } = this.#words;
    const rows = (this.#rows ?? []).map((row, index) => {
      const box = this.#boxes()[index];
      const timed = this.#trace?.rows.find((r) => r.index === row.index && r.label === row.label);
      const { median = NaN, low = NaN, high = NaN } = timed?.time ?? {};
      return [
        row.label,
        row.op,
        row.variant,
        box.parts
          .map((part) => this.#shape(part.shape))
          .filter(Boolean)
          .join(' · '),
        'parameters' in row ? row.parameters : undefined,
        timed && Number((median * 1e6).toPrecision(3)),
        timed && Number(((50 * (high - low)) / median).toPrecision(2)),
        timed?.ofRoof === undefined ? undefined : Number((100 * timed.ofRoof).toPrecision(3)),
      ];
    });
    return { caption: this.label(), columns: t.columns, rows };
  }

  #boxes(): readonly Box[] {
    return this.#stages.flatMap((stage) =>
      stage.kind === 'step' ? [stage.box] : stage.branches.flatMap(({ boxes }) => boxes),
    );
  }

  protected override key(event: KeyboardEvent): boolean {
    const from = event.composedPath()[0] as Element;
    if (event.key === 'v' && !from.matches('input')) {
      this.values = VALUES[(VALUES.indexOf(this.values) + 1) % VALUES.length];
      return true;
    }
    if (event.key === 'Escape' && this.#box && !this.menu) {
      this.#close();
      return true;
    }
    if (!from.matches('[role=treeitem]')) return false;
    const items = itemsOf(this.#stages, this.#layer);
    const at = items.find(({ key }) => key === from.getAttribute('data-key'));
    if (!at) return false;
    if (event.key === 'Enter' || event.key === ' ') {
      this.#press(at);
      return true;
    }
    const to = walk(items, at, event.key);
    if (!to) return false;
    if (to === 'open') this.open = at.key;
    else this.#focus(to.key);
    return true;
  }

  #focus(key: string): void {
    this.current = key;
    void this.updateComplete.then(() =>
      this.renderRoot.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: false }),
    );
  }

  #press({ key, box }: Item): void {
    this.current = key;
    this.cell = undefined;
    if (!box) {
      this.open = key;
      return;
    }
    const { label, op, variant } = box.row;
    if (this.open === label) return this.#close();
    this.open = label;
    this.emit('node-open', { label, op, variant });
  }

  #close(): void {
    const box = this.#box;
    this.open = this.#layer;
    if (box) this.#focus(box.key);
  }

  #shape(shape: Parameters<Texts['shape']>[0]): string {
    const keys = this.bound.run?.tokens.length;
    return this.#words.t.shape(shape, (n) => count(n, this.language), keys);
  }

  readonly #name = (name: string): string => this.#words.t.names[name] ?? name;

  /** Natural widths of a box: its parts side by side, or their names and one shape in a line. */
  readonly #measure = {
    box: (key: string) =>
      this.#partsOf(key).reduce((sum, [name, shape]) => sum + Math.max(this.#text(name), this.#text(shape)) + 17, 2),
    line: (key: string) => {
      const box = this.#boxes().find((b) => b.key === key)!;
      const names = this.#partsOf(key).map(([name]) => name);
      return this.#text(names.join(' · ')) + this.#text(this.#shape(mainPart(box).shape)) + 28;
    },
  };

  #partsOf(key: string): (readonly [name: string, shape: string])[] {
    const box = this.#boxes().find((b) => b.key === key);
    return (box?.parts ?? []).map((part) => [this.#name(part.name), this.#shape(part.shape)] as const);
  }

  #text(text: string): number {
    const known = this.#widths.get(text);
    if (known !== undefined) return known;
    this.#pen ??= document.createElement('canvas').getContext('2d');
    if (!this.#pen) return 7 * text.length;
    this.#font ||= `12px ${getComputedStyle(this).fontFamily}`;
    this.#pen.font = this.#font;
    const width = Math.ceil(this.#pen.measureText(text).width);
    this.#widths.set(text, width);
    return width;
  }

  protected override picture(): TemplateResult {
    const box = this.#box;
    const wide = this.#width.now;
    const width = box && wide >= BESIDE ? wide - PANEL : wide;
    const layout = layoutOf(this.#stages, this.#layer, Math.max(280, width), this.#measure, this.values !== 'shape');
    const items = itemsOf(this.#stages, this.#layer);
    const { hover, pin } = this.selection;
    const graph = graphTemplate({
      layout,
      items,
      current: items.some(({ key }) => key === this.current) ? this.current : (items[0]?.key ?? ''),
      layer: this.#layer,
      opened: box?.key,
      marked: [hover?.layer, pin?.layer],
      label: this.label(),
      trace: this.#trace,
      taps: this.#taps,
      values: this.values,
      lang: this.language,
      t: this.#words.t,
      name: this.#name,
      shape: (part) => this.#shape(part.shape),
      press: (item) => this.#press(item),
      hover: (key) => this.#hover(key),
    });
    return html`<div class="both ${box ? 'opened' : ''}">${graph}${box ? this.#panel(box, width) : nothing}</div>`;
  }

  #hover(key: string): void {
    const layer = key ? Number(labelParts(`${key}.x`).layer.split('.').at(-1)) : NaN;
    this.point('hover', Number.isNaN(layer) ? {} : { layer });
  }

  #panel(box: Box, width: number): TemplateResult {
    const t = this.#words.t;
    const beside = width < this.#width.now;
    return panel(
      {
        box,
        name: box.row.label,
        trace: this.#trace,
        taps: this.#taps,
        kernel: this.hasRecords() ? undefined : this.#fetched.kernel,
        whole: this.whole,
        cell: this.cell,
        width: beside ? 370 : width,
        lang: this.language,
        t,
        canTime: this.#canTime,
        timing: this.#fetched.timing,
      },
      {
        close: () => this.#close(),
        time: () => void this.#fetched.time(),
        edit: () => this.emit('kernel-edit', { op: box.row.op, variant: box.row.variant }),
        show: (whole) => (this.whole = whole),
        point: (cell) => (this.cell = cell),
      },
    );
  }

  /** The largest |x| along the stream. */
  #most(): number {
    return largest(streamTaps(this.#stages).flatMap((name) => this.#taps[name]?.data ?? []));
  }

  protected override updated(): void {
    const taps = this.#taps;
    const inks = this.#inks.now;
    const beside = this.#width.now >= BESIDE ? 370 : this.#width.now;
    const strips = this.renderRoot.querySelectorAll<HTMLCanvasElement>('canvas[data-strip]');
    const most = strips.length ? this.#most() : 0;
    for (const canvas of strips) {
      const { data } = taps[canvas.dataset['strip']!];
      drawCells(canvas, data, { rows: 1, columns: data.length }, most, inks);
    }
    for (const canvas of this.renderRoot.querySelectorAll<HTMLCanvasElement>('canvas[data-tap]')) {
      const { data, shape } = taps[canvas.dataset['tap']!];
      drawCells(canvas, data, gridOf(shape, beside), largest([data]), inks);
    }
  }
}
