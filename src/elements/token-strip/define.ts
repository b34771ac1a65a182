/** Defines `<nt-token-strip>`. */
import { define } from '../core/define.ts';
import { NtTokenStrip } from './token-strip.class.ts';

define('nt-token-strip', NtTokenStrip);

declare global {
  interface HTMLElementTagNameMap {
    'nt-token-strip': NtTokenStrip;
  }
}
