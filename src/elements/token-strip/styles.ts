import { css } from 'lit';

/** A line is 42 px: the block, and 15 px for its foot. Ids and bytes add a line of 16 px each. The box scrolls; its height is fixed. */
export const styles = css`
  .body {
    display: grid;
    grid-template-rows: minmax(0, 1fr) auto;
    block-size: calc(42px * var(--nt-rows, 6));
  }
  .box {
    overflow: hidden auto;
    overscroll-behavior: auto;
    scrollbar-width: thin;
    padding: 2px;
  }
  .nowrap .flow {
    white-space: nowrap;
    inline-size: max-content;
  }
  .box.nowrap {
    overflow: auto;
  }
  .flow {
    font-size: 20px;
    line-height: 0;
  }
  .cell {
    position: relative;
    display: inline-block;
    vertical-align: top;
    max-inline-size: 100%;
    margin-inline-end: -1px;
    cursor: pointer;
  }
  .token {
    display: block;
    block-size: 27px;
    line-height: 25px;
    max-inline-size: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .token.part {
    line-height: 25px;
  }
  .whole {
    font: 20px/25px var(--nt-face);
    background: var(--nt-sheet);
    padding-inline: 2px;
  }
  /* Your pencil: a stroke besides the colour. */
  .token.by-prompt,
  .token.by-you {
    border-block-start: 2px solid var(--nt-blue);
    line-height: 24px;
  }
  .token.drawn.by-you {
    color: var(--nt-blue);
    outline-color: var(--nt-blue);
  }
  .cell.hover .token,
  .cell:hover .token {
    --nt-block: var(--nt-metal);
  }
  .cell.pin .token {
    outline: 2px solid var(--nt-ink);
    outline-offset: -1px;
  }
  .cell:focus-visible {
    outline-offset: -1px;
    z-index: 1;
  }
  .foot {
    display: block;
    block-size: 15px;
  }
  .foot::before {
    content: '';
    display: block;
    block-size: var(--foot, 0px);
    background: var(--nt-ink);
  }
  .by-prompt + .foot::before,
  .by-you + .foot::before {
    background: var(--nt-blue);
  }
  .foot.unknown::before {
    block-size: 4px;
    background: repeating-linear-gradient(-45deg, transparent 0 3px, var(--nt-edge) 3px 4px);
  }
  /* Over 12 bits the end is open. */
  .foot.open::before {
    border-block-end: 3px dotted var(--nt-sheet);
  }
  .id,
  .hex {
    display: block;
    font: 12px/16px var(--nt-ui);
    color: var(--nt-soft);
    padding-inline: 2px 5px;
    white-space: nowrap;
  }
  .hex {
    font-family: var(--nt-mono);
  }
  .plain .foot {
    block-size: 7px;
  }
  /* Beyond 2,000 tokens only what is near the window is laid out. */
  .long .chunk {
    display: block;
    content-visibility: auto;
    contain-intrinsic-block-size: auto 400px;
  }
  .piece {
    margin-block-end: 15px;
    display: inline-block;
    vertical-align: top;
  }
  .piece.fresh {
    outline: 2px solid var(--nt-blue);
    outline-offset: -1px;
    color: var(--nt-blue);
  }
  .controls {
    display: flex;
    align-items: center;
    gap: 12px;
    block-size: 44px;
    font-size: 12px;
    white-space: nowrap;
    color: var(--nt-soft);
  }
  .controls input {
    flex: 1;
    min-inline-size: 60px;
    max-inline-size: 320px;
    block-size: 44px;
    accent-color: var(--nt-ink);
  }
  .controls button {
    padding-inline: 12px;
  }
  /* While it is edited, the blocks are drawn around the text that is typed: same font, same line breaks, no width of their own. */
  .edit {
    display: grid;
    min-block-size: 100%;
  }
  .edit > * {
    grid-area: 1 / 1;
    margin: 0;
    padding: 0 2px;
    border: 0;
    font: 20px/42px var(--nt-face);
    font-kerning: none;
    font-variant-ligatures: none;
    letter-spacing: 0;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    word-break: normal;
    min-inline-size: 0;
  }
  .edit textarea {
    color: transparent;
    caret-color: var(--nt-ink);
    background: none;
    resize: none;
    overflow: hidden;
    outline: none;
    inline-size: 100%;
    block-size: 100%;
  }
  .edit textarea::selection {
    background: color-mix(in srgb, var(--nt-blue) 30%, transparent);
  }
  .box:has(textarea:focus-visible) {
    outline: 2px solid var(--nt-ink);
    outline-offset: -2px;
  }
  .edit .run {
    position: relative;
    padding-block: 2px 2px;
    background: var(--nt-sheet);
    box-shadow:
      inset 1px 0 var(--nt-line),
      0 -1px var(--nt-line),
      0 1px var(--nt-line);
  }
  .edit .run::after {
    content: '';
    position: absolute;
    inset-block-start: 100%;
    inset-inline: 0;
    block-size: var(--foot, 0px);
    background: var(--nt-ink);
  }
  .edit .run.pending {
    background-image: var(--nt-hatch);
  }
  @container (inline-size < 560px) {
    .top {
      block-size: 46px;
    }
    .caption {
      max-block-size: 46px;
    }
  }
  @media print {
    .body {
      block-size: auto;
    }
  }
`;
