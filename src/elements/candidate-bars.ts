import { css, html, LitElement, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Candidate } from '../session/records.ts';
import { vars } from './core/vars.ts';

/** A candidate, and what the settings make of it if that is known. */
export interface ShownCandidate extends Candidate {
  /** The probability of drawing it; 0 when top-k or top-p cut it. */
  readonly final?: number;
}

/** Spaces and line breaks made visible. */
export function visible(text: string): string {
  return text.replace(/ /g, '·').replace(/\n/g, '¶').replace(/\t/g, '→') || '(nothing)';
}

/**
 * The most probable next tokens as bars: the model generates by classifying over the vocabulary. A full bar is what the model says; the
 * outline around it is what temperature, top-k and top-p leave of it.
 *
 * @fires {CustomEvent<{ token: number }>} candidate-pick - a bar was activated
 * @cssprop --bar - colour of the bars
 * @cssprop --bar-chosen - colour of the chosen one
 */
@customElement('candidate-bars')
export class CandidateBars extends LitElement {
  static override styles = css`
    :host {
      display: block;
      container-type: inline-size;
    }
    ol {
      list-style: none;
      margin: 0;
      padding: 0;
      display: grid;
      gap: 3px;
    }
    button {
      all: unset;
      box-sizing: border-box;
      display: grid;
      grid-template-columns: minmax(4.5rem, 9rem) 1fr minmax(3.6rem, auto);
      gap: 0.6rem;
      align-items: center;
      width: 100%;
      min-height: 1.9rem;
      padding: 2px 8px;
      border-radius: 6px;
      cursor: pointer;
      color: inherit;
    }
    button:hover {
      background: color-mix(in srgb, var(--bar, #2a6fdb) 12%, transparent);
    }
    button:focus-visible {
      outline: 2px solid var(--bar, #2a6fdb);
      outline-offset: -1px;
    }
    .token {
      font-family: var(--mono, ui-monospace, monospace);
      white-space: pre;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    .track {
      position: relative;
      height: 1.1rem;
      background: color-mix(in srgb, currentColor 8%, transparent);
    }
    .fill,
    .final {
      position: absolute;
      inset: 0 auto 0 0;
      box-sizing: border-box;
    }
    .fill {
      inset-block: 0.25rem;
      width: max(2px, calc(100% * var(--p)));
      background: var(--bar, #2a6fdb);
    }
    .final {
      width: max(2px, calc(100% * var(--final)));
      border: 1.5px solid currentColor;
    }
    .chosen .fill {
      background: var(--bar-chosen, #c2410c);
    }
    .chosen .token {
      font-weight: 700;
    }
    .cut .token,
    .cut .number {
      text-decoration: line-through;
    }
    .number {
      text-align: right;
      font-variant-numeric: tabular-nums;
    }
    .rest {
      padding: 3px 8px;
      margin: 0.25rem 0 0;
      font-size: 0.9em;
    }
  `;

  /** Most probable first. */
  @property({ attribute: false }) candidates: readonly ShownCandidate[] = [];

  /** The token that was taken, if one was. */
  @property({ type: Number }) chosen = -1;

  /** Size of the vocabulary, for the line below the bars; 0 hides it. */
  @property({ type: Number }) vocab = 0;

  override render() {
    const { candidates } = this;
    const end = scaleEnd(Math.max(...candidates.map((c) => Math.max(c.probability, c.final ?? 0)), 0));
    const shown = candidates.reduce((sum, c) => sum + c.probability, 0);
    const rest = this.vocab - candidates.length;
    const settled = candidates.some((c) => c.final !== undefined);
    return html`
      <ol>
        ${candidates.map((c) => this.#row(c, end))}
      </ol>
      ${
        rest > 0 && shown > 0
          ? html`<p class="rest">
              ${percent(Math.max(0, 1 - shown))} for the other ${rest.toLocaleString('en')} tokens. A full bar is
              ${100 * end} %.${settled ? ' Outlined: what the settings make of it.' : ''}
            </p>`
          : nothing
      }
    `;
  }

  #row({ token, text, probability, final }: ShownCandidate, end: number) {
    const share = (p: number) => Math.min(1, p / end);
    const states = [token === this.chosen && 'chosen', final === 0 && 'cut'].filter(Boolean).join(' ');
    return html`<li class=${states}>
      <button
        type="button"
        aria-label=${this.#label(token, text, probability, final)}
        @click=${() => this.#pick(token)}
      >
        <span class="token">${visible(text)}</span>
        <span class="track">
          ${final === undefined ? nothing : html`<span class="final" ${vars({ '--final': share(final) })}></span>`}
          <span class="fill" ${vars({ '--p': share(probability) })}></span>
        </span>
        <span class="number">${percent(probability)}</span>
      </button>
    </li>`;
  }

  #label(token: number, text: string, probability: number, final: number | undefined): string {
    const parts = [visible(text), percent(probability)];
    if (final !== undefined) parts.push(final === 0 ? 'cut by the settings' : `${percent(final)} with the settings`);
    if (token === this.chosen) parts.push('chosen');
    return parts.join(', ');
  }

  #pick(token: number): void {
    this.dispatchEvent(new CustomEvent('candidate-pick', { detail: { token }, bubbles: true, composed: true }));
  }
}

/** What a full bar means: an unsure model's bars would all be slivers of 100 %. Only a few steps, so that the scale rarely jumps. */
function scaleEnd(largest: number): number {
  return [0.1, 0.25, 0.5].find((end) => largest <= end) ?? 1;
}

function percent(p: number): string {
  if (p >= 0.0995) return `${(100 * p).toFixed(1)} %`;
  return p >= 0.00095 ? `${(100 * p).toFixed(2)} %` : '< 0.1 %';
}

declare global {
  interface HTMLElementTagNameMap {
    'candidate-bars': CandidateBars;
  }
}
