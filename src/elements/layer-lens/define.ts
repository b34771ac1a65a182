/** Defines `<nt-layer-lens>`. */
import { define } from '../core/define.ts';
import { LayerLens } from './layer-lens.class.ts';

define('nt-layer-lens', LayerLens);

declare global {
  interface HTMLElementTagNameMap {
    'nt-layer-lens': LayerLens;
  }
}
