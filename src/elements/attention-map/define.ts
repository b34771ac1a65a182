/** Defines `<nt-attention-map>`. */
import { define } from '../core/define.ts';
import { AttentionMap } from './attention-map.class.ts';

define('nt-attention-map', AttentionMap);

declare global {
  interface HTMLElementTagNameMap {
    'nt-attention-map': AttentionMap;
  }
}
