import { css, html, LitElement, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

const WIDTH = 640;
const HEIGHT = 220;
const MARGIN = { left: 44, right: 12, top: 10, bottom: 28 };

/** Points that a curve of this many pixels can show: means of equal runs. */
function thin(points: readonly LossPoint[], most: number): readonly LossPoint[] {
  if (points.length <= most) return points;
  const size = points.length / most;
  return Array.from({ length: most }, (_, i) => {
    const run = points.slice(Math.floor(i * size), Math.floor((i + 1) * size));
    return { step: run[run.length - 1].step, loss: run.reduce((sum, p) => sum + p.loss, 0) / run.length };
  });
}

/** Loss over steps in nats per token, with a line for what the best n-gram reaches. */
@customElement('loss-chart')
export class LossChart extends LitElement {
  static override styles = css`
    :host {
      display: block;
    }
    svg {
      width: 100%;
      height: auto;
      display: block;
    }
    text {
      fill: currentColor;
      font-size: 12px;
      font-family: inherit;
    }
    .grid {
      stroke: currentColor;
      opacity: 0.15;
    }
    .train {
      fill: none;
      stroke: var(--bar, #2a6fdb);
      stroke-width: 1.6;
    }
    .validation {
      fill: none;
      stroke: var(--bar-chosen, #c2410c);
      stroke-width: 2.2;
    }
    .baseline {
      stroke: currentColor;
      stroke-dasharray: 5 4;
      opacity: 0.7;
    }
    p {
      margin: 0.2rem 0 0;
      display: flex;
      flex-wrap: wrap;
      gap: 0.2rem 1.2rem;
      font-size: 0.9em;
    }
    .key::before {
      content: '';
      display: inline-block;
      width: 1.4em;
      height: 0;
      margin-right: 0.4em;
      vertical-align: middle;
      border-top: 3px solid var(--bar, #2a6fdb);
    }
    .key.validation::before {
      border-color: var(--bar-chosen, #c2410c);
    }
    .key.baseline::before {
      border-top: 2px dashed currentColor;
    }
  `;

  @property({ attribute: false }) points: readonly LossPoint[] = [];
  @property({ attribute: false }) validation: readonly LossPoint[] = [];
  /** Nats per token of the yardstick; 0 hides it. */
  @property({ type: Number }) baseline = 0;
  @property({ attribute: 'baseline-name' }) baselineName = 'n-gram';

  override render() {
    const points = thin(this.points, 400);
    if (points.length < 2) return html`<p>The curve begins after the second step.</p>`;
    const all = [...points, ...this.validation].map((p) => p.loss).filter(Number.isFinite);
    const low = Math.max(0, Math.min(...all, this.baseline || Infinity) - 0.2);
    const high = Math.max(...all, this.baseline) + 0.1;
    const last = Math.max(points[points.length - 1].step, 1);
    const x = (step: number) => MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * step) / last;
    const y = (loss: number) => MARGIN.top + ((HEIGHT - MARGIN.top - MARGIN.bottom) * (high - loss)) / (high - low);
    const path = (list: readonly LossPoint[]) =>
      list.map((p, i) => `${i ? 'L' : 'M'}${x(p.step).toFixed(1)} ${y(p.loss).toFixed(1)}`).join('');
    const ticks = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4);
    const now = points[points.length - 1].loss;
    return html`
      <svg
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        role="img"
        aria-label=${`Training loss ${now.toFixed(2)} nats per token after ${last} steps`}
      >
        ${ticks.map(
          (t) => svg`<line class="grid" x1=${MARGIN.left} x2=${WIDTH - MARGIN.right} y1=${y(t)} y2=${y(t)}></line>
            <text x=${MARGIN.left - 6} y=${y(t) + 4} text-anchor="end">${t.toFixed(1)}</text>`,
        )}
        <text x=${MARGIN.left} y=${HEIGHT - 8}>step 0</text>
        <text x=${WIDTH - MARGIN.right} y=${HEIGHT - 8} text-anchor="end">${last}</text>
        ${this.baseline ? svg`<line class="baseline" x1=${MARGIN.left} x2=${WIDTH - MARGIN.right} y1=${y(this.baseline)} y2=${y(this.baseline)}></line>` : ''}
        <path class="train" d=${path(points)}></path>
        <path class="validation" d=${path(this.validation)}></path>
      </svg>
      <p>
        <span class="key">training ${now.toFixed(2)}</span>
        ${this.validation.length ? html`<span class="key validation">validation ${this.validation[this.validation.length - 1].loss.toFixed(2)}</span>` : ''}
        ${this.baseline ? html`<span class="key baseline">${this.baselineName} ${this.baseline.toFixed(2)}</span>` : ''}
        <span>nats per token</span>
      </p>
    `;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'loss-chart': LossChart;
  }
}
