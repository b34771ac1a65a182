/** What embedding-map looks like. */
import { css } from 'lit';

export const styles = css`
  :host {
    aspect-ratio: 1;
    min-block-size: 280px;
    max-block-size: 560px;
    inline-size: 100%;
  }
  .caption {
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .both {
    display: grid;
    grid-template-columns: var(--w) minmax(0, 1fr);
    gap: 24px;
    block-size: 100%;
  }
  .map {
    position: relative;
    inline-size: var(--w);
    block-size: 100%;
    overflow: hidden;
    touch-action: pan-y;
    border: 1px solid var(--nt-line);
  }
  .map.words {
    block-size: calc(100% - 64px);
  }
  .map canvas {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
  }
  .label {
    position: absolute;
    inset: 0 auto auto 0;
    transform: translate(var(--x), var(--y));
    font: 13px/18px var(--nt-face);
    white-space: pre;
    pointer-events: none;
    color: var(--nt-soft);
  }
  .label.text,
  .label.near,
  .label.hover {
    color: var(--nt-ink);
  }
  .label.pin {
    color: var(--nt-red);
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .label.one {
    color: var(--nt-ink);
    font-family: var(--nt-ui);
    font-size: 12px;
  }
  .cosine {
    position: absolute;
    inset: 0 auto auto 0;
    transform: translate(var(--x), var(--y)) translate(-50%, -50%);
    font-size: 12px;
    line-height: 14px;
    padding-inline: 2px;
    background: var(--nt-sheet);
    color: var(--nt-soft);
    pointer-events: none;
  }
  .cursor {
    position: absolute;
    inset: 0 auto auto 0;
    inline-size: 16px;
    block-size: 16px;
    margin: -8px;
    transform: translate(var(--x), var(--y));
    pointer-events: none;
  }
  .find {
    position: absolute;
    inset: 4px auto auto 4px;
    z-index: 1;
    display: flex;
    align-items: center;
    gap: 8px;
    background: var(--nt-sheet);
  }
  .find input {
    inline-size: 12ch;
  }
  input {
    font: 14px/20px var(--nt-ui);
    color: var(--nt-ink);
    background: var(--nt-sheet);
    border: 1px solid var(--nt-edge);
    border-radius: 2px;
    min-block-size: 44px;
    padding: 4px 8px;
    inline-size: 100%;
    min-inline-size: 0;
  }
  .find span {
    font-size: 12px;
    color: var(--nt-soft);
    padding-inline-end: 8px;
  }
  .side {
    font-size: 12px;
    line-height: 18px;
    overflow: auto;
    min-inline-size: 0;
    max-inline-size: 300px;
  }
  .side p {
    font: 15px/20px var(--nt-face);
    margin: 4px 0 12px;
  }
  .side h3 {
    font: 600 14px/20px var(--nt-ui);
    margin: 4px 0;
  }
  .side ol {
    margin: 4px 0;
    padding: 0;
    list-style: none;
  }
  .side li {
    display: grid;
    grid-template-columns: minmax(0, 12ch) 6ch minmax(0, 1fr);
    gap: 8px;
    align-items: baseline;
    padding-block: 3px;
    border-block-end: 1px solid var(--nt-line);
  }
  .side li > :first-child {
    font: 15px/20px var(--nt-face);
    white-space: pre;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .side .off {
    color: var(--nt-soft);
  }
  .apart {
    position: absolute;
    inset: auto 0 0 0;
    block-size: 60px;
    inline-size: var(--w);
    font-size: 12px;
    line-height: 18px;
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 12px;
    align-items: center;
  }
  .apart svg {
    inline-size: 100%;
    block-size: 44px;
    overflow: visible;
  }
  .curve {
    fill: none;
    stroke: var(--nt-ink);
    stroke-width: 1.5;
  }
  .dot {
    fill: var(--nt-ink);
  }
  .axis {
    stroke: var(--nt-line);
  }
  .ask {
    display: grid;
    gap: 6px;
    inline-size: min(100%, 460px);
    text-align: start;
    padding: 8px;
  }
  .ask label {
    display: grid;
    grid-template-columns: 7em minmax(0, 1fr);
    align-items: center;
    font-size: 12px;
    color: var(--nt-soft);
  }
  .one-mark {
    color: var(--nt-cat-1);
  }
  .two-mark {
    color: var(--nt-cat-2);
  }
`;
