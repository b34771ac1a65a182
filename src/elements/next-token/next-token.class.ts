/**
 * `<next-token>`: the line and the wheel. It opens a model, shows a recording until it answers, sets token after token, and is the
 * provider that other elements show the Run of. Over 300 lines, because it is the one tag that does all this; templates, geometry and
 * styles are in files of their own.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { RunKey, Run, Step, Want } from '../../run/types.ts';
import { runContext } from '../core/bound.ts';
import { NtElement } from '../core/element.ts';
import { count } from '../core/format.ts';
import { Localized } from '../core/localized.ts';
import { announce, registry } from '../core/registry.ts';
import { block } from '../core/styles.ts';
import type { Table } from '../core/table.ts';
import { named } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { type Acts, controls, message, notice, type Scene, standing, waiting } from './frame.ts';
import { Motion } from './motion.ts';
import { Opening } from './opening.ts';
import { settingsTemplate } from './settings.ts';
import { styles } from './styles.ts';
import { Telling } from './telling.ts';
import { english, type NextTokenTexts } from './texts.ts';
import { faceOf, hatchedRows, lineTemplate, rowsTemplate, sentenceOf } from './views.ts';
import { ABOVE, listOf, ROWS, scaleOf, type WheelRow, wheelOf } from './wheel.ts';

/** Container width from which the wheel turns. */
const WIDE = 860;
/**
 * The line and the wheel: a text, and what a small GPT in this page would set next. Blue is what you wrote or chose, black what the model
 * computes, red what was drawn. Put other elements inside, or name it in their `for`.
 *
 * @tag next-token
 *
 * @fires {CustomEvent<{ step: Step, draw: Draw }>} token - a token was set
 * @fires {CustomEvent<{ step: Step }>} predict - what would come next is known
 * @fires {CustomEvent<{ loaded: number, total: number, phase: string }>} model-progress - bytes of the model have come (does not bubble)
 * @fires {CustomEvent<{ model: ModelReport, engine: EngineReport, fromCache: boolean }>} model-ready - the model answers
 * @fires {CustomEvent<{ reason: string, tokens: number, seconds: number }>} run-end - a run has ended
 * @fires {CustomEvent<{ engine: string, from: string, why: string }>} engine-change - another engine computes now
 * @fires {CustomEvent<{ reason: string, position: number }>} device-lost - the GPU was lost; the run waits
 * @fires {CustomEvent<{ seconds: number }>} device-recovered - another device goes on with the same tokens
 * @fires {CustomEvent<{ token: number, position: number }>} candidate-pick - a candidate was pressed; `preventDefault()` keeps the text
 * @fires {Event} input - the text has changed
 * @fires {Event} change - a run has ended, or the text field was left
 * @fires {CustomEvent<{ what: string, message: string, hint: string, recoverable: boolean }>} fail - something did not work
 *
 * @slot - elements that show this Run
 * @slot caption - replaces the sentence above the line
 * @slot controls - replaces the buttons
 * @slot status - replaces the line at the foot
 * @slot after - stands below
 * @slot poster - the page's own first picture: it stays until there is one to take its place
 *
 * @csspart frame - all of it
 * @csspart caption - the sentence above
 * @csspart line - the text
 * @csspart token - a block of type
 * @csspart slot - where the next token goes
 * @csspart wheel - what could come next
 * @csspart row - a candidate
 * @csspart bar - its probability
 * @csspart rail - the line under the text; it fills while the model loads
 * @csspart prompt - the text field
 * @csspart controls - the buttons
 * @csspart settings - temperature, top-k, top-p and seed
 * @csspart status - the line at the foot
 * @csspart why - why this engine, where that may surprise
 *
 * @cssprop --nt-size - size of the line; default: 27 to 56 px by width
 * @cssprop --nt-inset - space at the sides of a wide one; default: 14px
 *
 * @key ArrowLeft, ArrowRight - walk along the text
 * @key ArrowUp, ArrowDown - walk along the candidates
 * @key Enter - takes the candidate
 * @key Backspace - one token back
 * @key Ctrl+Enter - runs, in the text field
 *
 * @example
 * <next-token prompt="It was a"></next-token>
 */
export class NextToken extends NtElement {
  static readonly formAssociated = true;
  static override styles = [...NtElement.styles, block, styles];

  /** A shipped model's name, the address of a folder of files, or `owner/name` on the hub. Default: by language. */
  @property() model = '';

  /** What the text begins with. Default: the model's own beginning. */
  @property() prompt = '';

  /** 0 always takes the most probable token; 1 draws from the model's own distribution. */
  @property({ type: Number }) temperature = 0.8;

  /** How many of the most probable tokens stay; 0: all. */
  @property({ type: Number, attribute: 'top-k' }) topK = 40;

  /** Share of the probability that stays. */
  @property({ type: Number, attribute: 'top-p' }) topP = 0.95;

  /** Where the random numbers begin: the same seed gives the same text. */
  @property({ type: Number }) seed = 1;

  /** Most tokens of a run. */
  @property({ type: Number, attribute: 'max-tokens' }) maxTokens = 120;

  /** How many candidates are shown. */
  @property({ type: Number }) candidates = 8;

  /** Tokens per second while it runs, or `free`. */
  @property() pace: number | string = 8;

  /** `gpu`, `cpu`, or whichever is faster here. */
  @property({ attribute: 'engine' }) wantedEngine: 'auto' | 'gpu' | 'cpu' = 'auto';

  /** `wheel`: line and candidates; `text`: the text alone; `none`: only what is inside. */
  @property({ reflect: true }) view: 'wheel' | 'text' | 'none' = 'wheel';

  /** Runs as soon as the model is there. */
  @property({ type: Boolean }) autoplay = false;

  /** `lazy`: starts when it is nearly in view; `eager`: at once. */
  @property() loading: 'lazy' | 'eager' = 'lazy';

  /** `auto`: loads by itself what is small or cached; `interaction`: waits for a press, and asks an address nothing before. */
  @property() reveal: 'auto' | 'interaction' = 'auto';

  /** Bytes up to which `reveal="auto"` loads. */
  @property({ type: Number, attribute: 'auto-limit' }) autoLimit = 8_000_000;

  /** Address of a recorded run to show before the model is there. Default: the shipped model's. */
  @property() record = '';

  /** Name in a form: the value is the whole text. */
  @property({ reflect: true }) name = '';

  /** In a form: there must be some text. */
  @property({ type: Boolean, reflect: true }) required = false;

  /** Nothing can be pressed or typed. */
  @property({ type: Boolean, reflect: true }) disabled = false;

  /** The text cannot be edited. */
  @property({ type: Boolean, reflect: true }) readonly = false;

  /** It shows its own Run. */
  readonly provides = true;

  @query('textarea') private readonly field!: HTMLTextAreaElement | null;
  @state() private wide = false;
  @state() private settings = false;
  @state() private preview: WheelRow | undefined;
  @state() private cursor = 0;
  /** Step that is looked at; undefined: the newest. */
  @state() private at: number | undefined;

  readonly #texts = new Localized<NextTokenTexts>(this, english, { zh: () => import('./texts.zh.ts') });
  readonly #motion = new Motion(this);
  readonly #opening = new Opening(this, (error) => this.failed(error, 'record'));
  readonly #telling = new Telling(
    (name, detail, options) => this.emit(name, detail, options),
    () => this.texts.engine,
  );
  #resize: ResizeObserver | undefined;

  private get t(): NextTokenTexts {
    return this.#texts.t;
  }

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override get keys(): readonly RunKey[] {
    return [
      'state',
      'model',
      'engine',
      'progress',
      'prompt',
      'tokens',
      'steps',
      'peek',
      'selection',
      'sampling',
      'verification',
      'announcement',
    ];
  }

  protected override wants(): readonly Want[] {
    return this.view === 'none' ? [] : ['score', 'draw'];
  }

  /** Its `id` is what others look for. */
  static override get observedAttributes(): string[] {
    return [...super.observedAttributes, 'id'];
  }

  override attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    super.attributeChangedCallback(name, before, now);
    if (name === 'id') announce();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    registry.providers.add(this);
    this.addEventListener('context-request', this.#provide);
    this.addEventListener('focusin', this.#focus);
    this.addEventListener('focusout', this.#focus);
    this.#resize ??= new ResizeObserver(([entry]) => {
      this.wide = entry.contentRect.width >= WIDE;
      this.#motion.place(this.wide, false);
    });
    this.#resize.observe(this);
    void document.fonts.ready.then(() => this.#motion.place(this.wide, false));
    announce();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    registry.providers.delete(this);
    this.removeEventListener('context-request', this.#provide);
    this.#resize?.disconnect();
    announce();
  }

  readonly #provide = (event: Event) => {
    const request = event as Event & { context: unknown; contextTarget?: Element; callback: (run: Run) => void };
    if (request.context !== runContext || event.composedPath()[0] === this || !this.shown) return;
    event.stopImmediatePropagation();
    request.callback(this.shown);
  };

  get #pace(): number | undefined {
    const n = Number(this.pace);
    return this.pace === 'free' || !(n > 0) ? undefined : n;
  }

  /** Loads the model, whatever its size. */
  load(): Promise<void> {
    return this.#opening.load();
  }

  /** Ends loading within 100 ms. */
  cancel(): void {
    this.#opening.live?.cancel();
  }

  protected override runChanged(keys: ReadonlySet<RunKey> | undefined): void {
    super.runChanged(keys);
    const { shown } = this;
    if (!keys) {
      this.#telling.begin(shown);
      announce();
    }
    if (!keys || keys.has('prompt') || keys.has('steps')) this.#changed(shown);
    if (keys && shown && this.#telling.tell(keys, shown)) this.#commit();
  }

  /** The text is another one: forms and the pointer of the keyboard follow. */
  #changed(shown: Run | undefined): void {
    this.at = undefined;
    const kept = { prompt: shown?.prompt, seed: this.seed, tokens: shown?.steps.map((step) => step.token) };
    this.internals.setFormValue(this.value, JSON.stringify(kept));
    this.#validate();
    if (shown && !shown.recorded) this.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
  }

  /** The whole text: prompt and what followed. */
  get value(): string {
    const { shown } = this;
    return shown ? shown.prompt + shown.steps.map((step) => step.text).join('') : this.prompt;
  }

  set value(text: string) {
    this.#edit(text);
  }

  /** The tokens after the prompt, and how each was drawn. */
  get steps(): readonly Step[] {
    return this.shown?.steps ?? [];
  }

  /** Roads taken and left, from the prompt on. */
  get tree(): Run['tree'] | undefined {
    return this.shown?.tree;
  }

  /** The text is what it will be for a while. */
  #commit(): void {
    this.dispatchEvent(new Event('change', { bubbles: true, composed: true }));
  }

  #validate(): void {
    const missing = this.required && this.value.trim() === '';
    this.internals.setValidity(
      missing ? { valueMissing: true } : {},
      missing ? this.t.prompt : '',
      this.field ?? undefined,
    );
  }

  formResetCallback(): void {
    this.#edit(this.getAttribute('prompt') ?? '');
    this.shown?.reset();
  }

  formDisabledCallback(disabled: boolean): void {
    this.disabled = disabled;
  }

  formStateRestoreCallback(kept: string): void {
    try {
      const { prompt, seed, tokens } = JSON.parse(kept) as { prompt?: unknown; seed?: unknown; tokens?: unknown };
      if (typeof seed === 'number') this.seed = seed;
      if (typeof prompt !== 'string') return;
      this.prompt = prompt;
      this.#opening.restore(prompt, Array.isArray(tokens) ? tokens.filter(Number.isInteger) : []);
    } catch {
      // kept by another version
    }
  }

  #edit(text: string): void {
    this.prompt = text;
    this.#opening.edit(text);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const { live } = this.#opening;
    if (!live || !this.hasUpdated) return;
    if (changed.has('model') && this.model) void live.open(this.model);
    else if (changed.has('wantedEngine')) void live.open(undefined, this.wantedEngine);
    if (changed.has('prompt') && this.prompt && live.prompt !== this.prompt) this.#edit(this.prompt);
    this.#opening.settle(this.#pace);
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (this.view === 'wheel') this.#motion.place(this.wide, this.#single, this.#index ?? this.steps.length);
    this.#single = false;
    // what had the focus may be gone: it stays in here
    const lost = this.#focused && document.activeElement === document.body;
    if (lost) this.renderRoot.querySelector<HTMLElement>('button:not([disabled])')?.focus();
  }

  #focused = false;
  readonly #focus = (event: FocusEvent) => (this.#focused = event.type === 'focusin');

  /** The last change was one person's step: it may be shown as a movement. */
  #single = false;

  protected override ready(): boolean {
    return this.shown !== undefined;
  }

  protected override label(): string {
    return this.t.group(this.value);
  }

  protected override how(): string {
    return this.t.how;
  }

  protected override keyList(): readonly (readonly [string, string])[] {
    return this.t.keys;
  }

  protected override caption(): TemplateResult | string {
    const vocab = this.shown?.model?.vocab;
    return vocab ? this.t.caption(count(vocab, this.language)) : '';
  }

  protected override numbers(): Table {
    const { t } = this;
    const tokens = this.shown?.tokens ?? [];
    const from = tokens.length - this.steps.length;
    const rows = tokens.map((token, i) => {
      const step = this.steps[i - from] as Step | undefined;
      const p = step?.probability ?? (token.bits === undefined ? undefined : 2 ** -token.bits);
      return [
        i,
        named(token.text),
        token.id,
        p?.toPrecision(3),
        token.bits?.toFixed(2),
        step?.rank,
        step?.draw?.u.toFixed(4),
        t.by[token.by ?? 'draw'],
      ];
    });
    return { caption: this.value, columns: t.columns, rows };
  }

  /** The page's own first picture stays until there is one to take its place. */
  get #still(): boolean {
    const { shown } = this;
    const { edited, deciding } = this.#opening;
    if (edited || shown?.state === 'failed' || shown?.state === 'ready') return false;
    if (shown?.peek && !(deciding && shown.state === 'poster')) return false;
    return [...this.children].some(({ slot }) => slot === 'poster');
  }

  /** Index of the step that is looked at: one that was walked to, or while it runs the last one set; undefined: what comes next. */
  get #index(): number | undefined {
    const n = this.steps.length;
    return this.at ?? (this.state === 'running' && !this.shown?.peek && n > 0 ? n - 1 : undefined);
  }

  /** The step that the wheel shows: what comes next, or what came at the place that is looked at. */
  get #step(): Step | undefined {
    return this.#index === undefined ? this.shown?.peek : this.steps[this.#index];
  }

  override render(): TemplateResult {
    if (this.view === 'none') return html`<slot></slot>${this.#announcer()}`;
    if (this.#still) return html`<slot name="poster"></slot>`;
    return this.table ? super.render() : this.picture();
  }

  protected override picture(): TemplateResult {
    const { shown, t } = this;
    return html`<div
        part="frame"
        class="stage"
        role="group"
        aria-label=${this.label()}
        aria-describedby="how"
        @keydown=${this.#keys}
      >
        ${this.wide ? html`<div part="caption" class="caption"><slot name="caption">${this.caption()}</slot></div>` : nothing}
        ${this.view === 'text' ? html`<p part="line" translate="no">${this.value}</p>` : this.#line(shown)}
        <div part="rail" class="rail"><i ${vars({ '--part': this.#part(shown) })}></i></div>
        ${this.view === 'text' ? nothing : this.settings && !this.wide ? this.#settings() : this.#list(shown)}
        <div part="controls"><slot name="controls">${controls(this.#scene, this.#acts)}</slot></div>
        ${this.wide ? this.#settings() : nothing}
        <div part="status" class="foot-line"><slot name="status">${standing(this.#scene)}</slot></div>
        ${notice(this.#scene)}
        <p id="how" class="hidden">${t.how}</p>
        ${this.#announcer()}
      </div>
      <slot name="after"></slot><slot></slot>`;
  }

  /** The one live region of the Run. */
  #announcer() {
    return html`<p class="hidden" aria-live="polite">${this.shown?.announcement ?? ''}</p>`;
  }

  #part(shown: Run | undefined): number {
    const { progress } = shown ?? {};
    return progress && progress.total > 0 ? progress.loaded / progress.total : 0;
  }

  #line(shown: Run | undefined) {
    const { t } = this;
    const tokens = shown?.tokens ?? [];
    const index = this.#index;
    const end = index === undefined ? tokens.length : tokens.length - this.steps.length + index;
    const step = this.#step;
    const face = this.preview
      ? faceOf(this.preview.candidate.text, [])
      : step
        ? faceOf(step.label, step.bytes)
        : undefined;
    const yours = this.preview !== undefined || step?.by === 'you';
    const waiting = shown?.state === 'recovering' || shown?.state === 'loading';
    const { hover, pin } = shown?.selection ?? {};
    return html`<div part="line" class="linebox" @click=${() => this.#type()}>
      <div class="fade">
        <div class="run" aria-hidden="true">
          ${tokens.length ? lineTemplate(tokens.slice(0, end), (hover ?? pin)?.position) : html`<span class="token by-prompt">${shown?.prompt ?? this.prompt}</span>`}
        </div>
      </div>
      <span
        part="slot"
        class=${`slot ${yours ? 'you' : ''} ${waiting ? 'waiting' : ''} ${(face?.face.length ?? 0) > 7 ? 'small' : ''}`}
        aria-hidden="true"
        translate="no"
        >${face?.face ?? ''}</span
      >
      <textarea
        part="prompt"
        aria-label=${t.prompt}
        tabindex=${this.readonly ? -1 : 0}
        ?disabled=${this.disabled}
        ?readonly=${this.readonly}
        spellcheck="false"
        .value=${this.value}
        @input=${(event: Event) => this.#edit((event.target as HTMLTextAreaElement).value)}
        @change=${() => this.#commit()}
        @keydown=${this.#typed}
        @click=${(event: Event) => event.stopPropagation()}
      ></textarea>
    </div>`;
  }

  #type(): void {
    if (!this.readonly && !this.disabled) this.field?.focus();
  }

  readonly #typed = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#run();
    } else if (event.key === 'Escape') {
      this.shown?.stop();
      this.renderRoot.querySelector<HTMLElement>('[part~="step"], [part~="run"]')?.focus();
    }
    event.stopPropagation();
  };

  #lastStep: Step | undefined;

  #list(shown: Run | undefined) {
    const { t, language: lang } = this;
    const failure = shown?.state === 'failed' ? shown.failure : undefined;
    if (failure || shown?.state === 'recovering' || !shown)
      return html`<div part="wheel" class="list">${message(this.#scene)}</div>`;
    // until the next ones are known, the last ones stay, so that the focus has a place
    const step = this.#step ?? (shown.state === 'ready' || shown.state === 'running' ? this.#lastStep : undefined);
    const stale = step !== this.#step;
    if (step !== this.#lastStep) this.preview = undefined; // of another list
    this.#lastStep = step;
    const limit = this.wide ? this.candidates : Math.min(this.candidates, this.#narrowRows());
    if (!step)
      return html`<div part="wheel" class="list">
        <ul class="wheel" aria-label=${t.list} aria-busy="true">
          ${hatchedRows(this.wide ? Math.min(limit, ROWS - ABOVE - 2) : limit, ABOVE + 1)}
        </ul>
        <p class="sentence">${waiting(this.#scene)}</p>
      </div>`;
    const wheel = wheelOf(step, limit);
    const rows = this.wide ? wheel.rows : listOf(step, limit);
    const scale = this.wide
      ? wheel.scale
      : scaleOf(Math.max(...rows.map((r) => Math.max(r.candidate.probability, r.final ?? 0))));
    const share = rows.reduce((sum, r) => sum + r.candidate.probability, 0);
    return html`<div part="wheel" class="list">
      <ol class="wheel" role="listbox" aria-label=${t.list}>
        ${rowsTemplate(rows, {
          t,
          lang,
          scale,
          by: step.by,
          cursor: Math.min(this.cursor, rows.length - 1),
          pick: (token) => void (stale || this.#pick(token, step.position)),
          preview: (row) => (this.preview = row && !row.drawn ? row : undefined),
        })}
        ${
          this.wide && wheel.skipped > 0
            ? html`<li class="row" role="presentation" ${vars({ '--at': ABOVE - 1 })}>
                <span class="skipped">${t.more(count(wheel.skipped, lang))}</span>
              </li>`
            : nothing
        }
      </ol>
      <p class="sentence">
        ${sentenceOf(share, rows.length, shown.model?.vocab ?? 0, scale, step.draw !== undefined, t, lang)}
      </p>
    </div>`;
  }

  /** Rows of the list that the box has room for. */
  #narrowRows(): number {
    return this.clientWidth < 480 ? 6 : 8;
  }

  #settings() {
    return settingsTemplate(this.t, this.shown?.sampling ?? this, this.language, this.disabled, (change) => {
      Object.assign(this, change);
    });
  }

  get #scene(): Scene {
    const { t, texts, language: lang, shown: run, disabled, at, settings, wide } = this;
    const { live, size, title } = this.#opening;
    return { t, words: texts.engine, lang, run, live: live !== undefined, title, size, disabled, at, settings, wide };
  }

  readonly #acts: Acts = {
    next: () => this.#next(),
    run: () => this.#run(),
    stop: () => this.shown?.stop(),
    load: () => this.load(),
    cancel: () => this.cancel(),
    slower: () => (this.pace = Math.max(1, (this.#pace ?? 32) / 2)),
    faster: () => (this.pace = (this.#pace ?? 16) >= 32 ? 'free' : 2 * (this.#pace ?? 16)),
    settings: () => (this.settings = !this.settings),
  };

  async #next(): Promise<void> {
    this.at = undefined;
    this.#single = true;
    await this.shown?.step();
  }

  #run(): void {
    const { shown } = this;
    this.at = undefined;
    if (shown?.state === 'running') shown.stop();
    else void shown?.run(this.maxTokens);
  }

  /** A person's choice; a page may veto it. */
  async #pick(token: number, position: number): Promise<void> {
    if (!this.emit('candidate-pick', { token, position }, { cancelable: true })) return;
    this.at = undefined;
    this.preview = undefined;
    try {
      await this.shown?.pick(token, position);
    } catch (error) {
      this.failed(error, 'pick');
    }
  }

  readonly #keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.composedPath()[0] as HTMLElement;
    if (target.matches('input, textarea')) return;
    if (this.key(event)) event.preventDefault();
    else if (event.key === 't') this.table = !this.table;
    else if (event.key === 'Escape') {
      this.at = undefined;
      this.point('clear');
    }
  };

  protected override key(event: KeyboardEvent): boolean {
    const { shown } = this;
    const rows = [...this.renderRoot.querySelectorAll<HTMLElement>('[role="option"]')];
    const n = this.steps.length;
    const focus = (i: number) => {
      this.cursor = Math.max(0, Math.min(rows.length - 1, i));
      rows[this.cursor]?.focus();
      return true;
    };
    switch (event.key) {
      case 'ArrowDown':
        return focus(this.cursor + 1);
      case 'ArrowUp':
        return focus(this.cursor - 1);
      case 'ArrowLeft':
        this.at = Math.max(0, (this.at ?? n) - 1);
        if (n === 0) this.at = undefined;
        return true;
      case 'ArrowRight':
        this.at = this.at === undefined || this.at + 1 >= n ? undefined : this.at + 1;
        return true;
      case 'Home':
        this.at = n ? 0 : undefined;
        return true;
      case 'End':
        this.at = undefined;
        return true;
      case 'Backspace':
        void shown
          ?.goTo(this.steps.slice(0, -1).map((step) => step.token))
          .catch((error: unknown) => this.failed(error, 'back'));
        return true;
      case 'Enter': {
        const row = rows.indexOf(
          this.renderRoot instanceof ShadowRoot ? (this.renderRoot.activeElement as HTMLElement) : rows[0],
        );
        if (row >= 0) rows[row].click();
        return row >= 0;
      }
      default:
        return false;
    }
  }
}
