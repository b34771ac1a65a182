/** What device-status looks like. */
import { css } from 'lit';

export const styles = css`
  :host {
    min-block-size: 32px;
  }
  .frame {
    block-size: auto;
    grid-template: auto auto / minmax(0, 1fr) auto;
  }
  .body {
    grid-area: 1 / 1;
  }
  .top {
    grid-area: 1 / 2;
    grid-template-columns: auto;
    block-size: 32px;
    align-items: center;
  }
  .caption {
    display: none;
  }
  .status {
    grid-area: 2 / 1 / auto / span 2;
  }
  .menu {
    inset-block-start: 32px;
  }
  .more {
    min-block-size: 32px;
  }
  .none {
    min-block-size: 32px;
    max-block-size: 32px;
    padding: 0 8px;
    overflow: hidden;
    white-space: nowrap;
    font-size: 12px;
    place-items: center start;
  }
  summary {
    display: flex;
    align-items: center;
    gap: 6px;
    block-size: 32px;
    font-size: 13px;
    line-height: 18px;
    cursor: pointer;
    list-style: none;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
    position: relative;
    touch-action: manipulation;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary:hover {
    background: var(--nt-metal);
  }
  summary:focus-visible {
    outline-offset: -2px;
  }
  summary > * {
    flex: none;
  }
  summary .said {
    flex: 0 1 auto;
    overflow: hidden;
    text-overflow: ellipsis;
    color: var(--nt-soft);
  }
  summary .fault {
    color: var(--nt-red);
    font-weight: 600;
  }
  .box {
    inline-size: 14px;
    block-size: 14px;
    border: 1px solid var(--nt-ink);
    display: grid;
    place-items: center;
  }
  .box.open {
    border-style: dashed;
  }
  .box svg {
    inline-size: 12px;
    block-size: 12px;
  }
  .box.wrong {
    color: var(--nt-sheet);
    background: var(--nt-red);
    border-color: var(--nt-red);
  }
  dl {
    display: grid;
    grid-template-columns: 1fr;
    gap: 2px 16px;
    margin: 8px 0;
    font-size: 12px;
    line-height: 18px;
  }
  dt {
    color: var(--nt-soft);
  }
  dd {
    margin: 0 0 8px;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  dd p,
  dd ul {
    margin: 0;
  }
  ul {
    list-style: none;
    padding: 0;
  }
  li.wrong {
    color: var(--nt-red);
    font-weight: 600;
  }
  li svg {
    inline-size: 12px;
    block-size: 12px;
    vertical-align: -2px;
  }
  .stack {
    display: flex;
    block-size: 14px;
    border: 1px solid var(--nt-edge);
    margin-block: 4px;
  }
  .slice {
    inline-size: max(1px, calc(100% * var(--share)));
    background: color-mix(in srgb, var(--nt-ink) var(--ink), var(--nt-sheet));
    border-inline-end: 1px solid var(--nt-sheet);
  }
  .key {
    display: inline-block;
    white-space: nowrap;
    margin-inline-end: 16px;
  }
  .key::before {
    content: '';
    display: inline-block;
    inline-size: 10px;
    block-size: 10px;
    margin-inline-end: 6px;
    border: 1px solid var(--nt-edge);
    background: color-mix(in srgb, var(--nt-ink) var(--ink), var(--nt-sheet));
  }
  .controls {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    margin-block: 8px;
  }
  @container (min-width: 560px) {
    dl {
      grid-template-columns: 160px minmax(0, 1fr);
    }
  }
  @media (forced-colors: active) {
    .slice,
    .key::before {
      forced-color-adjust: none;
    }
  }
`;
