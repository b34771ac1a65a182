/**
 * START READING HERE: what every element of ours is. It finds its Run, speaks the language of its place, shows a picture in a box of a
 * fixed size with its table, keys, copies and states, and tells what happens by events. A subclass gives the picture and its numbers.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Place, Run, RunKey, RunState, Selection, Want } from '../../run/types.ts';
import { Bound } from './bound.ts';
import { explain, said, type Said } from './explain.ts';
import { Localized, type Translations } from './localized.ts';
import type { ExportFormat } from './picture.ts';
import { base } from './styles.ts';
import { type Table, tableTemplate, tsv } from './table.ts';
import { type CommonTexts, english } from './texts.ts';
import { tokens } from './tokens.ts';

const common: Translations<CommonTexts> = { zh: () => import('./texts.zh.ts') };

/**
 * What all elements share: where the Run comes from, language, colours, states, table, keys and copies.
 *
 * @fires {CustomEvent<{ state: RunState, previous: RunState, why: string }>} state-change - it stands otherwise now
 * @fires {CustomEvent<{ kind: 'hover' | 'pin' | 'clear', position?: number, layer?: number, head?: number, token?: number }>} selection-change - a place was pointed at, pinned or let go
 * @fires {CustomEvent<{ what: string, message: string, hint: string, recoverable: boolean }>} fail - something did not work
 *
 * @slot caption - replaces the line above the picture
 * @slot status - replaces the line below it
 *
 * @csspart frame - all of it
 * @csspart caption - the line above the picture
 * @csspart status - the line below it
 * @csspart table - the numbers
 * @csspart button - each of its buttons
 */
export abstract class NtElement extends LitElement {
  static override styles = [tokens, base];

  /** Id of the `<next-token>` to show, in this root or one around it. */
  @property({ attribute: 'for' }) htmlFor = '';

  /** Address of a recorded run, to show it without a model. */
  @property() src = '';

  /** Colours: `auto` follows the device, `inherit` takes those of the page. */
  @property({ reflect: true }) theme: 'auto' | 'light' | 'dark' | 'inherit' = 'auto';

  /** Shows the numbers instead of the picture. */
  @property({ type: Boolean, reflect: true }) table = false;

  /** The Run to show; default: found as `for`, `src` and the elements around say. */
  @property({ attribute: false }) run: Run | undefined;

  /** Where it stands: `unbound`, `idle`, `poster`, `loading`, `ready`, `running`, `paused`, `recovering` or `failed`. Read only. */
  @property({ reflect: true }) state: RunState = 'unbound';

  @state() protected menu: '' | 'menu' | 'keys' = '';
  @state() private page = 0;
  @state() private printing = false;
  @state() private note: Said | undefined;
  /** The selection while there is no Run. */
  @state() private alone: Selection = { hover: undefined, pin: undefined };

  protected readonly internals = this.attachInternals();
  readonly #common = new Localized<CommonTexts>(this, english, common);
  protected readonly bound = new Bound(this, {
    keys: this.keys,
    wants: () => this.wants(),
    onChange: (keys) => this.runChanged(keys),
    onError: (error) => this.failed(error),
  });
  readonly #print = (event: Event) => {
    this.printing = event.type === 'beforeprint';
    if (this.isUpdatePending) this.performUpdate(); // the page is printed now
  };

  /** Changes of the Run after which it is drawn again. */
  protected get keys(): readonly RunKey[] {
    return ['state', 'model', 'tokens', 'steps', 'peek', 'selection'];
  }

  /** What is asked of the Run while this is visible. */
  protected wants(): readonly Want[] {
    return [];
  }

  /** The picture, when `ready` says that there is one. */
  protected abstract picture(): TemplateResult;

  /** Is there something to show? */
  protected abstract ready(): boolean;

  /** One line above the picture. */
  protected caption(): TemplateResult | string {
    return '';
  }

  /** One sentence with the numbers of now, for those who do not see the picture. */
  protected abstract label(): string;

  /** How to read the picture. */
  protected how(): string {
    return '';
  }

  /** All numbers of the picture. */
  protected abstract numbers(): Table;

  /** What `json` exports; default: the table's rows. */
  protected data(): unknown {
    const { columns, rows } = this.numbers();
    return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
  }

  /** Keys of its own, for the list of `?`. */
  protected keyList(): readonly (readonly [string, string])[] {
    return [];
  }

  /** Entries of its own in the menu, above the table and the copies. */
  protected items(): readonly (readonly [string, () => unknown])[] {
    return [];
  }

  /** Keys of its own; true: handled. */
  protected key(_event: KeyboardEvent): boolean {
    return false;
  }

  /** The shown Run, or something in it, has changed. `undefined`: it is another Run. */
  protected runChanged(keys: ReadonlySet<RunKey> | undefined): void {
    if (!keys || keys.has('state') || keys.has('engine')) this.#reflect();
  }

  protected get texts(): CommonTexts {
    return this.#common.t;
  }

  /** The Run it shows; undefined while there is none. */
  get shown(): Run | undefined {
    return this.bound.run;
  }

  /** Language of this place, for Intl. */
  get language(): string {
    return this.#common.lang;
  }

  #reflect(): void {
    const { run } = this.bound;
    const before = this.state;
    const now = this.standing();
    this.toggleAttribute('recorded', run?.recorded !== undefined);
    const engine = run?.engine?.kind;
    for (const kind of ['gpu', 'cpu'] as const)
      if (kind === engine) this.internals.states.add(kind);
      else this.internals.states.delete(kind);
    // a provider's attribute of that name is what its author wants
    if (!('provides' in this))
      if (engine) this.setAttribute('engine', engine);
      else this.removeAttribute('engine');
    if (now === before) return;
    this.internals.states.delete(before);
    this.internals.states.add(now);
    this.state = now;
    this.emit('state-change', { state: now, previous: before, why: run?.failure?.message ?? '' });
  }

  /** How it stands: with its Run, unless a subclass has a life of its own. */
  protected standing(): RunState {
    return this.bound.run?.state ?? (this.hasRecords() ? 'ready' : 'unbound');
  }

  /** Were records set as properties? Then no Run is needed. */
  protected hasRecords(): boolean {
    return false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('beforeprint', this.#print);
    addEventListener('afterprint', this.#print);
  }

  override disconnectedCallback(): void {
    removeEventListener('beforeprint', this.#print);
    removeEventListener('afterprint', this.#print);
    super.disconnectedCallback();
  }

  /** Waits for the texts of its language before it is first drawn. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await Promise.all([this.#common.ready, this.textsReady()]);
    await super.scheduleUpdate();
  }

  /** Texts of a subclass. */
  protected textsReady(): Promise<void> {
    return Promise.resolve();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('run') || changed.has('src') || changed.has('htmlFor')) this.bound.look();
    this.#reflect();
  }

  /** Dispatches an event of ours; false when a page has vetoed it. */
  protected emit(name: string, detail: unknown = {}, options: CustomEventInit = {}): boolean {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, ...options, detail }));
  }

  protected failed(error: unknown, what: string = this.localName): void {
    const message = error instanceof Error ? error.message : String(error);
    this.note = this.explained(error);
    this.emit('fail', { what, message, hint: this.note.text, recoverable: true });
  }

  /** What went wrong, in the reader's language, with the engine's own words. */
  protected explained(failure: unknown): Said {
    return explain(failure, this.texts.engine);
  }

  /** What is pointed at and pinned: in the Run, or here alone where there is none. */
  protected get selection(): Selection {
    return this.bound.run?.selection ?? this.alone;
  }

  /** Marks a place here and in all other pictures of the Run. */
  protected point(kind: 'hover' | 'pin' | 'clear', place: Place = {}): void {
    if (this.bound.run) this.bound.run.select(kind, place);
    else {
      const { hover, pin } = this.alone;
      const same = JSON.stringify(place) === JSON.stringify(pin); // a second press takes the pin away
      const some = Object.keys(place).length ? place : undefined;
      if (kind === 'clear') this.alone = { hover: undefined, pin: undefined };
      else this.alone = kind === 'hover' ? { hover: some, pin } : { hover, pin: same ? undefined : some };
    }
    this.emit('selection-change', { kind, ...place });
  }

  override render(): TemplateResult {
    const table = this.table && this.ready();
    return html`<div
      part="frame"
      class="frame"
      role="group"
      aria-label=${this.ready() ? this.label() : this.sentence()}
      aria-describedby="how"
      @keydown=${this.#keydown}
    >
      <div class="top">
        <div part="caption" class="caption"><slot name="caption">${this.caption()}</slot></div>
        ${this.#more()}
      </div>
      <div class="body">
        ${table ? this.#table() : this.ready() ? this.picture() : html`<div class="none">${this.empty()}</div>`}
      </div>
      <div part="status" class="status"><slot name="status">${this.status()}</slot></div>
      <p id="how" class="hidden">${this.how()}</p>
      ${this.printing && this.ready() && !table ? html`<div class="printed">${this.#table()}</div>` : nothing}
    </div>`;
  }

  /** A line below the picture. */
  protected status(): TemplateResult | typeof nothing {
    return this.note ? html`<span role="status">${said(this.note)}</span>` : nothing;
  }

  /** What stands in the box while there is nothing to show. */
  protected empty(): TemplateResult {
    const { failure } = this.bound.run ?? {};
    if (this.state === 'failed' && failure) return html`<p>${said(this.explained(failure), failure.cause)}</p>`;
    return html`<p>${this.sentence()}</p>`;
  }

  /** Why there is nothing to show. */
  protected sentence(): string {
    const { unbound, empty, loading, recovering, failed } = this.texts;
    if (this.state === 'unbound') return unbound;
    if (this.state === 'loading') return loading;
    if (this.state === 'recovering') return recovering;
    if (this.state === 'failed') return failed(this.explained(this.bound.run?.failure).text);
    return empty;
  }

  #table(): TemplateResult {
    return html`<div part="table" class="table" tabindex="0">
      ${tableTemplate(this.numbers(), this.page, (page) => (this.page = page), this.texts)}
    </div>`;
  }

  #more() {
    const { texts: t } = this;
    if (!this.ready()) return nothing;
    const item = (text: string, act: () => unknown) =>
      html`<button
        type="button"
        @click=${() => {
          this.menu = '';
          void act();
        }}
      >
        ${text}
      </button>`;
    return html`<button
        part="button"
        type="button"
        class="plain more"
        aria-expanded=${this.menu ? 'true' : 'false'}
        @click=${() => (this.menu = this.menu ? '' : 'menu')}
      >
        ${t.menu}
      </button>
      ${
        this.menu === 'menu'
          ? html`<div class="menu" role="group" aria-label=${t.menu} @focusout=${this.#left}>
              ${this.items().map(([text, act]) => item(text, act))}
              ${item(this.table ? t.picture : t.table, () => (this.table = !this.table))}
              ${item(t.copyTable, () => this.copyTable())}
              ${(['svg', 'png', 'tsv', 'json'] as const).map((format) =>
                item(`${t.save}: ${t.exportAs[format]}`, () => this.save(format)),
              )}
              ${item(`${t.keys} (?)`, () => (this.menu = 'keys'))}
            </div>`
          : this.menu === 'keys'
            ? html`<div class="menu" tabindex="-1" role="note" aria-label=${t.keys}>
                <dl>
                  ${[...this.keyList(), ...t.commonKeys].map(
                    ([key, what]) =>
                      html`<dt>${key}</dt>
                        <dd>${what}</dd>`,
                  )}
                </dl>
                ${item(t.close, () => undefined)}
              </div>`
            : nothing
      }`;
  }

  readonly #left = (event: FocusEvent) => {
    const menu = event.currentTarget as HTMLElement;
    if (event.relatedTarget && !menu.contains(event.relatedTarget as Node)) this.menu = '';
  };

  readonly #keydown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = (event.composedPath()[0] as Element).matches('input, textarea, select');
    const handled =
      this.key(event) ||
      (event.key === 'Escape' && this.#escape()) ||
      (!typing && event.key === 't' && this.ready() && this.#turn()) ||
      (!typing && event.key === '?' && this.#help());
    if (handled) event.preventDefault();
  };

  #escape(): boolean {
    if (this.menu) this.menu = '';
    else this.point('clear');
    return true;
  }

  #turn(): boolean {
    this.table = !this.table;
    return true;
  }

  #help(): boolean {
    this.menu = this.menu === 'keys' ? '' : 'keys';
    return true;
  }

  /** The table as tab-separated values, on the clipboard. */
  async copyTable(): Promise<void> {
    await navigator.clipboard.writeText(tsv(this.numbers())).then(
      () => (this.note = { text: this.texts.copied, original: '' }),
      (error: unknown) => this.failed(error, 'clipboard'),
    );
  }

  /** What it shows as a file: a picture (`svg`, `png`) or numbers (`tsv`, `json`). */
  async export(format: ExportFormat): Promise<Blob> {
    await this.updateComplete;
    if (format === 'tsv') return new Blob([tsv(this.numbers())], { type: 'text/tab-separated-values' });
    if (format === 'json') return new Blob([JSON.stringify(this.data(), undefined, 1)], { type: 'application/json' });
    const body = this.renderRoot.querySelector<HTMLElement>('.body') ?? this;
    return (await import('./picture.ts')).pictureAs(format, body, this.label());
  }

  /** Hands that file to the browser's downloads. */
  async save(format: ExportFormat): Promise<void> {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(await this.export(format));
    link.download = `${this.localName}.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }
}
