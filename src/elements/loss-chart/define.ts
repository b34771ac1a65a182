/** `<nt-loss-chart>` under its tag. */
import { define } from '../core/define.ts';
import { LossChart } from './loss-chart.class.ts';

define('nt-loss-chart', LossChart);

declare global {
  interface HTMLElementTagNameMap {
    'nt-loss-chart': LossChart;
  }
}
