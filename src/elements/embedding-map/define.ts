/** Puts embedding-map under its tag. */
import { define } from '../core/define.ts';
import { EmbeddingMap } from './embedding-map.class.ts';

define('nt-embedding-map', EmbeddingMap);

declare global {
  interface HTMLElementTagNameMap {
    'nt-embedding-map': EmbeddingMap;
  }
}
