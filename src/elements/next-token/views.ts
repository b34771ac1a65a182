/** The parts of the line and the wheel as templates of what they show. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Step, TokenInfo } from '../../run/types.ts';
import { count, percent } from '../core/format.ts';
import { hex, isWhole, named, shown } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import type { NextTokenTexts } from './texts.ts';
import type { WheelRow } from './wheel.ts';

/** Tokens in the line: more than fit any width. */
const IN_LINE = 60;

/** Pixels below a token for each bit of surprise, up to so many bits. */
const BIT = 1.25;
const MOST_BITS = 12;

/** What a token shows: its text, or the bytes of a part of a character. */
export const faceOf = (text: string, bytes: readonly number[]): { face: string; part: boolean } =>
  bytes.length > 0 && !isWhole(bytes) ? { face: hex(bytes), part: true } : { face: shown(text), part: false };

/** The last tokens as blocks, each with its foot. */
export function lineTemplate(tokens: readonly TokenInfo[], marked: number | undefined): TemplateResult {
  const from = Math.max(0, tokens.length - IN_LINE);
  return html`${repeat(
    tokens.slice(from),
    (_token, i) => from + i,
    ({ text, bytes, bits, by }, i) => {
      const { face, part } = faceOf(text, bytes);
      const open = bits !== undefined && bits > MOST_BITS;
      const kind = `token by-${by ?? 'draw'}${part ? ' part' : ''}${from + i === marked ? ' marked' : ''}`;
      return html`<span part="token" class=${kind} translate="no"
        >${face}${
          bits === undefined
            ? nothing
            : html`<span
                class=${open ? 'foot open' : 'foot'}
                ${vars({ '--foot': (BIT * Math.min(bits, MOST_BITS)).toFixed(2) })}
              ></span>`
        }</span
      >`;
    },
  )}`;
}

export interface RowsOptions {
  readonly t: NextTokenTexts;
  readonly lang: string;
  readonly scale: number;
  readonly by: Step['by'];
  readonly cursor: number;
  readonly pick: (token: number) => void;
  readonly preview: (row: WheelRow | undefined) => void;
}

/** One candidate as it is read aloud. */
export function rowName(
  { candidate, drawn, final }: WheelRow,
  by: Step['by'],
  t: NextTokenTexts,
  lang: string,
): string {
  const parts = [t.candidate(named(candidate.text), percent(candidate.probability, lang))];
  if (drawn) parts.push(by === 'you' ? t.yours : t.drawn); // as it stands beside the percent
  if (final !== undefined) parts.push(final === 0 ? t.cut : t.after(percent(final, lang)));
  return parts.join(', ');
}

export function rowsTemplate(rows: readonly WheelRow[], o: RowsOptions): TemplateResult {
  const share = (p: number) => Math.min(1, p / o.scale).toFixed(4);
  return html`${rows.map((row, i) => {
    const { candidate, drawn, final } = row;
    const state = drawn ? (o.by === 'you' ? 'you' : 'drawn') : '';
    return html`<li
      part="row"
      class=${`row ${state} ${final === 0 ? 'cut' : ''}`}
      role="option"
      aria-selected=${drawn ? 'true' : 'false'}
      aria-label=${rowName(row, o.by, o.t, o.lang)}
      tabindex=${i === o.cursor ? '0' : '-1'}
      ${vars({ '--at': row.at })}
      @click=${() => o.pick(candidate.token)}
      @pointerenter=${() => o.preview(row)}
      @pointerleave=${() => o.preview(undefined)}
      @focus=${() => o.preview(row)}
      @blur=${() => o.preview(undefined)}
    >
      <span class="name"
        ><span class=${drawn && o.by !== 'you' ? 'token drawn' : drawn ? 'token by-you' : 'token'} translate="no"
          >${shown(candidate.text)}</span
        ></span
      >
      <span part="bar" class="bar">
        ${final === undefined ? nothing : html`<b ${vars({ '--final': share(final) })}></b>`}
        <i ${vars({ '--p': share(candidate.probability) })}></i>
      </span>
      <span class="value"
        >${percent(candidate.probability, o.lang)}${
          drawn ? html`<small>${o.by === 'you' ? o.t.yours : o.t.drawn}</small>` : nothing
        }</span
      >
    </li>`;
  })}`;
}

/** Rows whose numbers are not known. */
export function hatchedRows(n: number, first: number): TemplateResult {
  return html`${Array.from(
    { length: n },
    (_, i) =>
      html`<li class="row" role="presentation" aria-hidden="true" ${vars({ '--at': first + i })}>
        <span></span><span class="bar hatched"></span><span class="value">–</span>
      </li>`,
  )}`;
}

/** What the rows do not show. */
export function sentenceOf(
  shownShare: number,
  rows: number,
  vocab: number,
  scale: number,
  settings: boolean,
  t: NextTokenTexts,
  lang: string,
): string {
  const rest = vocab - rows;
  return [
    rest > 0 ? t.rest(count(rest, lang), percent(Math.max(0, 1 - shownShare), lang)) : '',
    t.scale(percent(scale, lang)),
    settings ? t.outline : '',
  ]
    .filter(Boolean)
    .join(' · ');
}
