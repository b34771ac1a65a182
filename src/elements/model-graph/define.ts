/** Puts model-graph under its tag. */
import { define } from '../core/define.ts';
import { ModelGraph } from './model-graph.class.ts';

define('nt-model-graph', ModelGraph);

declare global {
  interface HTMLElementTagNameMap {
    'nt-model-graph': ModelGraph;
  }
}
