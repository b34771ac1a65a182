import { css } from 'lit';

/** 300 px in every state: the caption, and nine rows of 30 px. What moves is the world inside the box, by transform. */
export const styles = css`
  :host {
    block-size: 300px;
  }
  .box {
    position: relative;
    block-size: 270px;
    overflow: clip;
  }
  .world {
    position: absolute;
    inset: 0;
    will-change: transform;
  }
  svg {
    position: absolute;
    inset: 0;
    overflow: visible;
    inline-size: 1px;
    block-size: 1px;
  }
  path {
    fill: none;
    stroke: color-mix(in srgb, var(--nt-sheet), var(--nt-ink) calc(100% * var(--strength)));
  }
  path.taken {
    stroke: var(--nt-red);
  }
  path.you {
    stroke: var(--nt-blue);
  }
  .node {
    position: absolute;
    inset-block-start: 0;
    inset-inline-start: 0;
    block-size: 30px;
    inline-size: calc(var(--step) - 8px);
    display: flex;
    align-items: center;
    transform: translate(var(--at-x), var(--at-y));
    cursor: pointer;
    touch-action: manipulation;
    pointer-events: none;
  }
  .token {
    flex: none;
    box-sizing: border-box;
    inline-size: var(--w);
    block-size: 24px;
    line-height: 22px;
    font-size: 16px;
    padding-inline: 3px;
    overflow: hidden;
    text-overflow: ellipsis;
    pointer-events: auto;
  }
  /* A target as high as its slot. */
  .token::before {
    content: '';
    position: absolute;
    inset-block: -3px;
    inset-inline: 0 -16px;
  }
  .node:focus-visible {
    outline: none;
  }
  .node:focus-visible .token {
    outline: 3px solid var(--nt-ink);
    outline-offset: 1px;
  }
  .token:hover,
  .pointed .token {
    --nt-block: var(--nt-metal);
  }
  .taken .token {
    color: var(--nt-red);
    border-color: var(--nt-red);
  }
  .you .token {
    color: var(--nt-blue);
    border-color: var(--nt-blue);
  }
  /* Where you turned off: a stroke besides the colour. */
  .turned .token {
    border-block-start-width: 3px;
    line-height: 19px;
  }
  .now .token {
    border-width: 2px;
    line-height: 20px;
  }
  .root .token {
    color: var(--nt-blue);
    border-block-start: 2px solid var(--nt-blue);
  }
  .tip .token {
    background: var(--nt-red);
    color: var(--nt-sheet);
  }
  .tip.you .token,
  .tip.root .token {
    background: var(--nt-blue);
    border-color: var(--nt-blue);
    color: var(--nt-sheet);
  }
  .more-tokens {
    position: absolute;
    inset-block-start: 0;
    inset-inline-start: 0;
    transform: translate(var(--at-x), var(--at-y));
    font-size: 12px;
    line-height: 30px;
    color: var(--nt-soft);
    white-space: nowrap;
  }
  .fold {
    position: absolute;
    inset-block: 0;
    inset-inline-start: 0;
    inline-size: 58px;
    display: grid;
    align-items: center;
    background: var(--nt-sheet);
    border-inline-end: 1px solid var(--nt-line);
    z-index: 1;
  }
  .fold.ahead {
    inset-inline: auto 0;
    border-inline: 1px solid var(--nt-line) 0;
  }
  .fold button {
    padding: 0;
    inline-size: 52px;
    min-block-size: 44px;
    font-weight: 400;
    font-size: 12px;
    border-color: var(--nt-edge);
  }
  .ahead button {
    justify-self: end;
  }
  @container (inline-size < 560px) {
    .caption {
      max-block-size: 28px;
      line-height: 14px;
      padding-block: 0;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .world.set {
      transition: transform 120ms cubic-bezier(0.2, 0.7, 0.2, 1);
    }
  }
  @media (forced-colors: active) {
    path {
      stroke: CanvasText;
    }
    path.taken,
    path.you {
      stroke: Highlight;
    }
  }
`;
