import { css } from 'lit';

export const styles = css`
  :host {
    block-size: 220px;
  }
  .top {
    block-size: 28px;
  }
  .caption {
    display: flex;
    gap: 0 14px;
    white-space: nowrap;
    overflow: hidden;
  }
  @container (width < 480px) {
    .top {
      block-size: 46px;
    }
    .caption {
      flex-wrap: wrap;
    }
  }
  .key::before {
    content: '';
    display: inline-block;
    inline-size: 16px;
    margin-inline-end: 5px;
    vertical-align: 4px;
    border-block-start: 1.5px solid var(--nt-ink);
  }
  .key.of-validation::before {
    vertical-align: 3px;
    border-block-start-width: 3px;
  }
  .plot {
    position: absolute;
    inset: 0;
    touch-action: pan-y;
  }
  svg {
    display: block;
    overflow: hidden;
  }
  text {
    font: 12px var(--nt-ui);
    fill: var(--nt-soft);
    paint-order: stroke;
    stroke: var(--nt-sheet);
    stroke-width: 3px;
    stroke-linejoin: round;
  }
  text.best {
    fill: var(--nt-red);
    font-weight: 700;
  }
  .grid {
    stroke: var(--nt-line);
  }
  .range,
  .mean,
  .validation {
    fill: none;
    stroke: var(--nt-ink);
    stroke-linejoin: round;
  }
  .range {
    stroke: var(--nt-edge);
  }
  .mean {
    stroke-width: 1.5px;
  }
  .validation {
    stroke-width: 2.5px;
  }
  .dot {
    fill: var(--nt-ink);
  }
  .baseline {
    stroke: var(--nt-soft);
    stroke-width: 1.5px;
    stroke-dasharray: 6 4;
  }
  .best-dot {
    fill: var(--nt-red);
    stroke: var(--nt-sheet);
    stroke-width: 1.5px;
  }
  .skip {
    stroke: var(--nt-red);
    stroke-width: 2px;
    fill: none;
  }
  .cursor {
    position: absolute;
    inset-block-start: 0;
    inset-inline-start: 0;
    inline-size: 13px;
    block-size: 13px;
    margin: -6.5px;
    border: 2px solid var(--nt-ink);
    border-radius: 50%;
    transform: translate(var(--x), var(--y));
    pointer-events: none;
  }
  .cursor:not(.shown, :focus-visible) {
    border-color: transparent;
  }
  .cursor.pinned {
    background: var(--nt-ink);
  }
  .tooltip {
    position: absolute;
    inset-block-start: 0;
    inset-inline-start: 0;
    max-inline-size: 100%;
    padding: 0 6px;
    border: 1px solid var(--nt-ink);
    background: var(--nt-sheet);
    font-size: 12px;
    line-height: 20px;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
    pointer-events: none;
    transform: translate(clamp(0px, calc(var(--x) - 50%), calc(var(--w) - 100%)), var(--y));
  }
`;
