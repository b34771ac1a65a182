/** `<nt-candidate-bars>`: what the model could say next, as bars, and how one of them was drawn. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Candidate, Draw, RunKey, Step, Want } from '../../run/types.ts';
import { NtElement } from '../core/element.ts';
import { InksController } from '../core/inks.ts';
import { Localized } from '../core/localized.ts';
import { block } from '../core/styles.ts';
import type { Table } from '../core/table.ts';
import { faceOf, named } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import { Width } from '../core/width.ts';
import { drawTemplate } from './draw.ts';
import { type BarRow, rowsOf, scaleFor } from './rows.ts';
import { styles } from './styles.ts';
import { english } from './texts.ts';
import { type Now, Words } from './words.ts';

/**
 * The next token is a choice among all tokens that the model knows, a classifier of so many classes: the most probable ones as bars,
 * what the settings make of them as outlines, and the draw: a number u that points at one of them. Shows what comes next, or the place
 * of the text that is pointed at or pinned. Its height is 28 px (narrow: 46), 36 px for each of `limit` candidates and a line or three
 * below them, and 86 px (narrow: 104) for the draw; it never changes with what is shown.
 *
 * @fires {CustomEvent<{token: number, position: number | undefined}>} candidate-pick - A candidate was pressed; cancelable. Then the Run takes it.
 * @fires {CustomEvent<{kind: 'hover' | 'pin' | 'clear', position?: number, token?: number}>} selection-change - A place was pointed at.
 * @slot caption - Instead of our caption.
 * @slot status - Instead of our line of messages.
 * @csspart frame - Everything. @csspart row - A candidate. @csspart token - Its block. @csspart bar - Its probability.
 * @csspart outline - Its probability after the settings. @csspart value - Its number. @csspart needle - Where u points.
 * @key {↑ ↓} candidates @key {Enter} takes the candidate @key {1–9} takes the candidate of this rank
 *
 * @example
 * <nt-candidate-bars for="demo" limit="5" show="bars"></nt-candidate-bars>
 */
export class NtCandidateBars extends NtElement {
  static override styles = [NtElement.styles, block, styles].flat();

  /** Candidates shown. */
  @property({ type: Number }) limit = 8;

  /** `bars`, `draw` or both. */
  @property() show = 'bars draw';

  /** `auto`: a full bar is 10, 25, 50 or 100 %, as the largest needs; `1`: always 100 %. */
  @property() scale: 'auto' | '1' = 'auto';

  /** Most probable first, instead of those of the Run. */
  @property({ attribute: false }) candidates: readonly Candidate[] | undefined;

  /** How one of `candidates` was drawn. */
  @property({ attribute: false }) draw: Draw | undefined;

  /** Id of the one of `candidates` that was taken. */
  @property({ attribute: false }) chosen: number | undefined;

  /** Who took `chosen`. */
  @property({ attribute: false }) by: Step['by'] = 'draw';

  /** How many tokens `candidates` were chosen from. */
  @property({ attribute: false }) vocab: number | undefined;

  /** The candidates before something was changed, drawn as dashed outlines. */
  @property({ attribute: false }) earlier: readonly Candidate[] | undefined;

  @state() private cursor = 0;

  readonly #texts = new Localized(this, english, { zh: () => import('./texts.zh.ts') });
  readonly #width = new Width(this);
  readonly #inks = new InksController(this);
  #now: Now | undefined;
  #rows: readonly BarRow[] = [];
  #scale: number | undefined;
  /** What it was with all heads on, and for which place of which text. */
  #whole: { readonly key: string; readonly p: ReadonlyMap<number, number> } | undefined;

  protected override get keys(): readonly RunKey[] {
    return ['state', 'model', 'steps', 'peek', 'selection', 'gates'];
  }

  protected override wants(): readonly Want[] {
    return this.#shows('draw') ? ['draw'] : [];
  }

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override hasRecords(): boolean {
    return this.candidates !== undefined;
  }

  #shows(what: 'bars' | 'draw'): boolean {
    return this.show.split(/\s+/).includes(what);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (changed.has('show')) this.bound.want();
    if (changed.has('show') || changed.has('limit')) this.#reserve();
    this.#now = this.candidates ? this.#recordedNow(this.candidates) : this.#runNow();
    this.#rows = this.#now ? rowsOf(this.#now, this.#limit) : [];
    this.#scale = this.scale === '1' ? 1 : scaleFor(this.#rows, this.#scale);
    this.cursor = Math.max(0, Math.min(this.cursor, this.#rows.length - 1));
  }

  /** The height depends on nothing else. */
  #reserve(): void {
    this.style.setProperty('--rows', String(this.#limit));
    this.style.setProperty('--bars', this.#shows('bars') ? '1' : '0');
    this.style.setProperty('--draws', this.#shows('draw') ? '1' : '0');
  }

  get #limit(): number {
    return Math.max(1, Math.floor(this.limit) || 1);
  }

  #recordedNow(candidates: readonly Candidate[]): Now {
    const { draw, chosen, by, vocab = 0, earlier } = this;
    return {
      candidates,
      draw,
      chosen,
      by,
      vocab,
      before: earlier && new Map(earlier.map(({ token, probability }) => [token, probability])),
      position: undefined,
      coming: false,
    };
  }

  /** The place that is pointed at, else pinned, else what comes next, else (while it runs) what came last. */
  #runNow(): Now | undefined {
    const { run } = this.bound;
    if (!run) return undefined;
    const { steps, peek, gates } = run;
    const { hover, pin } = run.selection;
    const at = (position: number | undefined) => steps.find((s) => s.position === position);
    const step = at(hover?.position) ?? at(pin?.position) ?? peek ?? steps.at(-1);
    if (!step || step.candidates.length === 0) return undefined;
    const near = steps.filter(({ position }) => position < step.position).slice(-16);
    const key = [run.model?.identity, run.prompt, step.position, ...near.map(({ token }) => token)].join(' ');
    if (gates.length === 0)
      this.#whole = { key, p: new Map(step.candidates.map(({ token, probability }) => [token, probability])) };
    return {
      candidates: step.candidates,
      draw: step.draw,
      chosen: step.token,
      chosenText: step.label,
      chosenP: step.probability,
      chosenRank: step.rank,
      by: step.by,
      vocab: run.model?.vocab ?? 0,
      before: gates.length > 0 && this.#whole?.key === key ? this.#whole.p : undefined,
      position: step.position,
      coming: step === peek,
    };
  }

  protected override ready(): boolean {
    return this.#rows.length > 0;
  }

  get #words(): Words {
    return new Words(this.#texts.t, this.language, this.#now!, this.#rows);
  }

  protected override caption(): string {
    return this.ready() ? this.#words.caption() : this.#texts.t.caption;
  }

  protected override label(): string {
    const words = this.#words;
    const first = this.#rows.slice(0, 3).map((row) => words.name(row, this.#isFar(row)));
    return [this.caption(), ...first].join('; ');
  }

  /** It stands in the last row, out of its rank. */
  #isFar({ rank }: BarRow): boolean {
    return rank !== undefined && rank >= this.#limit;
  }

  protected override how(): string {
    return this.#texts.t.how;
  }

  protected override picture(): TemplateResult {
    return html`${this.#shows('bars') ? this.#bars() : nothing}${this.#shows('draw') ? this.#drawn() : nothing}`;
  }

  #bars(): TemplateResult {
    const words = this.#words;
    return html`<ul role="listbox" aria-label=${words.t.list}>
        ${this.#rows.map((row, i) => this.#row(row, i, words))}
      </ul>
      <p class="foot">${words.foot(this.#scale!)}</p>`;
  }

  #row(row: BarRow, i: number, words: Words): TemplateResult {
    const { token, text, p, final, before, chosen, rank } = row;
    const { face, part } = faceOf(text);
    const who = chosen ? (this.#now!.by === 'you' ? 'you' : 'drawn') : '';
    const share = (x: number) => vars({ '--share': Math.min(1, x / this.#scale!).toFixed(4) });
    const far = this.#isFar(row);
    const notes = [far ? `#${words.count(rank! + 1)}` : '', chosen ? words.how : ''].filter(Boolean);
    return html`<li
      part="row"
      role="option"
      class="${who} ${final === 0 ? 'cut' : ''} ${this.#pointed(token) ? 'pointed' : ''}"
      aria-selected=${chosen ? 'true' : 'false'}
      aria-label=${words.name(row, far)}
      tabindex=${i === this.cursor ? '0' : '-1'}
      @click=${() => this.#pick(i)}
      @focus=${() => this.#go(i)}
      @blur=${() => this.point('hover')}
      @pointerenter=${() => this.#hover(i)}
      @pointerleave=${() => this.point('hover')}
    >
      <span class="name"
        ><span part="token" class="token ${who} ${part ? 'part' : ''}" title=${face} translate="no">${face}</span></span
      >
      <span class="track">
        <span part="bar" class="fill" ${share(p)}></span>
        ${final ? html`<span part="outline" class="final" ${share(final)}></span>` : nothing}
        ${before === undefined ? nothing : html`<span class="before" ${share(before)}></span>`}
      </span>
      <span part="value" class="value"
        >${words.percent(p)}${notes.length ? html`<small>${notes.join(' · ')}</small>` : nothing}</span
      >
    </li>`;
  }

  #drawn(): TemplateResult {
    const { says, name, note } = this.#words.draw();
    const { draw, chosen, by } = this.#now!;
    if (!draw)
      return html`<p class="says">${says}</p>
        <div class="unknown hatched"></div>`;
    const width = this.#width.now;
    return html`<p class="says">${says}</p>
      <svg class="draw" role="img" aria-label=${name}>
        ${width > 0 ? drawTemplate({ draw, chosen, by, width, inks: this.#inks.now, note }) : nothing}
      </svg>`;
  }

  #pointed(token: number): boolean {
    const { hover, pin } = this.selection;
    return (hover ?? pin)?.token === token;
  }

  #hover(i: number): void {
    const { token } = this.#rows[i];
    const { position } = this.#now!;
    this.point('hover', { ...(position !== undefined && { position }), token });
  }

  #go(i: number): void {
    this.cursor = i;
    this.#hover(i);
  }

  /** Takes a candidate, unless the page says no. */
  #pick(i: number): void {
    const row = this.#rows[i] as BarRow | undefined;
    if (!row) return;
    const detail = { token: row.token, position: this.#now!.position };
    if (!this.emit('candidate-pick', detail, { cancelable: true }) || this.candidates) return;
    this.bound.run?.pick(row.token, detail.position).catch((error: unknown) => this.failed(error, 'pick'));
  }

  protected override keyList() {
    return this.#texts.t.keys;
  }

  protected override key(event: KeyboardEvent): boolean {
    const target = event.composedPath()[0] as Element;
    if (!target.matches('li')) return false;
    const last = this.#rows.length - 1;
    const { cursor } = this;
    const moves: Record<string, number> = {
      ArrowUp: cursor - 1,
      ArrowDown: cursor + 1,
      PageUp: cursor - 10,
      PageDown: cursor + 10,
      Home: 0,
      End: last,
    };
    if (event.key in moves) {
      const to = Math.max(0, Math.min(last, moves[event.key]));
      this.renderRoot.querySelectorAll('li')[to].focus();
      return true;
    }
    if (event.key === 'Enter' || event.key === ' ') this.#pick(cursor);
    else if (/^[1-9]$/.test(event.key)) this.#pick(this.#rows.findIndex(({ rank }) => rank === Number(event.key) - 1));
    else return false;
    return true;
  }

  protected override numbers(): Table {
    const { t } = this.#texts;
    const ghosts = this.#rows.some((row) => row.before !== undefined);
    const number = (x: number | undefined) => (x === undefined ? undefined : Number(x.toPrecision(5)));
    return {
      caption: this.caption(),
      columns: t.columns.filter((_, i) => i !== 7 || ghosts),
      rows: this.#rows.map(({ rank, text, token, p, final, interval, before, chosen }) => [
        rank === undefined ? undefined : rank + 1,
        named(text),
        token,
        number(p),
        number(final),
        number(interval?.[0]),
        number(interval?.[1]),
        ...(ghosts ? [number(before)] : []),
        chosen ? this.#words.how : '',
      ]),
    };
  }

  protected override data(): unknown {
    const { candidates, draw, chosen, by, position, vocab } = this.#now!;
    return { position, vocab, candidates, draw, chosen, by };
  }
}
