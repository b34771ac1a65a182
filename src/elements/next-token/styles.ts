/**
 * The line and the wheel. Everything that moves does so by transform; the block size is the same in every state. Over 300 lines, because
 * one box has two layouts, a list on narrow pages and a wheel on wide ones, which read best beside each other.
 */
import { css } from 'lit';

export const styles = css`
  :host {
    --line: var(--nt-size, clamp(27px, 3.9cqi, 56px));
    --row: calc(0.92 * var(--line));
    block-size: 452px;
    border: 1px solid var(--nt-line);
    overflow: clip;
  }
  :host([view='none']) {
    block-size: auto;
    border: 0;
    background: none;
  }
  :host([view='text']) {
    block-size: auto;
    min-block-size: 120px;
    padding: 12px;
  }
  :host(:focus-within) {
    border-color: var(--nt-edge);
  }
  .stage {
    --line: var(--nt-size, clamp(27px, 3.9cqi, 56px));
    --row: calc(0.92 * var(--line));
    position: relative;
    block-size: 100%;
    display: grid;
    grid-template-rows: auto 3px minmax(0, 1fr) auto auto;
  }
  .linebox {
    position: relative;
    block-size: 74px;
    overflow: hidden;
    cursor: text;
  }
  .run {
    position: absolute;
    inset-block-start: 12px;
    inset-inline-start: 0;
    inline-size: max-content;
    font-size: var(--line);
    will-change: transform;
    outline-offset: -2px;
  }
  .fade {
    mask-image: linear-gradient(to right, transparent, #000 9%);
    position: absolute;
    inset: 0;
  }
  .token {
    font-size: inherit;
    vertical-align: top;
    block-size: 1.4em;
    border-block-end-color: var(--nt-edge);
  }
  .run .token + .token {
    border-inline-start-color: transparent;
  }
  .foot {
    position: absolute;
    inset-inline-start: 0;
    inset-block-start: 100%;
    inline-size: 100%;
    block-size: calc(1px * var(--foot));
    background: currentColor;
  }
  /* More than is drawn: an open end. */
  .foot.open {
    mask-image: repeating-linear-gradient(to bottom, #000 0 2px, transparent 2px 3px);
  }
  .marked {
    box-shadow: inset 0 0 0 2px var(--nt-ink);
  }
  .slot {
    position: absolute;
    inset-block-start: 12px;
    inset-inline-start: 0;
    font-size: var(--line);
    min-inline-size: 0.9em;
    block-size: 1.4em;
    color: var(--nt-red);
    border: 2px solid var(--nt-red);
    background: var(--nt-sheet);
    z-index: 1;
    font-family: var(--nt-face);
    line-height: 1.25;
    white-space: pre;
    padding-inline: 0.12em;
    max-inline-size: calc(3.1 * var(--line));
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .slot.small {
    font-size: calc(0.62 * var(--line));
    line-height: 2;
    block-size: calc(1.4 * var(--line));
  }
  .slot.you {
    color: var(--nt-blue);
    border-color: var(--nt-blue);
  }
  .slot.waiting {
    border-style: dashed;
  }
  .rail {
    position: relative;
    block-size: 3px;
    background: var(--nt-line);
  }
  .rail > i {
    position: absolute;
    inset: 0;
    background: var(--nt-ink);
    transform: scaleX(var(--part, 0));
    transform-origin: 0 0;
  }
  .list {
    position: relative;
    overflow: hidden;
    padding: 8px 14px 0;
  }
  .wheel {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .row {
    display: grid;
    grid-template-columns: 92px minmax(0, 1fr) 52px;
    gap: 12px;
    align-items: center;
    block-size: 29px;
    cursor: pointer;
  }
  .row[aria-disabled='true'] {
    cursor: default;
  }
  .row .token {
    font-size: 20px;
    block-size: auto;
    max-inline-size: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    justify-self: start;
  }
  .row .name {
    min-inline-size: 0;
    display: flex;
  }
  .bar {
    position: relative;
    block-size: 14px;
    border-block-end: 1px solid var(--nt-line);
  }
  .bar > i {
    position: absolute;
    inset-block: 2px 0;
    inset-inline-start: 0;
    inline-size: calc(100% * var(--p));
    min-inline-size: 1px;
    background: var(--nt-ink);
  }
  .bar > b {
    position: absolute;
    inset-block: 0 -1px;
    inset-inline-start: 0;
    inline-size: calc(100% * var(--final));
    border: 1px solid var(--nt-edge);
  }
  .cut .bar {
    background-image: var(--nt-hatch);
  }
  .drawn .bar > i {
    background: var(--nt-red);
  }
  .you .bar > i {
    background: var(--nt-blue);
  }
  .value {
    position: relative;
    text-align: end;
    line-height: 1.1;
    white-space: nowrap;
  }
  .value small {
    position: absolute;
    inset-inline-end: 0;
    inset-block-start: 100%;
    font-size: 12px;
    line-height: 12px;
    color: var(--nt-soft);
  }
  .skipped {
    grid-column: 1 / -1;
    color: var(--nt-soft);
  }
  .row:focus-visible {
    outline-offset: -2px;
  }
  .row:hover .token,
  .row:focus-visible .token {
    color: var(--nt-blue);
    border-color: var(--nt-blue);
  }
  .sentence {
    margin: 4px 0 0;
    font-size: 12px;
    line-height: 16px;
    color: var(--nt-soft);
  }
  .message {
    margin: 16px 14px;
    max-inline-size: 46ch;
  }
  [part~='controls'] {
    display: grid;
    grid-template-columns: 1.4fr 1fr 1fr;
    max-inline-size: 420px;
    gap: 8px;
    padding: 8px 14px;
    align-items: center;
    block-size: 60px;
  }
  [part~='controls'] button {
    white-space: nowrap;
    padding-inline: clamp(4px, 2cqi, 16px);
  }
  /* The size of a download needs room. */
  [part~='controls'] [part~='load'] {
    grid-column: span 2;
    white-space: normal;
    line-height: 18px;
    padding-block: 3px;
  }
  .foot-line {
    display: flex;
    justify-content: space-between;
    gap: 12px;
    padding: 5px 14px;
    border-block-start: 1px solid var(--nt-line);
    font-size: 12px;
    line-height: 20px;
    color: var(--nt-soft);
    block-size: 32px;
    overflow: hidden;
  }
  .foot-line > * {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .foot-line .engine {
    flex: 0 1 auto;
  }
  .foot-line > :last-child {
    flex: none;
  }
  .foot-line strong {
    color: var(--nt-ink);
  }
  textarea {
    position: absolute;
    inset: 0;
    inline-size: 100%;
    block-size: 100%;
    resize: none;
    margin: 0;
    padding: 8px 14px;
    border: 0;
    font: 20px/1.4 var(--nt-face);
    color: var(--nt-blue);
    background: var(--nt-sheet);
    z-index: 2;
    border-radius: 0;
  }
  textarea:not(:focus) {
    opacity: 0;
    pointer-events: none;
  }
  textarea:focus-visible {
    outline-offset: -2px;
    outline-color: var(--nt-blue);
  }
  .settings {
    display: grid;
    grid-template-columns: 1fr 1fr;
    gap: 12px 24px;
    padding: 12px 14px;
    align-content: start;
  }
  .settings label {
    display: grid;
    gap: 2px;
    font-size: 12px;
  }
  .settings b {
    font-weight: 700;
    margin-inline-start: 4px;
  }
  input[type='range'] {
    appearance: none;
    inline-size: 100%;
    block-size: 28px;
    margin: 0;
    background: linear-gradient(var(--nt-edge), var(--nt-edge)) center / 100% 2px no-repeat;
    cursor: pointer;
  }
  input[type='range']::-webkit-slider-thumb {
    appearance: none;
    inline-size: 8px;
    block-size: 18px;
    background: var(--nt-ink);
    border-radius: 0;
  }
  input[type='range']::-moz-range-thumb {
    inline-size: 8px;
    block-size: 18px;
    border: 0;
    background: var(--nt-ink);
    border-radius: 0;
  }
  input[type='number'] {
    font: inherit;
    font-weight: 700;
    inline-size: 100%;
    block-size: 28px;
    border: 0;
    border-block-end: 1px solid var(--nt-edge);
    background: none;
    color: inherit;
    padding: 0;
  }
  .notice {
    position: absolute;
    inset-inline: 14px;
    inset-block-end: 96px;
    margin: 0;
    padding: 4px 8px;
    font-size: 12px;
    background: var(--nt-sheet);
    border: 1px solid var(--nt-line);
    z-index: 2;
  }
  @container (max-width: 479.9px) {
    [part~='controls'] {
      gap: 6px;
    }
    [part~='controls'] svg {
      display: none;
    }
    .row {
      block-size: 38px;
      grid-template-columns: 84px minmax(0, 1fr) 48px;
    }
  }
  /* The wheel: the slot in the middle, candidates around it, everything else to its left. */
  @container (min-width: 860px) {
    /* A Chinese character fills its em, and a row is lower than that. */
    :host(:lang(zh)) :is(.run, .slot) {
      font-size: calc(0.8 * var(--line));
    }
    .stage {
      display: block;
      margin-inline: var(--nt-inset, 14px);
    }
    .caption {
      position: absolute;
      inset-block-start: 8px;
      inset-inline-start: 0;
      inline-size: 44%;
      font-size: 14px;
      line-height: 20px;
    }
    .linebox {
      position: absolute;
      overflow: visible;
      inset-inline: 0 50%;
      inset-block-start: calc(3 * var(--row));
      block-size: calc(var(--row) + 20px);
    }
    .run {
      inset-block-start: 0;
    }
    .token {
      block-size: var(--row);
      line-height: var(--row);
    }
    .slot {
      inset-inline-start: 100%;
      inset-block-start: 0;
      block-size: var(--row);
      line-height: calc(var(--row) - 4px);
    }
    .slot.small {
      line-height: calc(var(--row) - 4px);
      block-size: var(--row);
    }
    .rail {
      position: absolute;
      inset-block-start: calc(4 * var(--row) - 1px);
      inset-inline: 0;
      block-size: 1px;
      background: var(--nt-edge);
    }
    .rail > i {
      block-size: 3px;
    }
    .list {
      position: absolute;
      inset: 0 0 0 50%;
      padding: 0;
      overflow: hidden;
    }
    .wheel {
      position: absolute;
      inset: 0;
    }
    .row {
      position: absolute;
      inset-inline: 0;
      inset-block-start: 0;
      block-size: var(--row);
      transform: translateY(calc(var(--at) * var(--row)));
      grid-template-columns: calc(3.1 * var(--line)) minmax(0, 1fr) 64px;
    }
    .row .token {
      font-size: calc(0.62 * var(--line));
      block-size: auto;
      line-height: 1.4;
    }
    .row.drawn .token {
      visibility: hidden;
    }
    .bar {
      block-size: 18px;
    }
    .sentence {
      position: absolute;
      inset-inline: 0;
      inset-block-start: calc(8 * var(--row) + 8px);
    }
    .message {
      position: absolute;
      inset-inline-start: 0;
      inset-block-start: calc(4 * var(--row) + 12px);
    }
    [part~='controls'] {
      position: absolute;
      inset-inline-start: 0;
      inset-block-start: calc(4 * var(--row) + 20px);
      padding: 0;
      inline-size: 44%;
      block-size: 44px;
    }
    .settings {
      position: absolute;
      inset-inline-start: 0;
      inset-block-start: calc(4 * var(--row) + 76px);
      inline-size: 44%;
      max-inline-size: 520px;
      grid-template-columns: repeat(4, minmax(0, 1fr));
      padding: 0;
    }
    .foot-line {
      position: absolute;
      inset-inline: 0 52%;
      inset-block-end: 0;
      border: 0;
      padding-inline: 0;
      justify-content: start;
    }
    .notice {
      inset-inline: 0 52%;
      inset-block-end: 32px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .run {
      will-change: auto;
    }
  }
  @media print {
    .slot,
    .row.drawn {
      text-decoration: underline double;
    }
    textarea,
    .settings {
      display: none;
    }
  }
  @media (forced-colors: active) {
    .bar > i,
    .foot,
    .rail > i {
      forced-color-adjust: none;
      background: CanvasText;
    }
    .drawn .bar > i {
      background: Mark;
    }
    .slot {
      forced-color-adjust: none;
      background: Mark;
      color: MarkText;
    }
  }
`;
