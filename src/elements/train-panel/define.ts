/** `<nt-train-panel>` under its tag. */
import { define } from '../core/define.ts';
import { TrainPanel } from './train-panel.class.ts';

define('nt-train-panel', TrainPanel);

declare global {
  interface HTMLElementTagNameMap {
    'nt-train-panel': TrainPanel;
  }
}
