/** An icon beside the word that says the same: `html\`<button>${icon(step)} ${t.next}</button>\``. */
import { html, type TemplateResult } from 'lit';

/** 16 px, stroke 1.5, square caps, in the colour of the text. `path` is one of icons.gen.ts. */
export function icon(path: string): TemplateResult {
  return html`<svg
    width="16"
    height="16"
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="2.25"
    stroke-linecap="square"
    aria-hidden="true"
    focusable="false"
  >
    <path d=${path} />
  </svg>`;
}
