import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { CachedFile } from '../../files/download.ts';
import type { HostPlace } from '../../host/client.ts';
import type { DeviceReport, EngineReport, Run, RunKey, Verification } from '../../run/types.ts';
import { NtElement } from '../core/element.ts';
import { checkName, checkNote, plain, whyEngine, whyKernel, whyPlace } from '../core/explain.ts';
import { bytes, significant } from '../core/format.ts';
import { icon } from '../core/icon.ts';
import { check, cross } from '../core/icons.gen.ts';
import { Localized, type Translations } from '../core/localized.ts';
import type { Cell, Table } from '../core/table.ts';
import { Fetched } from './fetched.ts';
import { arenaName, offlineOf, sections, stepsOf, type Told } from './sections.ts';
import { styles } from './styles.ts';
import { english, type Texts } from './texts.ts';

const translations: Translations<Texts> = { zh: () => import('./texts.zh.ts') };

/** Changes of a Run are shown at most four times a second. */
const PAUSE_MS = 250;

const CHANGES: readonly RunKey[] = ['state', 'model', 'engine', 'steps', 'verification'];

/** Records of a status, where there is no Run. */
export interface StatusReport {
  readonly engine?: EngineReport | undefined;
  readonly place?: HostPlace | undefined;
  readonly device?: DeviceReport | undefined;
  readonly verification?: Verification | undefined;
  readonly cached?: readonly CachedFile[] | undefined;
  /** Tokens per second. */
  readonly rate?: number | undefined;
}

/**
 * What runs the model, in one line; open, it says why, what it holds, which kernels it chose, what was checked and what went wrong.
 *
 * @fires {CustomEvent<{}>} lose-device - the device shall be lost, to see that the text goes on
 * @fires {CustomEvent<{}>} recheck - the kernels shall be checked again; the Run does so unless this is prevented
 * @csspart chip - the line
 * @csspart why - why this engine
 * @csspart list - the kernels in use
 * @csspart check - what was checked
 * @csspart controls - the buttons
 * @key Enter - open, close
 *
 * @example
 * <nt-device-status for="demo" tools></nt-device-status>
 */
export class DeviceStatus extends NtElement {
  static override styles = [...NtElement.styles, styles];

  /** It is open. */
  @property({ type: Boolean, reflect: true }) detail = false;

  /** With buttons that lose the device and check again. */
  @property({ type: Boolean }) tools = false;

  /** What is known of an engine, to show it without a Run. */
  @property({ attribute: false }) report: StatusReport | undefined;

  readonly #words = new Localized<Texts>(this, english, translations);
  readonly #fetched = new Fetched(() => this.requestUpdate());
  #timer: ReturnType<typeof setTimeout> | undefined;
  #drawn = 0;

  /** Drawn by its own clock. */
  protected override get keys(): readonly RunKey[] {
    return [];
  }

  protected override textsReady(): Promise<void> {
    return this.#words.ready;
  }

  protected override hasRecords(): boolean {
    return this.report !== undefined;
  }

  protected override ready(): boolean {
    return this.hasRecords() || this.bound.run !== undefined;
  }

  protected override runChanged(keys: ReadonlySet<RunKey> | undefined): void {
    super.runChanged(keys);
    if (keys && !CHANGES.some((key) => keys.has(key))) return;
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.requestUpdate();
      },
      Math.max(0, this.#drawn + PAUSE_MS - performance.now()),
    );
  }

  override disconnectedCallback(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    this.#drawn = performance.now();
    if (this.report === undefined && (this.detail || this.table)) this.#fetched.look(this.bound.run);
  }

  get #run(): Run | undefined {
    return this.hasRecords() ? undefined : this.bound.run;
  }

  get #told(): Told {
    const { report } = this;
    const run = this.#run;
    return {
      engine: report ? report.engine : run?.engine,
      place: report ? report.place : this.#fetched.place,
      report: report ? report.device : this.#fetched.report,
      verification: report ? report.verification : run?.verification,
      cached: report ? report.cached : this.#fetched.cached,
      pageKept: typeof navigator !== 'undefined' && Boolean(navigator.serviceWorker?.controller),
      lang: this.language,
      t: this.#words.t,
      words: this.texts.engine,
    };
  }

  /** Its name: what a GPU calls itself in a word or two, else GPU or CPU. */
  #engineName({ kind, facts }: EngineReport): string {
    const known = kind === 'gpu' && facts ? facts.vendor || facts.description : '';
    return known ? `${known} ${this.#words.t.engine.gpu}` : this.#words.t.engine[kind];
  }

  /** What follows the engine's name, and whether all is well. */
  #chip(): { readonly name: string; readonly said: readonly string[]; readonly ok: boolean | undefined } {
    const { t } = this.#words;
    const { engine, verification } = this.#told;
    const run = this.#run;
    const rate = this.report ? (this.report.rate ?? 0) : (run?.rate ?? 0);
    if (!engine) return { name: '', said: [t.states[run?.state ?? 'unbound'] ?? t.checking], ok: undefined };
    const name = this.#engineName(engine);
    if (run?.recorded !== undefined) return { name: '', said: [t.recorded(name)], ok: undefined };
    const state = run && t.states[run.state];
    const verified = verification ? (verification.ok ? t.verified : t.wrong) : t.checking;
    const speed = rate > 0 ? [t.rate(significant(rate, this.language))] : [];
    return { name, said: [state ?? verified, ...speed], ok: state ? undefined : verification?.ok };
  }

  #line(): string {
    const { name, said } = this.#chip();
    return [name, said.join(' · ')].filter(Boolean).join(' ');
  }

  protected override label(): string {
    return this.#words.t.label(this.#line());
  }

  protected override how(): string {
    return this.#words.t.how;
  }

  protected override keyList(): readonly (readonly [string, string])[] {
    return this.#words.t.keyList;
  }

  protected override numbers(): Table {
    const { t } = this.#words;
    const told = this.#told;
    const { engine, place, report, verification, cached, words } = told;
    const rows: Cell[][] = [];
    if (engine) rows.push([t.why, this.#engineName(engine), undefined, plain(whyEngine(engine, words))]);
    if (place?.reason) rows.push([t.place, undefined, undefined, plain(whyPlace(place, words))]);
    if (report) {
      rows.push([t.features, report.features.join(', ') || t.noFeatures, undefined, undefined]);
      for (const arena of report.arenas)
        rows.push([arenaName(arena.name, t), bytes(arena.bytes, this.language), undefined, t.memory]);
      for (const one of report.variants)
        rows.push([`${one.op}/${one.variant}`, t.steps(one.steps), undefined, whyKernel(one, words)]);
      rows.push([t.losses, report.losses, undefined, undefined]);
    }
    for (const one of verification?.checks ?? [])
      rows.push([checkName(one.what, words), t.checks, one.ok ? t.yes : t.no, plain(checkNote(one, words))]);
    for (const step of verification ? stepsOf(verification, words) : [])
      rows.push([t.steppedDown, plain(step), t.no, undefined]);
    for (const { url, bytes: n } of cached ?? []) rows.push([url, bytes(n, this.language), undefined, t.cached]);
    if (cached) rows.push([t.offline, offlineOf(told), undefined, undefined]);
    return { caption: this.label(), columns: t.columns, rows };
  }

  protected override picture(): TemplateResult {
    const { t } = this.#words;
    const { name, said, ok } = this.#chip();
    const fault = ok === false;
    return html`<details .open=${this.detail} @toggle=${this.#toggled}>
      <summary part="chip">
        <span class="box ${ok === undefined ? 'open' : fault ? 'wrong' : ''}" aria-hidden="true"
          >${ok === undefined ? nothing : icon(fault ? cross : check)}</span
        >
        ${name ? html`<b>${name}</b>` : nothing}
        <span class="said ${fault ? 'fault' : ''}" role="status">${said[0]}</span>
        ${said.slice(1).map((more) => html`<span class="said">· ${more}</span>`)}
      </summary>
      ${this.detail ? sections(this.#told) : nothing}
      ${
        this.detail && this.tools
          ? html`<div class="controls" part="controls">
              <button part="button" type="button" @click=${() => this.emit('lose-device')}>${t.lose}</button>
              <button part="button" type="button" @click=${this.#recheck}>${t.again}</button>
            </div>`
          : nothing
      }
    </details>`;
  }

  readonly #toggled = (event: Event) => {
    this.detail = (event.target as HTMLDetailsElement).open;
  };

  readonly #recheck = () => {
    if (!this.emit('recheck', {}, { cancelable: true })) return;
    this.#run?.verify().catch((error: unknown) => this.failed(error, 'recheck'));
  };
}
