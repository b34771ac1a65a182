/** The pieces of a text while it is put together from bytes. */
import { html, type TemplateResult } from 'lit';
import type { TokenInfo, WordMerges } from '../../run/types.ts';
import { shown } from '../core/token-text.ts';
import { count } from '../core/format.ts';
import { piecesAfter, stepsOf } from './merges.ts';
import { PieceReader } from './pieces.ts';
import type { Texts } from './texts.ts';

export function mergesTemplate(
  tokens: readonly TokenInfo[],
  merges: readonly WordMerges[],
  steps: number,
): TemplateResult {
  return html`<div class="flow" role="list">
    ${piecesAfter(tokens, merges, steps).map(({ bytes, fresh }) => {
      const { text, part } = new PieceReader().read({ text: '', bytes });
      const kind = `token piece${part ? ' part' : ''}${fresh ? ' fresh' : ''}`;
      return html`<span role="listitem" class=${kind} translate="no">${part || shown(text)}</span>`;
    })}
  </div>`;
}

export interface ScrubberOptions {
  readonly t: Texts;
  readonly lang: string;
  readonly to: (step: number) => void;
  readonly next: () => void;
}

/** Steps back and forth; `joined` undefined: all is joined. */
export function scrubberTemplate(
  merges: readonly WordMerges[],
  joined: number | undefined,
  { t, lang, to, next }: ScrubberOptions,
): TemplateResult {
  const all = stepsOf(merges);
  const now = joined ?? all;
  return html`<div part="controls" class="controls">
    <label for="step">${t.step(count(now, lang), count(all, lang))}</label>
    <input
      id="step"
      type="range"
      min="0"
      max=${all}
      .value=${String(now)}
      @input=${(event: Event) => to(Number((event.target as HTMLInputElement).value))}
    />
    <button type="button" part="button" @click=${next}>${t.join}</button>
  </div>`;
}
