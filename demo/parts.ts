/** Pieces that several panels use. */
import { html, type TemplateResult } from 'lit';

export const megabytes = (bytes: number): string =>
  bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;

export const valueOf = (event: Event): string => (event.target as HTMLInputElement).value;

/** A disabled button keeps its focus, and says that it is disabled. */
export function button(
  label: string | TemplateResult,
  act: () => unknown,
  { kind = 'plain', off = false }: { readonly kind?: 'plain' | 'main' | 'plain small'; readonly off?: boolean } = {},
): TemplateResult {
  return html`<button
    class=${kind}
    type="button"
    aria-disabled=${off ? 'true' : 'false'}
    @click=${() => {
      if (!off) act();
    }}
  >
    ${label}
  </button>`;
}
