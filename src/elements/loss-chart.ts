import { css, html, LitElement, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { lossCurve, type LossPoint, thin } from './loss-curve.ts';

const WIDTH = 640;
const HEIGHT = 220;
const BOX = { left: 44, right: WIDTH - 12, top: 10, bottom: HEIGHT - 28 };

/** Loss over steps in nats per token, with a line for what the best n-gram achieves. */
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
    const { x, y, ticks, end } = lossCurve([...points, ...this.validation], BOX, this.baseline || undefined);
    const path = (list: readonly LossPoint[]) =>
      list.map((p, i) => `${i ? 'L' : 'M'}${x(p.step).toFixed(1)} ${y(p.loss).toFixed(1)}`).join('');
    const now = points[points.length - 1].loss;
    return html`
      <svg
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        role="img"
        aria-label=${`Training loss ${now.toFixed(2)} nats per token after ${end} steps`}
      >
        ${ticks.map(
          (t) => svg`<line class="grid" x1=${BOX.left} x2=${BOX.right} y1=${y(t)} y2=${y(t)}></line>
            <text x=${BOX.left - 6} y=${y(t) + 4} text-anchor="end">${t.toFixed(2)}</text>`,
        )}
        <text x=${BOX.left} y=${HEIGHT - 8}>step 0</text>
        <text x=${BOX.right} y=${HEIGHT - 8} text-anchor="end">${end}</text>
        ${this.baseline ? svg`<line class="baseline" x1=${BOX.left} x2=${BOX.right} y1=${y(this.baseline)} y2=${y(this.baseline)}></line>` : ''}
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
