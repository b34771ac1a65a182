/** A grid of real text. Rows are as high and columns as wide in every state. */
import { css } from 'lit';

export const styles = css`
  :host {
    min-block-size: var(--block, 298px);
  }
  .top {
    min-block-size: var(--top, 28px);
  }
  .body {
    block-size: var(--body, auto);
  }
  .status:empty {
    display: none;
  }
  .lens {
    position: relative;
    block-size: calc(30px * (var(--rows) + 2));
    overflow-x: auto;
    overflow-y: hidden;
    overscroll-behavior-x: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--nt-edge) transparent;
    contain: strict;
  }
  [role='row'] {
    display: flex;
    inline-size: max-content;
    block-size: 30px;
    padding-inline-end: calc(var(--after) * var(--cell));
  }
  [role='rowheader'],
  .corner {
    position: sticky;
    z-index: 1;
    inset-inline-start: 0;
    flex: none;
    inline-size: 64px;
    margin-inline-end: calc(var(--first) * var(--cell));
    background: var(--nt-sheet);
    color: var(--nt-soft);
    font-size: 12px;
    line-height: 30px;
    white-space: nowrap;
  }
  .after,
  [role='gridcell'] {
    position: relative;
    flex: none;
    inline-size: var(--cell);
    block-size: 30px;
    padding-inline: 3px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: pre;
    text-align: center;
    font: 15px/28px var(--nt-face);
    border: 1px solid var(--nt-sheet);
    border-width: 0 1px 1px 0;
  }
  .after {
    border: 1px solid var(--nt-line);
    border-inline-start-width: 0;
    border-block-end-color: var(--nt-edge);
  }
  .after::after {
    content: '';
    position: absolute;
    inset-inline-start: 0;
    inset-block-end: 0;
    inline-size: 6px;
    block-size: 3px;
    background: var(--nt-edge);
  }
  .after.by-prompt,
  .after.by-you {
    color: var(--nt-blue);
  }
  .guess {
    background: color-mix(in srgb, var(--nt-sheet), var(--nt-ink) var(--tint));
    color: #000;
    forced-color-adjust: none;
    cursor: pointer;
  }
  .guess.white {
    color: #fff;
  }
  .guess.settled::after {
    content: '';
    position: absolute;
    inset-block-start: 3px;
    inset-inline-end: 3px;
    inline-size: 6px;
    block-size: 6px;
    background: var(--nt-red);
    outline: 1px solid var(--nt-sheet);
  }
  .came {
    color: var(--nt-red);
    cursor: pointer;
  }
  .came.open::before {
    content: '';
    position: absolute;
    inset: 4px 12px;
    border: 1px dashed var(--nt-red);
  }
  .after.over {
    font-weight: 700;
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .pinned {
    box-shadow:
      inset 2px 0 var(--nt-ink),
      inset -2px 0 var(--nt-ink);
  }
  .guess.pinned {
    box-shadow:
      inset 2px 0 var(--nt-ink),
      inset -2px 0 var(--nt-ink),
      inset 3px 0 var(--nt-sheet),
      inset -3px 0 var(--nt-sheet);
  }
  .at,
  [role='gridcell']:focus-visible {
    outline: 2px solid var(--nt-ink);
    outline-offset: -2px;
    box-shadow: inset 0 0 0 3px var(--nt-sheet);
    z-index: 0;
  }
  .detail {
    display: flex;
    align-items: center;
    gap: 12px;
    block-size: 60px;
    font-size: 12px;
    line-height: 18px;
  }
  .detail p {
    flex: 1;
    margin: 0;
    max-block-size: 54px;
    overflow: auto;
  }
  .detail .token {
    font-size: 14px;
  }
`;
