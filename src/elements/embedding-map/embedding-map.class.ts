/**
 * START READING HERE: points of a space, and a word in two texts. Geometry, drawing and lists are in the files beside it. Over 300 lines,
 * because tokens, positions and words share the frame, the search and what is pinned.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Embedding, RunKey, TokenInfo, WordPaths } from '../../run/types.ts';
import { NtElement } from '../core/element.ts';
import { said } from '../core/explain.ts';
import { count, fixed, percent } from '../core/format.ts';
import { InksController } from '../core/inks.ts';
import { Localized, type Translations } from '../core/localized.ts';
import type { Table } from '../core/table.ts';
import { named } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { Width } from '../core/width.ts';
import { draw, type Scene } from './draw.ts';
import { Fetched } from './fetched.ts';
import { aroundOf, DIRECTIONS, nextIn, pointAt, wordsOf } from './geometry.ts';
import { apartCurve, askWords, type Beside, nearList, textList } from './parts.ts';
import { Points } from './points.ts';
import { endLabels, type LabelModel, pointLabels } from './labels.ts';
import { styles } from './styles.ts';
import { english, type Texts } from './texts.ts';

const translations: Translations<Texts> = { zh: () => import('./texts.zh.ts') };

/** Room around the points, for their names. */
const PAD = 28;
/** From which width of the element there is a list beside the map. */
const BESIDE = 820;
/** Nearest points in the table of all points. */
const IN_TABLE = 8;

/**
 * The space a model thinks in: its tokens or positions as points on the plane on which they are spread out most, with the nearest of a
 * chosen one; or one word in two texts, whose paths through the layers part.
 *
 * @fires {CustomEvent<{ name: string }>} word-pick - a point was pinned
 * @csspart controls - the fields: a word to find, a word in two texts
 * @csspart point - the canvas of all points
 * @csspart label - a point's name
 * @csspart path - the curve of a word's distance
 * @key ← → ↑ ↓ - nearest point in that direction
 * @key / - search
 * @key r - refit
 *
 * @example
 * <nt-embedding-map for="demo"></nt-embedding-map>
 * <nt-embedding-map for="demo" of="words" words="bank|He sat on the bank of the river|She put it in the bank"></nt-embedding-map>
 */
export class EmbeddingMap extends NtElement {
  static override styles = [...NtElement.styles, styles];

  /** What is shown: the model's tokens, its positions, or a word in two texts. */
  @property() of: 'tokens' | 'positions' | 'words' = 'tokens';

  /** Layer of a word's paths whose two points are joined: 0 is the embedding. Default: the last. */
  @property({ type: Number }) layer: number | undefined;

  /** A word and two texts that have it: `word|first text|second text`. */
  @property() words = '';

  /** How many of the nearest are shown. */
  @property({ type: Number }) near = 8;

  /** All points on a plane (`pca`), or the chosen one with its nearest around it (`neighbours`). */
  @property() method: 'pca' | 'neighbours' = 'pca';

  /** Points, to show them without a Run. */
  @property({ attribute: false }) embedding: Embedding | undefined;

  /** A word's two paths, to show them without a Run. */
  @property({ attribute: false }) paths: WordPaths | undefined;

  /** Index of the point that the keys are at. */
  @state() private at = 0;
  @state() private searching: string | undefined;
  @state() private asked = false;

  readonly #words = new Localized<Texts>(this, english, translations);
  readonly #inks = new InksController(this);
  readonly #width = new Width(this);
  readonly #fetched = new Fetched(() => this.requestUpdate());
  #source: Embedding | WordPaths | undefined;
  #shown: Points | undefined;
  #places: Float32Array = new Float32Array();
  #size = { width: 0, height: 0 };
  /** How many points lie further out than they are drawn. */
  #outside = 0;
  #pen: CanvasRenderingContext2D | null = null;
  readonly #widths = new Map<string, number>();

  protected override get keys(): readonly RunKey[] {
    return ['state', 'model', 'tokens', 'selection'];
  }

  protected override textsReady(): Promise<void> {
    return this.#words.ready;
  }

  protected override hasRecords(): boolean {
    return (this.of === 'words' ? this.paths : this.embedding) !== undefined;
  }

  protected override ready(): boolean {
    return this.#shown !== undefined && !this.asked;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (changed.has('of') || changed.has('words')) this.asked = false;
    const words = wordsOf(this.words);
    const { pin } = this.#marked;
    const token = pin === undefined ? undefined : this.#shown?.idOf(pin);
    if (!this.hasRecords()) this.#fetched.look(this.bound.run, { of: this.of, words, token, near: this.near });
    const source =
      this.of === 'words' ? (this.paths ?? this.#fetched.paths) : (this.embedding ?? this.#fetched.embedding);
    if (source !== this.#source) {
      this.#source = source;
      this.#shown = source && new Points(source, this.of);
      this.at = 0;
    }
    if (this.#shown) this.#arrange();
  }

  protected override sentence(): string {
    const { t } = this.#words;
    if (this.#fetched.failure)
      return this.of === 'positions' ? t.noPositions : this.explained(this.#fetched.failure).text;
    if (this.bound.run?.recorded !== undefined && this.state === 'ready') return t.needsModel;
    return this.#fetched.asking ? t.asking : super.sentence();
  }

  protected override empty(): TemplateResult {
    const { run } = this.bound;
    const form = this.of === 'words' && run?.recorded === undefined && run?.model && !this.#fetched.asking;
    if (!form) return super.empty();
    return html`${this.#fetched.failure ? html`<p>${said(this.explained(this.#fetched.failure))}</p>` : nothing}
    ${askWords(this.#words.t, this.words, (words) => {
      if (words === this.words) this.#fetched.refit();
      this.words = words;
      this.asked = false;
    })}`;
  }

  /** Where everything stands at this width. */
  #arrange(): void {
    const { names, words, vectors } = this.#shown!;
    const outer = Math.max(280, this.#width.now);
    const height = Math.min(560, Math.max(280, outer)) - 30 - (words ? 64 : 0);
    const width = outer < BESIDE ? outer - 2 : Math.round(height * (words ? 1.4 : 1));
    this.#size = { width, height };
    const centre = this.#centre();
    ({ places: this.#places, outside: this.#outside } = this.#shown!.fit(width, height, PAD));
    if (this.method === 'neighbours' && !words && centre !== undefined && vectors.length) {
      const near = this.#near(centre);
      const around = aroundOf(
        near.map(({ cosine }) => cosine),
        width,
        height,
        PAD + 12,
      );
      const places = new Float32Array(2 * names.length).fill(-1e4);
      places.set(around.subarray(0, 2), 2 * centre);
      for (const [i, { index }] of near.entries())
        if (index !== undefined) places.set(around.subarray(2 * i + 2, 2 * i + 4), 2 * index);
      this.#places = places;
    }
  }

  /** The point whose nearest are shown: under the pointer, else the pinned one, else (alone in the middle) that of the keys. */
  #centre(): number | undefined {
    const { hover, pin } = this.#marked;
    return pin ?? (this.method === 'neighbours' ? this.at : hover);
  }

  get #tokens(): readonly TokenInfo[] {
    return this.bound.run?.tokens ?? [];
  }

  /** Points that are pointed at and pinned, here or in other pictures. */
  get #marked(): { readonly hover: number | undefined; readonly pin: number | undefined } {
    const { hover, pin } = this.selection;
    return { hover: this.#shown?.indexOf(hover, this.#tokens), pin: this.#shown?.indexOf(pin, this.#tokens) };
  }

  #near(index: number): Beside[] {
    const known = index === this.#marked.pin && !this.embedding ? this.#fetched.neighbours : undefined;
    return this.#shown!.near(index, this.near, known);
  }

  get #layer(): number {
    const last = this.#shown!.steps - 1;
    return Math.max(0, Math.min(last, this.layer ?? last));
  }

  #layerName(i: number): string {
    return i === 0 ? this.#words.t.embed : this.#words.t.layer(i);
  }

  /** What a point is called, with what is told of it. */
  #pointName(index: number): string {
    const { names, words } = this.#shown!;
    const { t } = this.#words;
    if (words) {
      const layer = index % words.layers.length;
      const text = Math.floor(index / words.layers.length) + 1;
      return t.step(this.#layerName(layer), text, fixed(words.distances[layer], 2, this.language));
    }
    const near = this.#near(index).slice(0, 3);
    return t.point(
      named(names[index]),
      near.map(({ name, cosine }) => `${named(name)} ${fixed(cosine, 2, this.language)}`),
    );
  }

  protected override label(): string {
    const { names, dim, words } = this.#shown!;
    const { label } = this.#words.t;
    if (words) {
      const [from, to] = [words.distances[0], words.distances.at(-1)!].map((far) => fixed(far, 2, this.language));
      return label.words(words.word, from, to);
    }
    return label[this.of === 'positions' ? 'positions' : 'tokens'](
      count(names.length, this.language),
      count(dim, this.language),
    );
  }

  protected override how(): string {
    return this.#shown?.words ? this.#words.t.howWords : this.#words.t.how;
  }

  protected override caption(): string {
    const shown = this.#shown;
    if (!shown || !this.ready()) return '';
    const { t } = this.#words;
    const { plane, dim, names, words } = shown;
    const share = t.plane(count(dim, this.language), percent(plane.explained[0] + plane.explained[1], this.language));
    if (words) return `${t.wordCaption(words.word)} ${share}`;
    const centre = this.#centre();
    if (this.method === 'neighbours' && centre !== undefined) return t.around(named(names[centre]));
    const missing = this.#missing();
    const n = t.points[this.of === 'positions' ? 'positions' : 'tokens'](count(names.length, this.language));
    const outside = this.#outside ? t.outside(count(this.#outside, this.language)) : '';
    return [share, missing ? t.missing(count(missing, this.language)) : `${n} ${outside}`].join(' ');
  }

  /** How many tokens of the text are not on the map. */
  #missing(): number {
    if (this.of !== 'tokens' || this.embedding) return 0;
    return new Set(this.#tokens.map(({ id }) => id)).size - this.#shown!.of(this.#tokens).size;
  }

  protected override keyList(): readonly (readonly [string, string])[] {
    return this.#words.t.keyList;
  }

  protected override items(): readonly (readonly [string, () => unknown])[] {
    const { t } = this.#words;
    if (this.#shown?.words) return this.paths ? [] : [[t.others, () => (this.asked = true)]];
    return [
      [t.search, () => this.#search()],
      ...(this.embedding ? [] : [[t.refit, () => this.#fetched.refit()] as const]),
    ];
  }

  protected override numbers(): Table {
    const shown = this.#shown!;
    const { names, plane, words } = shown;
    const { columns } = this.#words.t;
    const three = (x: number) => Number(x.toPrecision(3));
    const xy = (i: number) => [three(plane.points[2 * i]), three(plane.points[2 * i + 1])];
    const caption = this.label();
    if (words) {
      const steps = words.layers.length;
      const rows = words.layers.map((_, i) => [
        this.#layerName(i),
        ...xy(i),
        ...xy(steps + i),
        three(words.distances[i]),
      ]);
      return { caption, columns: columns.words, rows };
    }
    const rows = names.map((name, i) => {
      const near = shown.near(i, IN_TABLE).map((n) => `${named(n.name)} ${n.cosine.toFixed(2)}`);
      return [named(name), ...xy(i), near.join(', ')];
    });
    return { caption, columns: columns.points, rows };
  }

  get #cursor(): HTMLElement | null {
    return this.renderRoot.querySelector('.cursor');
  }

  #search(): void {
    this.searching = '';
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.find input')?.focus());
  }

  #move(index: number): void {
    this.at = index;
    this.point('hover', this.#shown!.placeOf(index));
  }

  #pin(index: number): void {
    this.at = index;
    this.point('pin', this.#shown!.placeOf(index));
    this.emit('word-pick', { name: this.#shown!.names[index] });
  }

  protected override key(event: KeyboardEvent): boolean {
    if (!this.ready() || this.table) return false;
    const inInput = (event.composedPath()[0] as Element).matches('input');
    if (inInput) {
      if (event.key === 'Escape') this.#endSearch();
      else if (event.key === 'Enter') {
        const [first] = this.#shown!.search(this.searching ?? '');
        if (first === undefined) return true;
        this.#endSearch();
        this.#pin(first);
      } else return false;
      return true;
    }
    if (event.key === '/' && !this.#shown!.words) this.#search();
    else if (event.key === 'r' && !this.embedding && !this.#shown!.words) this.#fetched.refit();
    else if (event.composedPath()[0] !== this.#cursor) return false;
    else if (event.key in DIRECTIONS) {
      const next = nextIn(this.#places, this.at, DIRECTIONS[event.key as keyof typeof DIRECTIONS]);
      if (next !== undefined) this.#move(next);
    } else if (event.key === 'Home') this.#move(0);
    else if (event.key === 'End') this.#move(this.#shown!.names.length - 1);
    else if (event.key === 'PageDown') this.#move(Math.min(this.#shown!.names.length - 1, this.at + 10));
    else if (event.key === 'PageUp') this.#move(Math.max(0, this.at - 10));
    else if (event.key === 'Enter' || event.key === ' ') this.#pin(this.at);
    else return false;
    return true;
  }

  #endSearch(): void {
    this.searching = undefined;
    void this.updateComplete.then(() => this.#cursor?.focus({ preventScroll: true }));
  }

  readonly #pointer = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const reach = event.pointerType === 'touch' ? 28 : 16;
    const found = pointAt(this.#places, event.clientX - box.left - 1, event.clientY - box.top - 1, reach);
    if (event.type === 'click') {
      if (found !== undefined) this.#pin(found);
    } else if (event.type === 'pointerleave') this.point('hover');
    else if (found !== this.#marked.hover) this.point('hover', found === undefined ? {} : this.#shown!.placeOf(found));
  };

  protected override picture(): TemplateResult {
    const shown = this.#shown!;
    const { width } = this.#size;
    const { words } = shown;
    const [x, y] = [this.#places[2 * this.at], this.#places[2 * this.at + 1]];
    const centre = words ? undefined : this.#centre();
    const beside = this.#width.now >= BESIDE;
    const { t } = this.#words;
    return html`<div class="both" ${vars({ '--w': `${width + 2}px` })}>
        <div
          class="map ${words ? 'words' : ''}"
          @pointermove=${this.#pointer}
          @pointerleave=${this.#pointer}
          @click=${this.#pointer}
        >
          <canvas part="point" aria-hidden="true"></canvas>
          ${words ? endLabels(this.#model(centre)) : pointLabels(this.#model(centre))}
          <div
            class="cursor"
            role="img"
            tabindex="0"
            aria-label=${this.#pointName(this.at)}
            ${vars({ '--x': `${x}px`, '--y': `${y}px` })}
            @focus=${() => this.#move(this.at)}
          ></div>
          ${this.searching === undefined ? nothing : this.#searchBox()}
        </div>
        ${beside ? this.#side() : nothing}
      </div>
      ${words ? apartCurve(words.distances, this.#layer, width, t, this.language) : nothing}`;
  }

  /** Beside the map: the nearest as a list, or the two texts. */
  #side(): TemplateResult {
    const { words, names } = this.#shown!;
    const { t } = this.#words;
    if (words) return textList(words.texts, t);
    const { hover, pin } = this.#marked;
    const listed = pin ?? hover ?? this.at;
    const known = pin !== undefined && !this.embedding && this.#fetched.neighbours;
    const all = known ? t.ofAll(count(this.bound.run?.model?.vocab ?? 0, this.language)) : '';
    return nearList(names[listed], this.#near(listed), all, t, this.language);
  }

  #model(centre: number | undefined): LabelModel {
    const shown = this.#shown!;
    return {
      points: shown,
      places: this.#places,
      ...this.#size,
      ...this.#marked,
      centre,
      near: centre === undefined ? [] : this.#near(centre),
      texts: shown.of(this.#tokens),
      alone: this.method === 'neighbours',
      widthOf: (text) => this.#text(text),
      layerName: (i) => this.#layerName(i),
      lang: this.language,
      t: this.#words.t,
    };
  }

  #searchBox(): TemplateResult {
    const { t } = this.#words;
    const found = this.#shown!.search(this.searching ?? '').length;
    return html`<div class="find" part="controls">
      <input
        type="search"
        aria-label=${t.searchFor}
        placeholder=${t.searchFor}
        autocomplete="off"
        .value=${this.searching ?? ''}
        @input=${(event: InputEvent) => (this.searching = (event.target as HTMLInputElement).value)}
      />
      <span role="status">${this.searching ? (found ? t.found(count(found, this.language)) : t.noneFound) : ''}</span>
    </div>`;
  }

  protected override updated(): void {
    const canvas = this.renderRoot.querySelector<HTMLCanvasElement>('.map canvas');
    const shown = this.#shown;
    if (!canvas || !shown) return;
    const centre = shown.words ? undefined : this.#centre();
    const near = centre === undefined ? [] : this.#near(centre).flatMap(({ index }) => index ?? []);
    const scene: Scene = {
      ...this.#size,
      places: this.#places,
      texts: shown.of(this.#tokens),
      ...this.#marked,
      from: centre,
      near,
      steps: shown.steps,
      layer: shown.words ? this.#layer : 0,
    };
    draw(canvas, scene, this.#inks.now);
  }

  #text(text: string): number {
    const known = this.#widths.get(text);
    if (known !== undefined) return known;
    this.#pen ??= document.createElement('canvas').getContext('2d');
    if (!this.#pen) return 8 * text.length;
    this.#pen.font = `13px ${getComputedStyle(this).getPropertyValue('--nt-face')}`;
    const width = Math.ceil(this.#pen.measureText(text).width) + 2;
    this.#widths.set(text, width);
    return width;
  }
}
