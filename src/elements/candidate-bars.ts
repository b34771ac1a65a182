import { css, html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Candidate } from '../session/records.ts';

/** Spaces and line breaks made visible. */
export function visible(text: string): string {
  return text.replace(/ /g, '·').replace(/\n/g, '¶').replace(/\t/g, '→') || '(nothing)';
}

/**
 * The most probable next tokens as bars: it generates, but what it does is classify over the vocabulary.
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
      grid-template-columns: minmax(5.5rem, 9rem) 1fr 4.2rem;
      gap: 0.6rem;
      align-items: center;
      width: 100%;
      padding: 3px 8px;
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
      height: 1rem;
      border-radius: 4px;
      background: color-mix(in srgb, currentColor 8%, transparent);
      overflow: hidden;
    }
    .fill {
      height: 100%;
      border-radius: 4px;
      background: var(--bar, #2a6fdb);
    }
    .chosen .fill {
      background: var(--bar-chosen, #c2410c);
    }
    .chosen .token {
      font-weight: 700;
    }
    .number {
      text-align: right;
      font-variant-numeric: tabular-nums;
    }
    .rest {
      padding: 3px 8px;
      margin: 0.25rem 0 0;
      opacity: 0.75;
      font-size: 0.9em;
    }
  `;

  /** Most probable first. */
  @property({ attribute: false }) candidates: readonly Candidate[] = [];

  /** The token that was taken, if one was. */
  @property({ type: Number }) chosen = -1;

  /** Size of the vocabulary, for the line below the bars; 0 hides it. */
  @property({ type: Number }) vocab = 0;

  override render() {
    const end = scaleEnd(this.candidates[0]?.probability ?? 1);
    const shown = this.candidates.reduce((sum, c) => sum + c.probability, 0);
    const rest = this.vocab - this.candidates.length;
    return html`
      <ol>
        ${this.candidates.map(
          (c) =>
            html`<li class=${c.token === this.chosen ? 'chosen' : ''}>
              <button
                type="button"
                aria-label=${`${visible(c.text)}, ${percent(c.probability)}${c.token === this.chosen ? ', chosen' : ''}`}
                @click=${() => this.#pick(c.token)}
              >
                <span class="token">${visible(c.text)}</span>
                <span class="track"
                  ><span
                    class="fill"
                    style=${`display:block;width:${Math.max(0.4, Math.min(100, (100 * c.probability) / end))}%`}
                  ></span
                ></span>
                <span class="number">${percent(c.probability)}</span>
              </button>
            </li>`,
        )}
      </ol>
      ${
        rest > 0 && shown > 0
          ? html`<p class="rest">
              ${percent(Math.max(0, 1 - shown))} for the other ${rest.toLocaleString('en')} tokens. A full bar is
              ${100 * end} %.
            </p>`
          : ''
      }
    `;
  }

  #pick(token: number): void {
    this.dispatchEvent(new CustomEvent('candidate-pick', { detail: { token }, bubbles: true, composed: true }));
  }
}

/** What a full bar means: an unsure model's bars would all be slivers of 100 %. A few steps, so that the scale seldom jumps. */
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
