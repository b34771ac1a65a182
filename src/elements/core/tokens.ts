/**
 * The design tokens of every element: `static styles = [tokens, …]`, then `color: var(--nt-ink)`.
 *
 * **Defaults are initial values.** Each `--nt-…` is registered with its default as its initial value, so no element of ours declares
 * it. A page may set one anywhere, on `:root`, a section or an element, and it comes down to all of ours in there by inheritance,
 * through shadow roots too. A declaration on `:host` would cut that off at every nested element. Browsers that cannot register
 * properties (Firefox before 128) get exactly such declarations instead: there a page sets a token on each element.
 *
 * **Light or dark** is `color-scheme`; the values are `light-dark(…)`, resolved where they are used. `theme` sets `--nt-scheme`,
 * which is inherited: an element inside another takes the outer one's theme unless it says `light` or `dark` itself. Without any (`auto`)
 * it is `light dark`: the system's choice. A page may set `--nt-scheme: light` (or `dark`) on `:root` for all elements at once.
 * `theme="inherit"` sets a number, which no `color-scheme` can be: invalid at that place means inherited, here from the page. It
 * takes the page's `currentColor`, fixed as `--nt-inherited` (inks.ts), because `currentColor` inside a filled button would be the
 * button's own. A `theme` nested in an inheriting element changes the scheme but not these greys.
 *
 * Forced colours and print are `!important`: what the reader's system or paper needs wins over a page's design.
 */
import { css, unsafeCSS, type CSSResult } from 'lit';
import { declare, FONTS, FORCED, INHERITED, PRINTED, THEMED } from './token_values.ts';

const DEFAULTS = { ...THEMED, ...FONTS };

/** Registers what is not yet registered: a second copy of this code finds the first one's. */
function register(): boolean {
  if (typeof CSS === 'undefined' || !('registerProperty' in CSS)) return false;
  for (const [name, initialValue] of Object.entries(DEFAULTS))
    try {
      CSS.registerProperty({ name: `--nt-${name}`, syntax: '*', inherits: true, initialValue });
    } catch (error) {
      if ((error as DOMException).name !== 'InvalidModificationError') throw error;
    }
  return true;
}

const defaults = register() ? '' : `:host {\n${declare(DEFAULTS)}\n}`;

export const tokens: CSSResult = css`
  ${unsafeCSS(defaults)}
  :host {
    color-scheme: var(--nt-scheme, light dark);
  }
  :host([theme='light']) {
    --nt-scheme: light;
  }
  :host([theme='dark']) {
    --nt-scheme: dark;
  }
  :host([theme='inherit']) {
    --nt-scheme: 0;
    ${unsafeCSS(declare(INHERITED))}
  }
  @media (forced-colors: active) {
    :host {
      ${unsafeCSS(declare(FORCED, ' !important'))}
    }
  }
  @media print {
    :host {
      color-scheme: light !important;
      ${unsafeCSS(declare(PRINTED, ' !important'))}
    }
  }
`;
