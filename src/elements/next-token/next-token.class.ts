/**
 * `<next-token>`: the line and the wheel. It opens a model, shows a recording until it answers, sets token after token, and is the
 * provider that other elements show the Run of. Over 300 lines, because it is the one tag that does all this; templates, geometry and
 * styles are in files of their own.
 */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { LiveRun, Services } from '../../run/services.ts';
import type { RunKey, Run, Step, Want } from '../../run/types.ts';
import { runContext } from '../core/bound.ts';
import { NtElement } from '../core/element.ts';
import { bytes, count, day, percent, significant } from '../core/format.ts';
import { icon } from '../core/icon.ts';
import { run as runIcon, step as stepIcon, stop as stopIcon } from '../core/icons.gen.ts';
import { Localized } from '../core/localized.ts';
import { announce, registry } from '../core/registry.ts';
import { block } from '../core/styles.ts';
import type { Table } from '../core/table.ts';
import { named } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { Motion } from './motion.ts';
import { settingsTemplate } from './settings.ts';
import { styles } from './styles.ts';
import { english, type NextTokenTexts } from './texts.ts';
import { faceOf, hatchedRows, lineTemplate, rowsTemplate, sentenceOf } from './views.ts';
import { ABOVE, listOf, ROWS, scaleOf, type WheelRow, wheelOf } from './wheel.ts';

/** Container width from which the wheel turns. */
const WIDE = 860;
/** More candidates than are shown: rows below the drawn one need them. */
const MORE = 8;

interface NavigatorData {
  readonly connection?: { readonly saveData?: boolean };
}

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
  @property() pace: number | 'free' | string = 8;

  /** `gpu`, `cpu`, or whichever is faster here. */
  @property({ attribute: 'engine' }) wantedEngine: 'auto' | 'gpu' | 'cpu' = 'auto';

  /** `wheel`: line and candidates; `text`: the text alone; `none`: only what is inside. */
  @property({ reflect: true }) view: 'wheel' | 'text' | 'none' = 'wheel';

  /** Runs as soon as the model is there. */
  @property({ type: Boolean }) autoplay = false;

  /** `lazy`: starts when it is nearly in view; `eager`: at once. */
  @property() loading: 'lazy' | 'eager' = 'lazy';

  /** `auto`: loads by itself what is small or cached; `interaction`: waits for a press. */
  @property() reveal: 'auto' | 'interaction' = 'auto';

  /** Bytes up to which `reveal="auto"` loads. */
  @property({ type: Number, attribute: 'auto-limit' }) autoLimit = 8_000_000;

  /** Address of a recorded run to show before the model is there. Default: the shipped model's. */
  @property() record = '';

  /** Name in a form: the value is the whole text. */
  @property({ reflect: true }) name = '';

  /** In a form: there must be some text. */
  @property({ type: Boolean, reflect: true }) required = false;

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
  @state() private size = 0;

  readonly #texts = new Localized<NextTokenTexts>(this, english, { zh: () => import('./texts.zh.ts') });
  readonly #motion = new Motion(this);
  #live: LiveRun | undefined;
  #near: IntersectionObserver | undefined;
  #resize: ResizeObserver | undefined;
  #asked = false;
  #edited = false;

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

  override connectedCallback(): void {
    super.connectedCallback();
    registry.providers.add(this);
    registry.changes.addEventListener('change', this.#begin);
    this.addEventListener('context-request', this.#provide);
    this.#resize ??= new ResizeObserver(([entry]) => {
      this.wide = entry.contentRect.width >= WIDE;
      this.#motion.place(this.wide, false);
    });
    this.#resize.observe(this);
    this.#near ??= new IntersectionObserver(([entry]) => this.#seen(entry.isIntersecting), { rootMargin: '25%' });
    this.#near.observe(this);
    this.addEventListener('focusin', this.#attend);
    this.addEventListener('focusout', this.#attend);
    void document.fonts.ready.then(() => this.#motion.place(this.wide, false));
    announce();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    registry.providers.delete(this);
    registry.changes.removeEventListener('change', this.#begin);
    this.removeEventListener('context-request', this.#provide);
    this.#resize?.disconnect();
    this.#near?.disconnect();
    announce();
    queueMicrotask(() => {
      if (!this.isConnected) this.#close(); // else it was only moved
    });
  }

  #close(): void {
    this.#live?.close();
    if (this.run === this.#live) this.run = undefined;
    this.#live = undefined;
    this.#asked = false;
  }

  readonly #provide = (event: Event) => {
    const request = event as Event & { context: unknown; contextTarget?: Element; callback: (run: Run) => void };
    if (request.context !== runContext || event.composedPath()[0] === this || !this.shown) return;
    event.stopImmediatePropagation();
    request.callback(this.shown);
  };

  /** A Run of its own, once there are services and a language. */
  readonly #begin = () => {
    const { services } = registry;
    if (!services || this.#live || this.run || this.src || !this.isConnected || !this.hasUpdated) return;
    const source = this.#source(services);
    const shipped = services.shipped.find(({ name }) => name === source);
    const live = services.live({
      source,
      engine: this.wantedEngine,
      prompt: this.prompt || (shipped?.prompt ?? ''),
      candidates: this.candidates + MORE,
    });
    this.#live = live;
    this.run = live;
    this.#settle();
    void this.#poster(services, live);
    void services.facts(source).then(
      ({ bytes: size }) => (this.size = size),
      () => undefined,
    );
    if (this.loading === 'eager') void this.#reveal();
    else if (this.bound.visible) void this.#reveal();
    announce();
  };

  #source(services: Services): string {
    if (this.model) return this.model;
    const language = this.language.split('-')[0];
    return (services.shipped.find((m) => m.language.startsWith(language)) ?? services.shipped[0]).name;
  }

  /** Settings of the attributes go to the Run. */
  #settle(): void {
    const live = this.#live;
    if (!live) return;
    live.maxTokens = this.maxTokens;
    live.pace = this.#pace;
    const { temperature, topK, topP, seed } = this;
    const now = live.sampling;
    if (now.temperature !== temperature || now.topK !== topK || now.topP !== topP || now.seed !== seed)
      live.setSampling({ temperature, topK, topP, seed });
  }

  get #pace(): number | undefined {
    const n = Number(this.pace);
    return this.pace === 'free' || !(n > 0) ? undefined : n;
  }

  /** A recording that begins with the same text and settings is shown until the model is there. */
  async #poster(services: Services, live: LiveRun): Promise<void> {
    try {
      const recorded = this.record
        ? ((await services.recorded(new URL(this.record, document.baseURI).href)) as Run & { file: unknown }).file
        : await services.poster(this.#source(services));
      const file = recorded as Awaited<ReturnType<Services['poster']>>;
      if (!file || live !== this.#live || live.state === 'ready' || this.#edited) return;
      const { temperature, topK, topP, seed } = file.sampling;
      const same = temperature === this.temperature && topK === this.topK && topP === this.topP && seed === this.seed;
      if (same && (this.prompt === '' || this.prompt === file.prompt)) live.poster(file);
    } catch (error) {
      if (this.record) this.failed(error, 'record');
    }
  }

  #seen(near: boolean): void {
    this.#attend();
    if (near && this.#live) void this.#reveal();
  }

  readonly #attend = () => {
    const focused = this.matches(':focus-within');
    this.#live?.attend(focused ? 'focused' : this.bound.visible || this.view === 'none' ? 'visible' : 'hidden');
  };

  /** Loads by itself what a visitor would not mind. */
  async #reveal(): Promise<void> {
    const { services } = registry;
    if (this.#asked || !services || !this.#live) return;
    this.#asked = true;
    if (this.reveal === 'interaction') return;
    const facts = await services.facts(this.#source(services)).catch(() => ({ bytes: 0, cached: false }));
    const saving = (navigator as NavigatorData).connection?.saveData === true;
    if (facts.cached || (!saving && facts.bytes > 0 && facts.bytes <= this.autoLimit)) await this.load();
  }

  /** Loads the model, whatever its size. */
  async load(): Promise<void> {
    const live = this.#live;
    if (!live) return;
    this.#asked = true;
    await live.open();
    if (live.state !== 'ready' || live !== this.#live) return;
    if (this.autoplay) void live.run();
  }

  /** Ends loading within 100 ms. */
  cancel(): void {
    this.#live?.cancel();
  }

  protected override runChanged(keys: ReadonlySet<RunKey> | undefined): void {
    super.runChanged(keys);
    const { shown } = this;
    if (!keys) return announce();
    if (keys.has('prompt') || keys.has('steps')) {
      this.at = undefined;
      this.internals.setFormValue(
        this.value,
        JSON.stringify({ prompt: shown?.prompt, seed: this.seed, tokens: shown?.steps.map((s) => s.token) }),
      );
      this.#validate();
      this.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    }
    if (!shown) return;
    this.#tell(keys, shown);
  }

  #before: { state: string; steps: number; engine: string; lost: number } = {
    state: '',
    steps: 0,
    engine: '',
    lost: 0,
  };

  /** The Run's changes as events of the element. */
  #tell(keys: ReadonlySet<RunKey>, run: Run): void {
    const before = this.#before;
    const now = (this.#before = {
      state: run.state,
      steps: run.steps.length,
      engine: run.engine?.kind ?? '',
      lost: before.lost,
    });
    if (keys.has('progress') && run.progress) this.emit('model-progress', run.progress, { bubbles: false });
    if (now.steps > before.steps)
      for (const step of run.steps.slice(before.steps)) this.emit('token', { step, draw: step.draw });
    if (keys.has('peek') && run.peek) this.emit('predict', { step: run.peek });
    if (before.state === 'loading' && run.state === 'ready')
      this.emit('model-ready', { model: run.model, engine: run.engine, fromCache: run.model?.fromCache ?? false });
    if (before.state === 'running' && run.state === 'ready') {
      const reason = run.steps.length - before.steps >= this.maxTokens ? 'length' : 'stopped';
      this.emit('run-end', { reason, tokens: run.steps.length, seconds: run.steps.at(-1)?.seconds ?? 0 });
      this.dispatchEvent(new Event('change', { bubbles: true, composed: true }));
    }
    if (run.state === 'recovering' && before.state !== 'recovering') {
      now.lost = performance.now();
      this.emit('device-lost', { reason: 'lost', position: run.tokens.length });
    }
    if (before.state === 'recovering' && run.state !== 'recovering')
      this.emit('device-recovered', { seconds: (performance.now() - before.lost) / 1000 });
    if (before.engine && now.engine && now.engine !== before.engine)
      this.emit('engine-change', { engine: now.engine, from: before.engine, why: run.engine?.why ?? '' });
    if (keys.has('state') && run.failure && run.state === 'failed')
      this.emit('fail', {
        what: run.failure.what,
        message: run.failure.message,
        hint: '',
        recoverable: run.failure.recoverable,
      });
  }

  /** The whole text: prompt and what followed. */
  get value(): string {
    const { shown } = this;
    return shown ? shown.prompt + shown.steps.map((step) => step.text).join('') : this.prompt;
  }

  set value(text: string) {
    this.#edit(text);
  }

  get steps(): readonly Step[] {
    return this.shown?.steps ?? [];
  }

  get tree(): Run['tree'] | undefined {
    return this.shown?.tree;
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
  }

  formDisabledCallback(disabled: boolean): void {
    this.disabled = disabled;
  }

  formStateRestoreCallback(kept: string): void {
    try {
      const { prompt, seed } = JSON.parse(kept) as { prompt?: unknown; seed?: unknown };
      if (typeof seed === 'number') this.seed = seed;
      if (typeof prompt === 'string') this.#edit(prompt);
    } catch {
      // kept by another version
    }
  }

  #edit(text: string): void {
    this.#edited = true;
    this.prompt = text;
    this.#live?.setPrompt(text);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('model') && changed.get('model') !== undefined && this.#live && this.model)
      void this.#live.open(this.model);
    if (changed.has('prompt') && this.hasUpdated && this.prompt && this.#live?.prompt !== this.prompt)
      this.#edit(this.prompt);
    if (this.hasUpdated) this.#settle();
  }

  protected override firstUpdated(): void {
    this.#begin();
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (this.view === 'wheel') this.#motion.place(this.wide, this.#single, this.at ?? this.steps.length);
    this.#single = false;
  }

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

  /** The step that the wheel shows: what comes next, or what came at the place that is looked at. */
  get #step(): Step | undefined {
    return this.at === undefined ? this.shown?.peek : this.steps[this.at];
  }

  override render(): TemplateResult {
    if (this.view === 'none') return html`<slot></slot>${this.#announcer()}`;
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
        ${this.settings && !this.wide ? this.#settings() : this.#list(shown)}
        <div part="controls"><slot name="controls">${this.#controls(shown)}</slot></div>
        ${this.wide ? this.#settings() : nothing}
        <div part="status" class="foot-line"><slot name="status">${this.#status(shown)}</slot></div>
        ${this.#notice(shown)}
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
    const end = this.at === undefined ? tokens.length : tokens.length - this.steps.length + this.at;
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

  #list(shown: Run | undefined) {
    const { t, language: lang } = this;
    const failure = shown?.state === 'failed' ? shown.failure : undefined;
    if (failure || shown?.state === 'recovering' || !shown)
      return html`<div part="wheel" class="list">${this.#message(shown)}</div>`;
    const step = this.#step;
    const limit = this.wide ? this.candidates : Math.min(this.candidates, this.#narrowRows());
    if (!step)
      return html`<div part="wheel" class="list">
        <ul class="wheel" aria-label=${t.list}>
          ${hatchedRows(this.wide ? Math.min(limit, ROWS - ABOVE - 2) : limit, ABOVE + 1)}
        </ul>
        <p class="sentence">${this.#waiting(shown)}</p>
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
          pick: (token) => void this.#pick(token, step.position),
          preview: (row) => (this.preview = row && !row.drawn ? row : undefined),
        })}
        ${
          this.wide && wheel.skipped > 0
            ? html`<li class="row" role="presentation" ${vars({ '--at': ABOVE - 1 })}>
                <span class="value">${t.more(count(wheel.skipped, lang))}</span>
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

  #waiting(shown: Run): string {
    const { progress, state: now } = shown;
    if (now !== 'loading') return this.t.idle;
    const left = (progress?.total ?? 0) - (progress?.loaded ?? 0);
    return left > 0 ? this.t.coming(bytes(left, this.language)) : this.t.comingSoon;
  }

  #message(shown: Run | undefined) {
    if (!shown) return html`<p class="message">${registry.services ? this.t.idle : this.t.noServices}</p>`;
    if (shown.state === 'recovering')
      return html`<p class="message">
        ${this.t.lost(
          shown.tokens
            .slice(-2)
            .map((token) => token.text)
            .join('')
            .trim(),
        )}
      </p>`;
    const { message = '', cause = '' } = shown.failure ?? {};
    const at = cause ? message.indexOf(cause) : -1;
    return html`<p class="message">
      ${at < 0 ? message : html`${message.slice(0, at)}<strong class="cause">${cause}</strong>${message.slice(at + cause.length)}`}
    </p>`;
  }

  /** What went wrong beside what still works. */
  #notice(shown: Run | undefined) {
    const words: string[] = [];
    if (shown?.failure && shown.state !== 'failed') words.push(shown.failure.message);
    if (shown && shown.cut > 0) words.push(this.t.cutAt(count(shown.cut, this.language)));
    return words.length ? html`<p class="notice" role="status">${words.join(' ')}</p>` : nothing;
  }

  #controls(shown: Run | undefined) {
    const { t, language: lang } = this;
    const now = shown?.state ?? 'idle';
    const button = (
      part: string,
      words: string,
      act: () => void,
      options: { main?: boolean; path?: string; off?: boolean } = {},
    ) =>
      html`<button
        part=${`button ${part}`}
        type="button"
        class=${options.main ? 'main' : ''}
        ?disabled=${this.disabled || options.off === true}
        @click=${act}
      >
        ${options.path ? icon(options.path) : nothing}${words}
      </button>`;
    const settings = this.wide
      ? nothing
      : button('more', this.settings ? t.back : t.settings, () => (this.settings = !this.settings));
    if (now === 'running')
      return html`${button('stop run', t.stop, () => this.#run(), { main: true, path: stopIcon })}
      ${button('pace', t.slower, () => this.#slower())} ${settings}`;
    if (now === 'failed') return html`${button('retry', t.again, () => void this.load(), { main: true })}`;
    if (now === 'recovering') return html`${button('stop', t.stop, () => shown?.stop())}`;
    const load = this.size > 0 ? t.load(bytes(this.size, lang)) : t.loadPlain;
    const steps = html`${button('step', t.next, () => void this.#next(), { main: true, path: stepIcon, off: !shown?.peek })}
    ${button('run', t.run, () => this.#run(), { path: runIcon, off: !shown?.peek })}`;
    if (now === 'loading')
      return html`${shown?.peek ? steps : nothing} ${button('cancel', t.cancel, () => this.cancel())}`;
    if (now === 'poster')
      return html`${button('load', load, () => void this.load(), { main: true })}
      ${button('step', t.next, () => void this.#next(), { path: stepIcon })}`;
    if (now === 'idle') return button('load', load, () => void this.load(), { main: true, off: !this.#live });
    return html`${steps} ${settings}`;
  }

  #settings() {
    return settingsTemplate(this.t, this.shown?.sampling ?? this, this.language, this.disabled, (change) => {
      Object.assign(this, change);
      this.#settle();
    });
  }

  #status(shown: Run | undefined) {
    const { t, language: lang } = this;
    const { model, engine, progress } = shown ?? {};
    const name = model?.title ?? '';
    if (shown?.state === 'failed') return html`<strong>${t.notLoaded}</strong>`;
    if (shown?.state === 'recovering') return html`<strong>${t.recovering}</strong>`;
    if (shown?.state === 'loading' && progress) {
      const of =
        progress.phase === 'download' && progress.total > 0
          ? t.bytesOf(bytes(progress.loaded, lang), bytes(progress.total, lang))
          : t.phase[progress.phase];
      return html`<strong>${name}</strong><span>${of}</span>`;
    }
    if (shown?.recorded)
      return html`<span><strong>${name}</strong> ${t.recorded(day(shown.recorded, lang))}</span
        ><span>${shown.state === 'poster' ? t.notYet : ''}</span>`;
    if (!engine) return html`<span>${t.idle}</span>`;
    const verified = shown?.verification?.ok ? ` ${t.verified}` : '';
    const place =
      this.at === undefined
        ? t.position(count(shown!.tokens.length, lang))
        : t.walking(count(shown!.tokens.length - this.steps.length + this.at, lang), count(shown!.tokens.length, lang));
    const rate = shown!.rate > 0 ? ` · ${t.rate(significant(shown!.rate, lang))}` : '';
    return html`<span title=${engine.why}><strong>${engine.kind.toUpperCase()}</strong>${verified}</span
      ><span>${place}${rate}</span>`;
  }

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

  #slower(): void {
    const now = this.#pace ?? 16;
    this.pace = Math.max(1, now / 2);
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

  /** The names of the shares shown, for tests and pages: candidate text and percent. */
  get shares(): readonly (readonly [string, string])[] {
    return (this.#step?.candidates ?? [])
      .slice(0, this.candidates)
      .map((c) => [c.text, percent(c.probability, this.language)]);
  }
}
