/** What all elements look like: type, controls, blocks of type, hatching, tables. Colours and fonts are in tokens.ts. */
import { css } from 'lit';

export const base = css`
  :host {
    display: block;
    box-sizing: border-box;
    position: relative;
    contain: layout style;
    container-type: inline-size;
    background: var(--nt-sheet);
    color: var(--nt-ink);
    font: 14px/1.5 var(--nt-ui);
    font-variant-numeric: tabular-nums;
    text-align: start;
    --nt-hatch: repeating-linear-gradient(-45deg, transparent 0 5px, var(--nt-line) 5px 6px);
  }
  :host([hidden]) {
    display: none;
  }
  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }
  .frame {
    display: grid;
    grid-template-rows: auto minmax(0, 1fr) auto;
    block-size: 100%;
  }
  .top {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: start;
    min-block-size: 28px;
    gap: 4px 12px;
  }
  .caption {
    color: var(--nt-soft);
    font-size: 12px;
    line-height: 18px;
    padding-block: 5px;
    text-wrap: pretty;
  }
  .body {
    position: relative;
    min-block-size: 0;
    min-inline-size: 0;
  }
  .status {
    color: var(--nt-soft);
    font-size: 12px;
  }
  .hidden {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .hatched {
    background-image: var(--nt-hatch);
  }
  /* What has no data yet says so on a hatched ground. */
  .none {
    display: grid;
    place-items: center;
    block-size: 100%;
    min-block-size: 28px;
    padding: 12px;
    border: 1px solid var(--nt-line);
    background-image: var(--nt-hatch);
    text-align: center;
    text-wrap: balance;
  }
  .none > * {
    background: var(--nt-sheet);
    padding: 2px 8px;
    max-inline-size: 62ch;
    margin: 0;
  }
  .original {
    color: var(--nt-soft);
    overflow-wrap: anywhere;
  }
  .cause {
    color: var(--nt-red);
    font-weight: 700;
  }
  button,
  .button {
    font: 600 14px/20px var(--nt-ui);
    color: var(--nt-ink);
    background: none;
    border: 1px solid var(--nt-ink);
    border-radius: 2px;
    min-block-size: 44px;
    padding: 8px 16px;
    cursor: pointer;
    touch-action: manipulation;
  }
  button:hover {
    background: var(--nt-metal);
  }
  button.main {
    background: var(--nt-ink);
    color: var(--nt-sheet);
  }
  button.main:hover {
    background: color-mix(in srgb, var(--nt-ink) 86%, var(--nt-sheet));
  }
  button[disabled] {
    color: var(--nt-soft);
    border-color: var(--nt-line);
    background: none;
    cursor: default;
  }
  button svg {
    vertical-align: -3px;
    margin-inline-end: 6px;
  }
  /* A control in a line of text, with a target as large as a finger. */
  button.plain {
    position: relative;
    font-size: 12px;
    line-height: 18px;
    font-weight: 400;
    border: 0;
    padding: 5px 6px;
    min-block-size: 28px;
    min-inline-size: 28px;
    color: var(--nt-soft);
  }
  button.plain::after {
    content: '';
    position: absolute;
    inset: -8px 0;
  }
  :focus-visible {
    outline: 2px solid var(--nt-ink);
    outline-offset: 2px;
  }
  a {
    color: inherit;
    text-underline-offset: 3px;
  }
  .menu {
    position: absolute;
    z-index: 3;
    inset-block-start: 28px;
    inset-inline-end: 0;
    min-inline-size: 220px;
    max-inline-size: 100%;
    padding: 4px 0;
    background: var(--nt-sheet);
    border: 1px solid var(--nt-ink);
  }
  .menu button {
    display: block;
    inline-size: 100%;
    border: 0;
    text-align: start;
    font-weight: 400;
  }
  .menu dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 2px 12px;
    margin: 8px 16px;
    font-size: 12px;
  }
  .menu dd {
    margin: 0;
    color: var(--nt-soft);
  }
  .table {
    overflow: auto;
    block-size: 100%;
    overscroll-behavior-x: contain;
  }
  table {
    border-collapse: collapse;
    font-size: 12px;
    line-height: 18px;
    inline-size: 100%;
  }
  caption {
    text-align: start;
    color: var(--nt-soft);
    padding-block: 4px;
  }
  th,
  td {
    text-align: end;
    padding: 4px 8px;
    border-block-end: 1px solid var(--nt-line);
    font-weight: 400;
    white-space: pre;
  }
  th[scope='row'],
  th:first-child {
    text-align: start;
  }
  thead th {
    position: sticky;
    inset-block-start: 0;
    background: var(--nt-sheet);
    color: var(--nt-soft);
  }
  .pages {
    display: flex;
    gap: 12px;
    align-items: center;
  }
  .printed {
    display: none;
  }
  @media print {
    :host {
      block-size: auto !important;
    }
    .printed {
      display: block;
    }
    .menu,
    .more,
    [part~='controls'] {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .menu {
      border-color: CanvasText;
    }
  }
`;

/** A token as a piece of type: square corners, a nick at its left foot, its spaces as wide as they are. */
export const block = css`
  .token {
    position: relative;
    display: inline-block;
    font-family: var(--nt-face);
    line-height: 1.25;
    white-space: pre;
    background: var(--nt-block, var(--nt-sheet));
    border: 1px solid var(--nt-line);
    padding: 0 0.12em;
    min-inline-size: 0.6em;
  }
  .token::after {
    content: '';
    position: absolute;
    inset-inline-start: 0;
    inset-block-end: 0;
    inline-size: 6px;
    block-size: 3px;
    background: var(--nt-edge);
  }
  .token.by-prompt,
  .token.by-you {
    color: var(--nt-blue);
  }
  .token.drawn {
    color: var(--nt-red);
    outline: 2px solid var(--nt-red);
    outline-offset: -1px;
  }
  /* Bytes of a part of a character. */
  .token.part {
    font: 12px/1.6 var(--nt-mono);
    background-image: var(--nt-hatch);
    color: var(--nt-ink);
  }
  @media print {
    .token.drawn {
      text-decoration: underline double;
    }
    .token.by-prompt,
    .token.by-you {
      text-decoration: underline dotted;
    }
  }
  @media (forced-colors: active) {
    .token.drawn {
      forced-color-adjust: none; /* else the text lies on a backplate of its own colour */
      background: Mark;
      color: MarkText;
    }
  }
`;

/** A caption of one line, and the status over the picture's corner: the box has no room for either. */
export const tight = css`
  .top {
    block-size: 28px;
  }
  .caption {
    max-block-size: 28px;
    overflow: hidden;
  }
  .frame {
    position: relative;
  }
  .status {
    position: absolute;
    inset-block-end: 0;
    inset-inline-end: 0;
    background: var(--nt-sheet);
  }
`;
