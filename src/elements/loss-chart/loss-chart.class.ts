import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { RunState } from '../../run/types.ts';
import { NtElement } from '../core/element.ts';
import { fixed } from '../core/format.ts';
import { Localized } from '../core/localized.ts';
import type { Table } from '../core/table.ts';
import { vars } from '../core/vars.ts';
import { axisLines, curves, labels, type Look } from './draw.ts';
import {
  axes,
  type Axes,
  boxOf,
  inUnit,
  type LossAxis,
  type LossMark,
  type LossPoint,
  type LossUnit,
  nearest,
} from './geometry.ts';
import { styles } from './styles.ts';
import { english, type Texts } from './texts.ts';

const zh = () => import('./texts.zh.ts');

/**
 * How a model learns: loss over steps, from the first one to the planned end, beside what a model knows that only counts. Thousands of
 * steps share a few hundred pixels, each of which keeps its lowest and highest loss. Draws what it is given; losses are nats per token.
 *
 * @fires {CustomEvent<{ step: number }>} point-pick - a step was chosen
 * @csspart curve - the training's curve
 * @csspart validation - the curve of text that is not learned
 * @csspart baseline - the yardstick's line
 * @csspart axis - lines and numbers
 * @csspart tooltip - the numbers of the step under the cursor
 * @key ← → - one point; with Shift ten
 * @key Enter - pins a point and sends `point-pick`
 *
 * @example
 * <nt-loss-chart unit="bits" baseline-name="5-gram"></nt-loss-chart>
 */
export class LossChart extends NtElement {
  static override styles = [...NtElement.styles, styles];

  /** Unit of what is shown. */
  @property() unit: LossUnit = 'bits';
  /** What goes to the right. */
  @property() x: LossAxis = 'step';
  /** Shows the mean of so many steps instead of each; 0: each. */
  @property({ type: Number }) smooth = 0;
  /** Loss of a yardstick in nats per token, drawn as a dashed line; 0: none. */
  @property({ type: Number }) baseline = 0;
  /** What the yardstick is called. */
  @property({ attribute: 'baseline-name' }) baselineName = 'n-gram';
  /** Size of the vocabulary: its logarithm is the loss of a model that knows nothing. 0: not known. */
  @property({ type: Number }) vocab = 0;
  /** Planned end in steps; 0: as the points' `progress` says. */
  @property({ type: Number }) end = 0;

  /** Steps of a training, in order: TrainRecord of nextoken/train, or only `{step, loss}`. */
  @property({ attribute: false }) points: readonly LossPoint[] = [];
  /** Losses of text that is not learned. Default: the points' `validationLoss`. */
  @property({ attribute: false }) validation: readonly LossPoint[] | undefined;
  /** Steps that stand out. Default: the points' `best` and `skipped`. */
  @property({ attribute: false }) marks: readonly LossMark[] | undefined;

  @state() private size = { width: 0, height: 0 };
  /** Index of the point under the pointer or the cursor. */
  @state() private at: number | undefined;
  @state() private pinned: number | undefined;
  readonly #texts = new Localized<Texts>(this, english, { zh });
  #axes: Axes | undefined;
  readonly #observer =
    typeof ResizeObserver === 'undefined'
      ? undefined
      : new ResizeObserver((entries) => {
          const { width, height } = entries.at(-1)!.contentRect;
          this.size = { width, height };
        });

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override standing(): RunState {
    return this.points.length ? 'ready' : 'idle';
  }

  protected override hasRecords(): boolean {
    return this.points.length > 0;
  }

  protected override ready(): boolean {
    return this.points.length > 0;
  }

  protected override sentence(): string {
    return this.#texts.t.empty;
  }

  protected override firstUpdated(): void {
    this.#observer?.observe(this.renderRoot.querySelector('.body')!);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const past = (i: number | undefined) => (i !== undefined && i < this.points.length ? i : undefined);
    if (!changed.has('points')) return;
    this.at = past(this.at);
    this.pinned = past(this.pinned);
  }

  get #validation(): readonly LossPoint[] {
    return (
      this.validation ??
      this.points.flatMap((p) => (p.validationLoss === undefined ? [] : [{ ...p, loss: p.validationLoss }]))
    );
  }

  /** The last best one, and all that were skipped. */
  get #marks(): readonly LossMark[] {
    if (this.marks) return this.marks;
    const best = this.points.findLast((p) => p.best);
    const skipped = this.points.filter((p) => p.skipped).map(({ step }): LossMark => ({ step, kind: 'skipped' }));
    return best ? [...skipped, { step: best.step, kind: 'best' }] : skipped;
  }

  #value(loss: number): string {
    return this.#texts.t.value(inUnit(loss, this.unit), this.unit, this.language);
  }

  #number(loss: number): string {
    return fixed(inUnit(loss, this.unit), 2, this.language);
  }

  protected override label(): string {
    const { step, loss } = this.points.at(-1)!;
    const validation = this.#validation.at(-1);
    const best = this.#marks.findLast(({ kind }) => kind === 'best')?.step;
    const seen = validation && this.#number(validation.loss);
    return this.#texts.t.label(step, this.#value(loss), seen, best, this.language);
  }

  protected override how(): string {
    return this.#texts.t.how;
  }

  protected override caption(): TemplateResult | string {
    const { t } = this.#texts;
    const last = this.points.at(-1);
    if (!last) return t.unit(this.unit);
    const validation = this.#validation.at(-1);
    return html`<span>${t.unit(this.unit)}</span
      ><span class="key">${t.training} ${this.#number(last.loss)}</span
      >${validation ? html`<span class="key of-validation">${t.validation} ${this.#number(validation.loss)}</span>` : nothing}`;
  }

  protected override numbers(): Table {
    const { t } = this.#texts;
    const validation = new Map(this.#validation.map(({ step, loss }) => [step, loss]));
    const short = (x: number | undefined, digits = 4) =>
      x === undefined ? undefined : Number.isFinite(x) ? Number(x.toPrecision(digits)) : String(x);
    const rows = this.points.map((p) => {
      const seen = validation.get(p.step);
      return [
        p.step,
        short(inUnit(p.loss, this.unit)),
        seen === undefined ? undefined : short(inUnit(seen, this.unit)),
        short(p.learningRate, 3),
        short(p.gradNorm, 3),
        short(p.tokensPerSecond, 3),
      ];
    });
    return { caption: t.table, columns: t.columns(this.unit), rows };
  }

  protected override data(): unknown {
    const { points, baseline, baselineName, vocab } = this;
    return { unit: 'nats', points, validation: this.#validation, marks: this.#marks, baseline, baselineName, vocab };
  }

  protected override keyList(): readonly (readonly [string, string])[] {
    return this.#texts.t.keys;
  }

  protected override key({ key, shiftKey }: KeyboardEvent): boolean {
    const last = this.points.length - 1;
    if (this.table || last < 0) return false;
    const from = this.at ?? this.pinned ?? last;
    const by = shiftKey ? 10 : 1;
    const to: Readonly<Record<string, number>> = {
      ArrowLeft: from - by,
      ArrowRight: from + by,
      PageUp: from - 10,
      PageDown: from + 10,
      Home: 0,
      End: last,
    };
    if (key in to) this.#look(Math.min(last, Math.max(0, to[key])));
    else if (key === 'Enter') this.#pick(from);
    else if (key === 'Escape' && this.pinned !== undefined) {
      this.pinned = undefined;
      this.emit('selection-change', { kind: 'clear' });
    } else return false;
    return true;
  }

  #look(at: number | undefined): void {
    if (at === this.at) return;
    this.at = at;
    this.emit('selection-change', { kind: 'hover', step: at === undefined ? undefined : this.points[at].step });
  }

  #pick(at: number): void {
    const { step } = this.points[at];
    this.pinned = this.pinned === at ? undefined : at; // a second press takes the pin away
    this.emit('selection-change', { kind: 'pin', step });
    this.emit('point-pick', { step });
  }

  #under(event: PointerEvent | MouseEvent): number {
    const { left } = (event.currentTarget as Element).getBoundingClientRect();
    return nearest(this.points, this.#axes!.x, event.clientX - left);
  }

  protected override picture(): TemplateResult {
    const { width, height } = this.size;
    if (width < 80 || height < 60) return html`<div class="plot"></div>`;
    const { t } = this.#texts;
    const { points, baseline, vocab, end, unit, x: by, smooth, language } = this;
    const [validation, marks] = [this.#validation, this.#marks];
    const yardstick = baseline > 0 ? `${this.baselineName} ${this.#number(baseline)}` : '';
    const box = boxOf(width, height, [t.nothing, yardstick]);
    const a = (this.#axes = axes({ points, validation, baseline, vocab, end, unit, by, box }));
    const value = (loss: number) => this.#value(loss);
    const look: Look = {
      a,
      box,
      width,
      points,
      validation,
      marks,
      baseline,
      yardstick,
      by,
      smooth,
      language,
      t,
      value,
    };
    return html`<div
      class="plot"
      @pointermove=${(event: PointerEvent) => this.#look(this.#under(event))}
      @pointerleave=${() => this.#look(undefined)}
      @click=${(event: MouseEvent) => this.#pick(this.#under(event))}
    >
      <svg aria-hidden="true" width=${width} height=${height}>${axisLines(look)} ${curves(look)} ${labels(look)}</svg>
      ${this.#cursor(a, validation)}
    </div>`;
  }

  #cursor({ x, y }: Axes, validation: readonly LossPoint[]): TemplateResult {
    const index = this.at ?? this.pinned;
    const point = this.points[index ?? this.points.length - 1];
    const seen = validation.find(({ step }) => step === point.step);
    const name = this.#texts.t.cursor(
      point.step,
      this.#value(point.loss),
      seen && this.#number(seen.loss),
      point.skipped === true,
      this.language,
    );
    const [cx, cy] = [x(point), y(point.loss)];
    // above the point, or below where there is no room
    const beside = cy > 40 ? cy - 32 : cy + 12;
    return html`<div
        class="cursor ${index === undefined ? '' : 'shown'} ${index !== undefined && index === this.pinned ? 'pinned' : ''}"
        role="img"
        tabindex="0"
        aria-label=${name}
        ${vars({ '--x': `${cx}px`, '--y': `${cy}px` })}
      ></div>
      ${
        index === undefined
          ? nothing
          : html`<div
              part="tooltip"
              class="tooltip"
              aria-hidden="true"
              ${vars({ '--x': `${cx}px`, '--y': `${beside}px`, '--w': `${this.size.width}px` })}
            >
              ${name}
            </div>`
      }`;
  }
}
