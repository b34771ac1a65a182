/** `<nt-train-panel>` under its tag, with the chart that it shows. */
import { define } from '../core/define.ts';
import '../loss-chart/define.ts';
import { TrainPanel } from './train-panel.class.ts';

define('nt-train-panel', TrainPanel);

declare global {
  interface HTMLElementTagNameMap {
    'nt-train-panel': TrainPanel;
  }
}
