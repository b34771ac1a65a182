/** What model-graph looks like. */
import { css } from 'lit';

export const styles = css`
  :host {
    /* 272 px of picture under a line of caption, and 34 px for each further layer */
    min-block-size: calc(300px + 34px * (var(--layers, 5) - 1));
  }
  .frame {
    block-size: auto;
    min-block-size: inherit;
  }
  .caption {
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .table {
    max-block-size: calc(272px + 34px * (var(--layers, 5) - 1));
  }
  .both {
    display: grid;
    gap: 16px;
  }
  .graph {
    position: relative;
    block-size: calc(272px + 34px * (var(--layers, 5) - 1));
    overflow: hidden auto;
    touch-action: pan-y;
    min-inline-size: 0;
  }
  svg.ways {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    overflow: visible;
    pointer-events: none;
  }
  .way {
    fill: none;
    stroke: var(--nt-ink);
    stroke-width: 1.5;
  }
  .arrow,
  .flow {
    fill: var(--nt-ink);
  }
  .item {
    position: absolute;
    inset: 0 auto auto 0;
    transform: translate(var(--x), var(--y));
    inline-size: var(--w);
    block-size: var(--h);
    font-size: 12px;
    line-height: 15px;
    cursor: pointer;
    white-space: nowrap;
    touch-action: manipulation;
  }
  .item:focus-visible {
    outline-offset: 1px;
    z-index: 1;
  }
  .box {
    display: flex;
    background: var(--nt-sheet);
    border: 1px solid var(--nt-edge);
    overflow: hidden;
  }
  .box:hover,
  .layer:hover {
    background: var(--nt-metal);
  }
  .box.open {
    outline: 2px solid var(--nt-red);
    outline-offset: 0;
  }
  .box.open:focus-visible {
    box-shadow: inset 0 0 0 1px var(--nt-ink);
  }
  .part {
    flex: 1 1 auto;
    min-inline-size: 0;
    padding: 2px 8px 0;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .part + .part {
    border-inline-start: 1px solid var(--nt-line);
  }
  .part span {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .shape {
    color: var(--nt-soft);
  }
  .line {
    gap: 8px;
    justify-content: space-between;
    align-items: center;
    padding: 0 8px 2px;
  }
  .line .shape {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .bar {
    position: absolute;
    inset: auto auto 0 0;
    block-size: 4px;
    inline-size: calc(100% * min(1, var(--share)));
    background: var(--nt-ink);
  }
  .layer {
    display: flex;
    align-items: center;
    gap: 16px;
    padding-inline: 8px;
  }
  .layer .name {
    min-inline-size: 56px;
  }
  .layer[aria-expanded='true'] {
    font-weight: 600;
    padding-inline: 6px;
    background: none;
    cursor: default;
  }
  .layer.marked .name {
    text-decoration: underline 2px;
    text-underline-offset: 3px;
  }
  .small {
    position: relative;
    color: var(--nt-soft);
    min-inline-size: 72px;
    line-height: 25px;
  }
  .small .rail {
    position: absolute;
    inset: auto 0 0 0;
    block-size: 4px;
    border-block-end: 1px solid var(--nt-line);
  }
  .mark {
    position: absolute;
    inset: 0 auto auto 0;
    transform: translate(var(--x), var(--y));
    inline-size: var(--w);
    block-size: var(--h);
    pointer-events: none;
    font-size: 12px;
    line-height: 24px;
    color: var(--nt-soft);
    white-space: nowrap;
    overflow: hidden;
  }
  .mark b {
    color: var(--nt-ink);
    font-weight: 600;
  }
  canvas {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    image-rendering: pixelated;
  }
  .mark canvas {
    outline: 1px solid var(--nt-line);
    outline-offset: -1px;
  }
  .panel {
    min-inline-size: 0;
    max-block-size: 440px;
    overflow: auto;
    overscroll-behavior-x: contain;
    border-block-start: 2px solid var(--nt-red);
    padding-block: 8px;
  }
  .panel header {
    display: flex;
    justify-content: space-between;
    align-items: start;
    gap: 12px;
  }
  .panel h3 {
    font: 600 20px/1.25 var(--nt-face);
    margin: 0;
    overflow-wrap: anywhere;
  }
  .panel h4 {
    font: 600 14px/20px var(--nt-ui);
    margin: 12px 0 4px;
  }
  .panel p {
    margin: 4px 0;
    max-inline-size: 62ch;
  }
  .panel ol {
    margin: 4px 0;
    padding-inline-start: 20px;
    max-inline-size: 62ch;
  }
  .facts {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 2px 12px;
    align-items: baseline;
    margin: 8px 0;
    font-size: 12px;
    line-height: 18px;
  }
  .facts dt {
    color: var(--nt-soft);
  }
  .facts dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  .tensor {
    margin-block: 4px 8px;
    font-size: 12px;
    line-height: 18px;
  }
  .cells {
    position: relative;
    block-size: var(--h);
    border: 1px solid var(--nt-line);
    touch-action: pan-y;
    cursor: crosshair;
  }
  .cursor {
    position: absolute;
    inset: 0 auto auto 0;
    inline-size: var(--w);
    block-size: var(--h);
    transform: translate(var(--x), var(--y));
    outline: 2px solid var(--nt-ink);
    pointer-events: none;
  }
  .tensor output {
    display: block;
    min-block-size: 18px;
  }
  pre {
    font: 12px/18px var(--nt-mono);
    overflow: auto;
    max-block-size: 280px;
    margin: 4px 0;
    padding: 8px;
    border: 1px solid var(--nt-line);
    tab-size: 2;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: center;
  }
  .row button {
    padding-inline: 12px;
  }
  button[aria-pressed='true'] {
    background: var(--nt-ink);
    color: var(--nt-sheet);
  }
  @container (min-width: 980px) {
    .both.opened {
      grid-template-columns: minmax(0, 1fr) 400px;
      gap: 40px;
    }
    .panel {
      max-block-size: calc(272px + 34px * (var(--layers, 5) - 1));
      border-block-start: 0;
      border-inline-start: 2px solid var(--nt-red);
      padding: 0 12px;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .panel {
      animation: open 160ms ease-out;
    }
    @keyframes open {
      from {
        opacity: 0;
        transform: translateY(8px);
      }
    }
  }
  @media (forced-colors: active) {
    .way {
      stroke: CanvasText;
    }
    .bar,
    .arrow,
    .flow {
      fill: CanvasText;
      background: CanvasText;
    }
    .box.open {
      outline-color: Mark;
    }
  }
`;
