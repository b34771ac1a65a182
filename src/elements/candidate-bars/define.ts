/** Defines `<nt-candidate-bars>`. */
import { define } from '../core/define.ts';
import { NtCandidateBars } from './candidate-bars.class.ts';

define('nt-candidate-bars', NtCandidateBars);

declare global {
  interface HTMLElementTagNameMap {
    'nt-candidate-bars': NtCandidateBars;
  }
}
