import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { LiveRun, Source, SourceFacts } from '../../run/services.ts';
import type { Run, RunKey } from '../../run/types.ts';
import type { ShippedModel } from '../../session/shipped.ts';
import { NtElement } from '../core/element.ts';
import { said } from '../core/explain.ts';
import { bytes, significant } from '../core/format.ts';
import { Localized } from '../core/localized.ts';
import { registry } from '../core/registry.ts';
import type { Table } from '../core/table.ts';
import { type Item, itemTemplate, progressTemplate, progressWords } from './parts.ts';
import { type CachedModel, cachedModels, isAddress, type Way, withoutWeights } from './sources.ts';
import { styles } from './styles.ts';
import { english, type Texts } from './texts.ts';

const zh = () => import('./texts.zh.ts');

const WAYS: readonly Way[] = ['file', 'folder', 'url'];

const isLive = (run: Run | undefined): run is LiveRun => run !== undefined && 'open' in run;

/**
 * Chooses a model: one of those that come with the package, one that this browser keeps, or one's own as files, a folder, an address or a
 * name on the hub. Choosing loads nothing; the button that loads says how much.
 *
 * @fires {CustomEvent<{ source: string | readonly File[] }>} model-pick - Load was pressed; `preventDefault()` leaves the model as it is
 * @fires {CustomEvent<{ entries: readonly CachedModel[] }>} cache-change - what this browser keeps has changed
 * @slot extra - further ways to a model, below the list
 * @csspart list - all models
 * @csspart item - one of them
 * @csspart size - its numbers
 * @csspart bar - how much has arrived
 * @key ↑ ↓ - another model
 * @key Enter - loads it
 * @key Delete - deletes a kept one, after a question
 *
 * @example
 * <next-token id="demo"></next-token>
 * <nt-model-picker for="demo"></nt-model-picker>
 */
export class ModelPicker extends NtElement {
  static override styles = [...NtElement.styles, styles];

  /** What is chosen: a shipped model's name, `file`, `folder`, `url`, or what opens a kept model. */
  @property({ reflect: true }) value = '';
  /** What may be chosen, separated by spaces: `shipped`, `file`, `url`, `hub`, `cache`. */
  @property() allow = 'shipped file url hub cache';
  /** Models that come with the page. Default: those of the package. */
  @property({ attribute: false }) models: readonly ShippedModel[] | undefined;

  @state() private kept: readonly CachedModel[] = [];
  @state() private facts: Readonly<Record<string, SourceFacts>> = {};
  @state() private files: readonly File[] = [];
  @state() private address = '';
  @state() private said = '';
  /** Value of the kept model that is asked about. */
  @state() private asking = '';
  readonly #texts = new Localized<Texts>(this, english, { zh });
  readonly #services = () => this.#looked || void this.#look();
  #looked = false;

  protected override get keys(): readonly RunKey[] {
    return ['state', 'model', 'progress'];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    registry.changes.addEventListener('change', this.#services);
    this.#services();
  }

  override disconnectedCallback(): void {
    registry.changes.removeEventListener('change', this.#services);
    super.disconnectedCallback();
  }

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override hasRecords(): boolean {
    return this.models !== undefined;
  }

  protected override ready(): boolean {
    return registry.services !== undefined || this.hasRecords();
  }

  protected override sentence(): string {
    return this.#texts.t.noEngine;
  }

  #allows(what: string): boolean {
    return this.allow.split(/\s+/).includes(what);
  }

  get #models(): readonly ShippedModel[] {
    return this.#allows('shipped') ? (this.models ?? registry.services?.shipped ?? []) : [];
  }

  /** Looks what this browser keeps, and what is known of the shipped models. */
  async #look(): Promise<void> {
    const { services } = registry;
    if (!services) return;
    this.#looked = true;
    this.requestUpdate();
    const shipped = this.#models;
    const [files, facts] = await Promise.all([
      services.cached().catch(() => []), // a browser that keeps nothing
      Promise.all(shipped.map(async ({ name }) => [name, await services.facts(name)] as const)).catch(() => []),
    ]);
    this.kept = cachedModels(files, services.shipped);
    this.facts = Object.fromEntries(facts);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const values = this.#items().map(({ value }) => value);
    if (values.length && !values.includes(this.value)) this.value = this.#opened() || values[0];
  }

  protected override runChanged(changed: ReadonlySet<RunKey> | undefined): void {
    super.runChanged(changed);
    if (!changed || changed.has('state')) this.value = this.#opened() || this.value; // a page may open one too
  }

  /** The item that is open, or opens, in the bound element. */
  #opened(): string {
    const { run } = this.bound;
    if (!isLive(run) || ['idle', 'poster', 'unbound'].includes(run.state)) return '';
    const { source } = run;
    if (typeof source === 'string') return this.#allValues().includes(source) ? source : 'url';
    return 'training' in source ? '' : 'file';
  }

  #allValues(): string[] {
    return [...this.#models.map(({ name }) => name), ...this.kept.map(({ source }) => source)];
  }

  #standingOf(value: string): Item['state'] {
    const { run } = this.bound;
    if (run && value === this.#opened()) {
      if (run.state === 'loading') return 'loading';
      if (run.state !== 'failed') return 'ready';
    }
    const kept = this.kept.find(({ source }) => source === value);
    return kept ? (kept.whole ? 'kept' : 'part') : 'none';
  }

  #items(): Item[] {
    const { t } = this.#texts;
    const { language } = this;
    const names = new Intl.DisplayNames(language, { type: 'language' });
    const shipped = this.#models.map(({ name, title, language: of, params, bytes: size }): Item => {
      const memory = this.facts[name]?.memory ?? 0;
      const numbers = [names.of(of) ?? of, t.parameters(short(params, language)), bytes(size, language)];
      const about = memory ? [t.memory(bytes(memory, language))] : [];
      const kept = this.kept.find(({ source }) => source === name);
      return { value: name, title, facts: [...numbers, ...about].join(' · '), state: this.#standingOf(name), kept };
    });
    const others = this.#allows('cache') ? this.kept.filter(({ shipped: own }) => own === undefined) : [];
    const cached = others.map((kept): Item => {
      const { source: value, title, bytes: size } = kept;
      return { value, title, facts: bytes(size, language), state: this.#standingOf(value), kept };
    });
    const ways = WAYS.filter((way) =>
      way === 'url' ? this.#allows('url') || this.#allows('hub') : this.#allows('file'),
    );
    const own = ways.map((way): Item => ({
      value: way,
      title: t[way],
      facts: t[`${way}Hint`],
      state: this.#standingOf(way),
      kept: undefined,
    }));
    return [...shipped, ...cached, ...own];
  }

  /** What would be opened now; undefined while something is missing. */
  get #source(): Source | undefined {
    if (this.value === 'file' || this.value === 'folder') return this.files.length ? this.files : undefined;
    return this.value === 'url' ? this.address.trim() || undefined : this.value;
  }

  /** Loads what is chosen. */
  async load(): Promise<void> {
    const { t } = this.#texts;
    const source = this.#source;
    this.said = '';
    if (source === undefined) return;
    if (this.value === 'url' && !isAddress(source as string)) {
      this.said = t.noAddress(this.address.trim());
      return;
    }
    const { run } = this.bound;
    if (!this.emit('model-pick', { source }, { cancelable: true })) return;
    if (!isLive(run)) {
      this.said = t.unbound;
      return;
    }
    await run.open(source);
    await this.#look();
  }

  #take(event: Event): void {
    const files = [...((event.target as HTMLInputElement).files ?? [])];
    if (!files.length) return;
    const bad = withoutWeights(files);
    const name = files.length === 1 ? files[0].name : files[0].webkitRelativePath.split('/')[0] || files[0].name;
    this.said = bad ? this.#texts.t.noWeights(name) : '';
    this.files = bad ? [] : files;
  }

  /** Deletes a kept model, after it was asked about. */
  async #remove({ title, urls }: CachedModel): Promise<void> {
    this.asking = '';
    try {
      for (const url of urls) await registry.services?.clearCache(url);
      this.said = this.#texts.t.removed(title);
      await this.#look();
      this.emit('cache-change', { entries: this.kept });
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('input[type=radio]:checked')?.focus();
    } catch (error) {
      this.failed(error, 'cache');
    }
  }

  async #ask(value: string): Promise<void> {
    this.asking = value;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.confirm button')?.focus();
  }

  protected override key(event: KeyboardEvent): boolean {
    const target = event.composedPath()[0];
    if (event.key === 'Escape' && this.asking) {
      this.asking = '';
      return true;
    }
    if (!(target instanceof HTMLInputElement)) return false;
    if (event.key === 'Enter' && target.type !== 'file') {
      if (this.#standingOf(this.value) !== 'loading') void this.load();
      return true;
    }
    if (target.type !== 'radio') return false;
    const kept = this.#items().find(({ value }) => value === this.value)?.kept;
    if (event.key === 'Delete' && kept) void this.#ask(this.value);
    else if (event.key === 't') this.table = !this.table;
    else return false;
    return true;
  }

  protected override keyList(): readonly (readonly [string, string])[] {
    return this.#texts.t.keys;
  }

  protected override caption(): string {
    return this.#texts.t.caption;
  }

  protected override label(): string {
    const items = this.#items();
    return this.#texts.t.label(items.length, items.find(({ value }) => value === this.value)?.title ?? '');
  }

  protected override how(): string {
    return this.#texts.t.how;
  }

  protected override numbers(): Table {
    const { t } = this.#texts;
    const mega = (n: number | undefined) => (n ? Number((n / 1e6).toFixed(1)) : undefined);
    const known = new Map(this.#models.map((model) => [model.name, model]));
    const rows = this.#items()
      .filter(({ value }) => !WAYS.includes(value as Way))
      .map(({ value, title, state: stands, kept }) => {
        const model = known.get(value);
        const memory = mega(this.facts[value]?.memory);
        return [title, model?.language, model?.params, mega(model?.bytes ?? kept?.bytes), memory, t.state[stands]];
      });
    return { caption: t.table, columns: t.columns, rows };
  }

  protected override picture(): TemplateResult {
    const { t } = this.#texts;
    const items = this.#items();
    return html`<div class="picker">
      <div part="list" class="list" role="radiogroup" aria-label=${t.group}>
        ${items.map((item) =>
          itemTemplate(item, {
            t,
            language: this.language,
            chosen: item.value === this.value,
            asking: item.value === this.asking,
            choose: () => this.#choose(item.value),
            ask: () => void this.#ask(item.value),
            keep: () => (this.asking = ''),
            remove: () => item.kept && void this.#remove(item.kept),
          }),
        )}
        <slot name="extra"></slot>
      </div>
      ${progressTemplate(this.bound.run?.progress, t, this.language)}
      <div class="act">${this.#act(items.find(({ value }) => value === this.value))}</div>
      <p class="said" role="status">${this.#words()}</p>
    </div>`;
  }

  #choose(value: string): void {
    if (this.value === value) return;
    this.value = value;
    this.files = [];
    this.said = '';
  }

  #act(item: Item | undefined) {
    const { t } = this.#texts;
    const { run } = this.bound;
    if (isLive(run) && run.state === 'loading')
      return html`<span class="given">${run.progress ? progressWords(run.progress, t, this.language) : ''}</span
        ><button class="cancel" type="button" @click=${() => run.cancel()}>${t.cancel}</button>`;
    if (!item) return nothing;
    const { value, kept } = item;
    const own = value === 'file' || value === 'folder';
    const model = this.#models.find(({ name }) => name === value);
    const size = own ? this.files.reduce((sum, file) => sum + file.size, 0) : (model?.bytes ?? 0);
    const failed = run?.state === 'failed' && value === this.#opened();
    const word = kept?.whole ? t.loadKept : t.load(size ? bytes(size, this.language) : '');
    return html`${own ? this.#chooser(value) : nothing}
      ${
        value === 'url'
          ? html`<input
              type="text"
              aria-label=${t.address}
              placeholder="owner/name"
              spellcheck="false"
              autocapitalize="off"
              .value=${live(this.address)}
              @input=${(event: Event) => (this.address = (event.target as HTMLInputElement).value)}
            />`
          : nothing
      }
      <button
        class="main load"
        type="button"
        ?disabled=${this.#source === undefined || item.state === 'ready'}
        @click=${() => this.load()}
      >
        ${failed ? t.again : word}
      </button>`;
  }

  #chooser(way: 'file' | 'folder') {
    const { t } = this.#texts;
    return html`<label class="button"
        >${way === 'file' ? t.chooseFile : t.chooseFolder}<input
          class="hidden"
          type="file"
          multiple
          .webkitdirectory=${way === 'folder'}
          @change=${(event: Event) => this.#take(event)}
      /></label>
      <span class="given" translate="no">${this.files.map(({ name }) => name).join(', ')}</span>`;
  }

  /** What went wrong, with what it went wrong about; or how far the loading is. */
  #words() {
    const { run } = this.bound;
    if (this.said) return this.said;
    if (run?.state !== 'failed' || !run.failure) return nothing;
    return said(this.explained(run.failure), run.failure.cause);
  }
}

/** `1.9 M` */
const short = (n: number, language: string): string =>
  n >= 1e6 ? `${significant(n / 1e6, language)} M` : `${significant(n / 1e3, language)} k`;
