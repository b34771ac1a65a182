/** The text while it is edited: a textarea, and behind it the blocks, with the same font and line breaks. */
import { html, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { TokenInfo } from '../../run/types.ts';
import { vars } from '../core/vars.ts';
import { footOf } from './flow.ts';

/** A line that ends the text and is empty has a height too. */
const LAST = '\u200b';

export interface EditOptions {
  readonly text: string;
  /** As far as they are known: they may end before the text does. */
  readonly tokens: readonly TokenInfo[];
  readonly feet: boolean;
  readonly label: string;
  readonly input: (text: string) => void;
}

export function editTemplate({ text, tokens, feet, label, input }: EditOptions): TemplateResult {
  const known = tokens.filter(({ from, to }) => to > from); // parts of a character stand in the one that completes it
  const end = known.at(-1)?.to ?? 0;
  const under = known.map(
    ({ from, to, bits }) =>
      html`<span class="run" ${vars({ '--foot': feet && bits !== undefined ? footOf(bits) : '0px' })}
        >${text.slice(from, to)}</span
      >`,
  );
  const rest = end < text.length ? html`<span class="run pending">${text.slice(end)}</span>` : '';
  return html`<div class="edit">
    <div class="under" aria-hidden="true" translate="no">${[under, rest, LAST]}</div>
    <textarea
      aria-label=${label}
      spellcheck="false"
      autocapitalize="off"
      autocomplete="off"
      .value=${live(text)}
      @input=${(event: Event) => input((event.target as HTMLTextAreaElement).value)}
    ></textarea>
  </div>`;
}
