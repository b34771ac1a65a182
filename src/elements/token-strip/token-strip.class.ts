/** `<nt-token-strip>`: a text as its tokens, each with its surprise, id and bytes. */
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Run, RunKey, TokenInfo, Want, WordMerges } from '../../run/types.ts';
import { NtElement } from '../core/element.ts';
import { count, fixed, significant } from '../core/format.ts';
import { Localized } from '../core/localized.ts';
import { block, tight } from '../core/styles.ts';
import type { Table } from '../core/table.ts';
import { hex, spoken } from '../core/token-text.ts';
import { editTemplate } from './edit.ts';
import { Flow, indexAfter } from './flow.ts';
import { mergesTemplate, scrubberTemplate } from './merge_view.ts';
import { stepsOf } from './merges.ts';
import { type Piece, surpriseOf, tableRows } from './pieces.ts';
import { Reading } from './reading.ts';
import { styles } from './styles.ts';
import { english } from './texts.ts';

/** On both sides of the box's end: still at the end. */
const NEAR_END = 30;

/**
 * A text as blocks of type, one for each token, in a box of `--nt-rows` lines (6) of 42 px and a caption of 28 px (narrow: 46). Under each
 * block its foot: how surprised the model was. Shows the text of its Run as it grows, any other `text` that the Run reads for it, or
 * `tokens` set as records.
 *
 * @fires {CustomEvent<{text: string}>} text-change - The text was edited.
 * @fires {CustomEvent<{kind: 'hover' | 'pin' | 'clear', position?: number}>} selection-change - A token was pointed at or pinned.
 * @slot caption - Instead of our caption.
 * @slot status - Instead of our line of messages.
 * @csspart frame - Everything. @csspart token - A block. @csspart foot - Its surprise. @csspart id - Its id.
 * @csspart controls - Steps of merging.
 * @cssprop [--nt-rows=6] - Lines that the box shows; more are scrolled.
 * @key {← →} tokens @key {↑ ↓} lines @key {m} joins one pair more
 *
 * @example
 * <nt-token-strip for="demo" text="an unlikely sentence" show="surprise ids" editable></nt-token-strip>
 */
export class NtTokenStrip extends NtElement {
  static override styles = [NtElement.styles, block, tight, styles].flat();

  /** Another text, read by the Run; default: the Run's own. */
  @property() text: string | undefined;

  /** What stands below the blocks: any of `surprise`, `ids`, `bytes`, `merges`; or `none`. */
  @property() show = 'surprise';

  /** `off`: one line, which is scrolled. */
  @property({
    converter: {
      fromAttribute: (value) => value !== 'off' && value !== 'false',
      toAttribute: (on) => (on ? '' : 'off'),
    },
  })
  wrap = true;

  /** The text can be changed. */
  @property({ type: Boolean }) editable = false;

  /** The tokens, instead of those of the Run. */
  @property({ attribute: false }) tokens: readonly TokenInfo[] | undefined;

  /** How the tokenizer put the words together, for `show="merges"`. */
  @property({ attribute: false }) merges: readonly WordMerges[] | undefined;

  /** Joins that are shown; undefined: all. */
  @state() private joined: number | undefined;

  readonly #texts = new Localized(this, english, { zh: () => import('./texts.zh.ts') });
  readonly #reading = new Reading(
    () => this.requestUpdate(),
    (error) => this.failed(error, 'score'),
  );
  #shown: readonly TokenInfo[] = [];
  #flow: Flow | undefined;
  /** What the blocks were made with; other options need other blocks. */
  #made = '';
  /** Token with the cursor; undefined: the last one. */
  #cursor: number | undefined;
  #tabStop: HTMLElement | undefined;
  #marks: (HTMLElement | undefined)[] = [];
  /** The end of the text is in view, and stays there while it grows. */
  #atEnd = true;

  protected override get keys(): readonly RunKey[] {
    return ['state', 'model', 'prompt', 'tokens', 'steps', 'selection', 'gates'];
  }

  #shows(what: 'surprise' | 'ids' | 'bytes' | 'merges'): boolean {
    return this.show.split(/\s+/).includes(what);
  }

  protected override wants(): readonly Want[] {
    return this.#shows('surprise') && !this.tokens && this.text === undefined ? ['score'] : [];
  }

  protected override textsReady(): Promise<void> {
    return this.#texts.ready;
  }

  protected override hasRecords(): boolean {
    return this.tokens !== undefined;
  }

  /** The text that is read or edited; undefined: the Run's own is shown. */
  get #own(): string | undefined {
    return this.text ?? (this.editable && !this.tokens ? (this.bound.run?.prompt ?? '') : undefined);
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (changed.has('show') || changed.has('text') || changed.has('tokens')) this.bound.want();
    const { run } = this.bound;
    this.#ask();
    if (this.text !== undefined) this.#reading.read(this.text, run);
    const own = this.#own;
    if (this.tokens) this.#shown = this.tokens;
    else if (this.text !== undefined) this.#shown = this.#reading.tokensOf(this.text);
    else if (own !== undefined) this.#shown = run?.tokens.filter(({ by }) => by === 'prompt') ?? [];
    else this.#shown = run?.tokens ?? [];
  }

  protected override ready(): boolean {
    return this.editable || this.#shown.length > 0;
  }

  protected override caption(): string {
    const { t } = this.#texts;
    if (!this.#shows('surprise')) return t.caption;
    const surprise = surpriseOf(this.#shown);
    if (!surprise) return t.feet;
    const { n, mean, perplexity } = surprise;
    const { language } = this;
    const space = t.comma === ', ' ? ' ' : '';
    return `${t.feet}${space}${t.mean(fixed(mean, 1, language), significant(perplexity, language), count(n, language))}`;
  }

  protected override label(): string {
    const { t } = this.#texts;
    const all = t.tokens(count(this.#shown.length, this.language));
    return [t.name, all, this.caption()].join(t.comma);
  }

  protected override how(): string {
    return this.#texts.t.how;
  }

  protected override picture(): TemplateResult {
    if (this.editable)
      return html`<div class="box">
        ${editTemplate({
          text: this.#own ?? '',
          tokens: this.#shown,
          feet: this.#shows('surprise'),
          label: this.#texts.t.edit,
          input: (text) => this.#edit(text),
        })}
      </div>`;
    const merging = this.#merging();
    const apart = merging && this.joined !== undefined;
    return html`<div class=${this.wrap ? 'box' : 'box nowrap'} @scroll=${this.#scrolled}>
        <div
          class=${this.#shows('surprise') ? 'flow' : 'flow plain'}
          role="listbox"
          aria-label=${this.#texts.t.name}
          aria-orientation="horizontal"
          ?hidden=${apart}
          @pointerover=${this.#over}
          @pointerleave=${() => this.#sharing && this.point('hover')}
          @click=${this.#click}
          @focusin=${this.#focus}
          @focusout=${() => this.#sharing && this.point('hover')}
        ></div>
        ${apart ? mergesTemplate(this.#shown, merging, this.joined!) : nothing}
      </div>
      ${
        merging
          ? scrubberTemplate(merging, this.joined, {
              t: this.#texts.t,
              lang: this.language,
              to: (step) => this.#join(step, stepsOf(merging)),
              next: () => this.#joinNext(),
            })
          : nothing
      }`;
  }

  #merging(): readonly WordMerges[] | undefined {
    return this.#shows('merges') ? (this.merges ?? this.#asked?.merges) : undefined;
  }

  /** What the tokenizer has told about a text. */
  #asked: { readonly text: string; readonly run: Run; merges: readonly WordMerges[] | undefined } | undefined;

  /** The Run's own tokenizer tells how the prompt, or the own text, was put together. */
  #ask(): void {
    const { run } = this.bound;
    const text = this.text ?? run?.prompt;
    if (!run || run.state === 'poster' || text === undefined || this.merges || this.tokens || !this.#shows('merges'))
      return;
    if (this.#asked?.text === text && this.#asked.run === run) return;
    const asked = (this.#asked = { text, run, merges: undefined as readonly WordMerges[] | undefined });
    run.merges(text).then(
      (merges) => {
        asked.merges = merges;
        this.requestUpdate();
      },
      () => undefined, // a recording: the tokens stand as they are
    );
  }

  #join(step: number, all: number): void {
    this.joined = step >= all ? undefined : step;
  }

  /** One pair more; after the last one it begins again with bytes. */
  #joinNext(): boolean {
    const merges = this.#merging();
    if (!merges) return false;
    const all = stepsOf(merges);
    this.#join(this.joined === undefined ? 0 : this.joined + 1, all);
    this.renderRoot.querySelector<HTMLElement>('#step')?.focus(); // the blocks change under the cursor
    return true;
  }

  #edit(text: string): void {
    this.#reading.pause();
    this.text = text;
    this.emit('text-change', { text });
  }

  /** Is it the text that the other pictures of the Run show? */
  get #sharing(): boolean {
    return this.text === undefined;
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    const element = this.renderRoot.querySelector<HTMLElement>('.flow[role]');
    if (!element) {
      this.#flow = undefined;
      return;
    }
    const had = this.#flow?.cells.length ?? 0;
    const focused = element.contains(this.shadowRoot!.activeElement);
    const growing = !this.tokens && this.text === undefined;
    const made = [this.language, this.show, growing].join(' ');
    if (this.#flow?.element !== element || this.#made !== made) {
      this.#made = made;
      this.#flow = new Flow(element, {
        feet: this.#shows('surprise'),
        ids: this.#shows('ids'),
        bytes: this.#shows('bytes'),
        name: (token, piece) => this.#name(token, piece),
        growing,
      });
    }
    if (this.#flow.show(this.#shown)) this.#settle(focused);
    if (growing && this.#atEnd && this.#flow.cells.length > had && this.bound.run?.steps.length)
      element.parentElement!.scrollTop = 1e7;
    this.#mark();
  }

  /** The tab stop is at the cursor, or at the last token; focus stays in the strip when its token is gone. */
  #settle(focused: boolean): void {
    const { cells } = this.#flow!;
    if (this.#cursor !== undefined && this.#cursor >= cells.length) this.#cursor = undefined;
    const stop = cells.at(this.#cursor ?? -1);
    if (stop !== this.#tabStop) {
      if (this.#tabStop) this.#tabStop.tabIndex = -1;
      if (stop) stop.tabIndex = 0;
      this.#tabStop = stop;
    } else if (stop) stop.tabIndex = 0;
    if (focused && !this.#flow!.element.contains(this.shadowRoot!.activeElement)) stop?.focus();
  }

  #mark(): void {
    const { hover, pin } = this.selection;
    const at = (position: number | undefined) =>
      this.#sharing && position !== undefined ? this.#flow!.cells[position] : undefined;
    const next = [at(hover?.position), at(pin?.position)];
    ['hover', 'pin'].forEach((kind, i) => {
      if (next[i] === this.#marks[i]) return;
      this.#marks[i]?.classList.remove(kind);
      next[i]?.classList.add(kind);
      if (kind !== 'pin') return;
      if (this.#marks[i]) this.#marks[i].ariaSelected = 'false';
      if (next[i]) next[i].ariaSelected = 'true';
    });
    this.#marks = next;
  }

  /** `deal, token 411, 1.96 bits`; first what is seen in the block, in that order, so that it can be said to a computer. */
  #name({ id, text, bytes, bits, by }: TokenInfo, piece: Piece): string {
    const { t } = this.#texts;
    const { language } = this;
    const [ids, hexes] = [this.#shows('ids'), this.#shows('bytes')];
    const seen = [
      piece.part ? `${piece.part} ${piece.whole}`.trim() : spoken(piece.text || text),
      ...(ids ? [String(id)] : []),
      ...(hexes ? [hex(bytes)] : []),
    ];
    return [
      seen.join(' '),
      ...(piece.part ? [t.part] : []),
      ...(ids ? [] : [t.id(String(id))]),
      ...(bits === undefined ? [] : [t.bits(fixed(bits, 2, language))]),
      ...(by && t.by[by] ? [t.by[by]] : []),
    ].join(t.comma);
  }

  readonly #scrolled = (event: Event) => {
    const { scrollTop, clientHeight, scrollHeight } = event.target as HTMLElement;
    this.#atEnd = scrollTop + clientHeight > scrollHeight - NEAR_END;
  };

  #indexOf(event: Event): number | undefined {
    const at = (event.target as Element).closest<HTMLElement>('.cell')?.dataset['at'];
    return at === undefined ? undefined : Number(at);
  }

  readonly #over = (event: Event) => {
    const position = this.#indexOf(event);
    if (position !== undefined && this.#sharing) this.point('hover', { position });
  };

  readonly #click = (event: Event) => {
    const position = this.#indexOf(event);
    if (position === undefined) return;
    this.#to(position);
    if (this.#sharing) this.point('pin', { position });
  };

  readonly #focus = (event: Event) => {
    const position = this.#indexOf(event);
    if (position === undefined) return;
    this.#cursor = position;
    this.#settle(false);
    if (this.#sharing) this.point('hover', { position });
  };

  #to(index: number): boolean {
    this.#flow?.cells.at(index)?.focus();
    return true;
  }

  protected override keyList() {
    const { keys } = this.#texts.t;
    return this.#merging() ? keys : keys.slice(0, 2);
  }

  protected override key(event: KeyboardEvent): boolean {
    const target = event.composedPath()[0] as Element;
    if (target.matches('textarea')) return false;
    if (event.key === 'm') return this.#joinNext();
    const cells = this.#flow?.cells;
    const at = this.#cursor;
    if (!target.matches('.cell') || !cells || at === undefined) return false;
    const to = indexAfter(event.key, at, cells);
    if (to !== undefined) return this.#to(to);
    if (event.key !== 'Enter') return false;
    if (this.#sharing) this.point('pin', { position: at });
    return true;
  }

  protected override numbers(): Table {
    const { t } = this.#texts;
    return { caption: this.caption(), columns: t.columns, rows: tableRows(this.#shown) };
  }

  protected override data(): unknown {
    return this.#shown;
  }
}
