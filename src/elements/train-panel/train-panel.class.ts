import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { TrainingRecord, TrainStep } from '../../host/protocol.ts';
import type { RecipeSize } from '../../host/recipes.ts';
import type { LiveRun } from '../../run/services.ts';
import type { Run, RunState } from '../../run/types.ts';
import { NtElement } from '../core/element.ts';
import { said, whyEngine } from '../core/explain.ts';
import { bytes, count, significant } from '../core/format.ts';
import { Localized } from '../core/localized.ts';
import { registry } from '../core/registry.ts';
import type { Table } from '../core/table.ts';
import { ENOUGH, isText, type Phase, type TrainingLog } from './log.ts';
import { buttonsTemplate, sourceTemplate } from './parts.ts';
import { samplesTemplate } from './samples.ts';
import { styles } from './styles.ts';
import { english, type Texts } from './texts.ts';
import { Trainer, type Wish } from './trainer.ts';

const zh = () => import('./texts.zh.ts');

/** The panel is drawn at most so often. */
const DRAW_MS = 100;

const STATES: Readonly<Record<Phase, RunState>> = {
  idle: 'idle',
  preparing: 'loading',
  running: 'running',
  paused: 'paused',
  stopping: 'running',
  recovering: 'recovering',
  ended: 'ready',
  failed: 'failed',
};

const isLive = (run: Run | undefined): run is LiveRun => run !== undefined && 'open' in run;

/**
 * Trains a small model on a text that a person pastes, drops or opens, shows its loss and what it writes, and hands it to the
 * `<next-token>` around it. The training goes on while the panel is out of sight; it ends when the panel is removed.
 *
 * @fires {CustomEvent<{ size: string, characters: number, steps: number, resumed: boolean }>} train-start - it has begun, or goes on
 * @fires {CustomEvent<{ record: TrainingRecord }>} train-record - each record
 * @fires {CustomEvent<{ reason: string }>} train-end - finished, no better, stopped or failed
 * @fires {CustomEvent<{ name: string, bytes: number }>} model-saved - the model was handed to the browser's downloads
 * @fires {CustomEvent<{ source: { training: number } }>} model-pick - "Use it" was pressed; `preventDefault()` leaves the model as it is
 * @slot texts - buttons for texts of the page's own: they set `text`
 * @csspart source - the text and the ways to give one
 * @csspart curve - the loss chart
 * @csspart samples - what the model writes
 * @csspart controls - size, start, pause, stop
 *
 * @example
 * <next-token id="demo"></next-token>
 * <nt-train-panel for="demo" size="tiny"></nt-train-panel>
 */
export class TrainPanel extends NtElement {
  static override styles = [...NtElement.styles, ...styles];

  /** How large the model is. */
  @property() size: RecipeSize = 'tiny';
  /** Start goes on from what was learned before, as long as text and size are the same. */
  @property({ type: Boolean }) continue = false;
  /** Planned end; 0: the size's own. */
  @property({ type: Number }) steps = 0;
  /** The engine to train on. */
  @property() prefer: 'auto' | 'gpu' | 'cpu' = 'auto';
  /** What is learned. */
  @property({ attribute: false }) text = '';

  @state() private over = false;
  @state() private said = '';
  readonly #texts = new Localized<Texts>(this, english, { zh });
  readonly #services = () => this.requestUpdate();
  readonly #trainer = new Trainer({
    changed: (soon) => (soon ? this.#soon() : this.requestUpdate()),
    record: (record) => this.emit('train-record', { record }),
    ended: (reason) => this.#ended(reason),
    failed: (message) => {
      this.emit('fail', { what: 'training', message, hint: this.explained(this.#log.failure).text, recoverable: true });
      this.#ended('failed');
    },
  });
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The log's points, when they were last drawn. */
  #points: readonly TrainStep[] = [];

  get #log(): TrainingLog {
    return this.#trainer.log;
  }

  /** All that the training has told so far; set to show a training of another time. */
  @property({ attribute: false })
  get records(): readonly TrainingRecord[] {
    return this.#log.records;
  }
  set records(records: readonly TrainingRecord[]) {
    this.#trainer.replay(records);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    import('../loss-chart/define.ts').catch((error: unknown) => this.failed(error, 'nt-loss-chart'));
    registry.changes.addEventListener('change', this.#services);
  }

  override disconnectedCallback(): void {
    registry.changes.removeEventListener('change', this.#services);
    super.disconnectedCallback();
    setTimeout(() => this.isConnected || this.#trainer.abandon()); // unless it was only moved
  }

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override standing(): RunState {
    return STATES[this.#log.phase];
  }

  protected override hasRecords(): boolean {
    return this.#log.records.length > 0;
  }

  protected override ready(): boolean {
    return registry.services !== undefined || this.hasRecords();
  }

  protected override sentence(): string {
    return this.#texts.t.noEngine;
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    this.#points = [...this.#log.points];
  }

  get #wish(): Wish {
    const { text, size, prefer: engine } = this;
    return { text, size, engine, steps: this.steps || (registry.services?.sizes[size].steps ?? 0) };
  }

  /** Begins to train. `goOn`: from what was learned before, if that was this text. Resolves when the training ends. */
  async start(goOn = this.continue): Promise<void> {
    const { services } = registry;
    const wish = this.#wish;
    if (!services || !this.#trainer.canStart(wish)) return;
    const resumed = goOn && this.#trainer.canGoOn(wish);
    this.said = '';
    await this.#trainer.start(services, wish, resumed, (steps) => {
      this.emit('train-start', { size: wish.size, characters: wish.text.length, steps, resumed });
      this.requestUpdate();
    });
  }

  #soon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.requestUpdate();
    }, DRAW_MS);
  }

  #ended(reason: string): void {
    this.emit('train-end', { reason });
    this.requestUpdate();
  }

  /** Waits with the next step, or goes on. */
  pause(paused = true): void {
    this.#trainer.pause(paused);
  }

  /** Ends after the current step; what was learned stays. Called again, ends at once and forgets it. */
  stop(): void {
    this.#trainer.stop();
  }

  /** A safetensors file with configuration and tokenizer, handed to the browser's downloads. */
  async saveModel(): Promise<void> {
    const { lane, canUse } = this.#trainer;
    if (!lane || !canUse) return;
    try {
      const file = await lane.save();
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([file]));
      link.download = 'model.safetensors';
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      this.said = this.#texts.t.savedAs(link.download, bytes(file.length, this.language));
      this.emit('model-saved', { name: link.download, bytes: file.length });
    } catch (error) {
      this.failed(error, 'save');
    }
  }

  /** Hands the model to the element it is bound to, and brings that into view. */
  async use(): Promise<void> {
    const { run } = this.bound;
    const { lane, canUse } = this.#trainer;
    if (!lane || !canUse) return;
    const source = lane.source as { training: number };
    if (!this.emit('model-pick', { source }, { cancelable: true }) || !isLive(run)) return;
    const provider = [...registry.providers].find((p) => p.shown === run) as HTMLElement | undefined;
    provider?.scrollIntoView({ block: 'nearest' });
    provider?.focus({ preventScroll: true });
    this.said = this.#texts.t.inUse;
    await run.open({ ...source });
  }

  async #read(file: File | undefined): Promise<void> {
    this.over = false;
    if (!file || this.#log.busy) return;
    const text = await file.text();
    if (!isText(text)) this.said = this.#texts.t.notText(file.name);
    else {
      this.text = text;
      this.said = '';
    }
  }

  /** Below the curve's caption: what is known of this model. */
  protected override caption(): TemplateResult | string {
    const { prepared } = this.#log;
    if (!prepared) return this.#texts.t.local;
    const { parameters, bytes: memory, engine } = prepared;
    return this.#texts.t.about(
      count(parameters, this.language),
      bytes(memory, this.language),
      whyEngine(engine, this.texts.engine).text || engine.why,
    );
  }

  #sentence(): string {
    const { t } = this.#texts;
    const { phase, failure, end } = this.#log;
    if (phase === 'failed') return t.failed(this.explained(failure).text);
    if (phase === 'ended') return t.ended[this.#trainer.recording ? 'recording' : (end ?? 'forgotten')];
    return t.phase[phase];
  }

  #numbersNow(): string {
    const { t } = this.#texts;
    const { last, left, phase, recoveredAt } = this.#log;
    if (!last) return '';
    const { language } = this;
    return [
      t.progress(count(last.step, language), count(this.#trainer.planned(0), language)),
      ...(phase === 'running' && left > 0 ? [t.left(left)] : []),
      ...(phase === 'running' ? [t.rate(significant(last.tokensPerSecond, language))] : []),
      ...(recoveredAt === undefined ? [] : [t.recovered(count(recoveredAt, language))]),
    ].join(' · ');
  }

  protected override label(): string {
    return this.#texts.t.label(this.#sentence(), this.#numbersNow());
  }

  protected override how(): string {
    return this.#texts.t.how;
  }

  protected override numbers(): Table {
    const { points, samples } = this.#log;
    const written = new Map(samples.map(({ step, sample }) => [step, sample.prompt + sample.text]));
    const short = (x: number | undefined) => (x === undefined ? undefined : Number(x.toPrecision(4)));
    const rows = points.map((p) => [
      p.step,
      short(p.loss / Math.LN2),
      p.validationLoss === undefined ? undefined : short(p.validationLoss / Math.LN2),
      short(p.learningRate),
      short(p.gradNorm),
      short(p.tokensPerSecond),
      written.get(p.step),
    ]);
    return { caption: this.#texts.t.table, columns: this.#texts.t.columns, rows };
  }

  protected override data(): unknown {
    return this.#log.records;
  }

  protected override picture(): TemplateResult {
    const { t } = this.#texts;
    const { prepared } = this.#log;
    return html`<div class="panel">
      ${this.#source()}
      <div part="controls" class="controls">${this.#buttons()} ${this.#status()}</div>
      <nt-loss-chart
        part="curve"
        .points=${this.#points}
        .baseline=${prepared?.ngram.nats ?? 0}
        .baselineName=${t.chart(this.#log.order)}
        .vocab=${prepared?.vocab ?? 0}
        .end=${this.#trainer.planned(this.#wish.steps)}
      ></nt-loss-chart>
      ${samplesTemplate(this.#log, t, this.language)}
    </div>`;
  }

  #source(): TemplateResult {
    return sourceTemplate({
      t: this.#texts.t,
      text: this.text,
      busy: this.#log.busy,
      over: this.over,
      typed: (text) => (this.text = text),
      hover: (over) => (this.over = over),
      file: (file) => void this.#read(file),
    });
  }

  #buttons(): TemplateResult {
    const { language, size, steps } = this;
    const { phase, busy, end } = this.#log;
    const wish = this.#wish;
    const { services } = registry;
    return buttonsTemplate({
      t: this.#texts.t,
      language,
      phase,
      busy,
      size,
      steps,
      sizes: services?.sizes ?? {},
      canStart: services !== undefined && this.#trainer.canStart(wish),
      canGoOn: this.#trainer.canGoOn(wish),
      canUse: this.#trainer.canUse,
      useful: isLive(this.bound.run),
      again: end !== undefined && !this.#trainer.recording,
      resize: (chosen) => (this.size = chosen),
      start: (goOn) => void this.start(goOn),
      pause: (paused) => this.pause(paused),
      stop: () => this.stop(),
      use: () => void this.use(),
      save: () => void this.saveModel(),
    });
  }

  #status(): TemplateResult {
    const { t } = this.#texts;
    const { busy, phase } = this.#log;
    const short = !busy && this.text.length < ENOUGH;
    const reason = t.short(count(ENOUGH, this.language), count(this.text.length, this.language));
    return html`<p class="state">
      <span id="reason" class=${phase === 'failed' ? 'cause' : ''} role="status"
        >${short && phase !== 'failed' && !this.#trainer.recording ? `${reason} ` : ''}${this.#sentence()}
        ${phase === 'failed' ? said({ ...this.explained(this.#log.failure), text: '' }) : nothing}</span
      >
      <span>${this.#numbersNow()}</span> <span role="status">${this.said}</span>
    </p>`;
  }
}
