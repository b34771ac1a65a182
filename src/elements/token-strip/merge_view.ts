/** The pieces of a text while it is put together from bytes. */
import { html, type TemplateResult } from 'lit';
import type { TokenInfo } from '../../run/types.ts';
import { shown } from '../core/token-text.ts';
import { piecesAfter, type WordMerges } from './merges.ts';
import { PieceReader } from './pieces.ts';

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
