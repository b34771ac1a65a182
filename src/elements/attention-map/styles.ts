/** What lies over the canvases stands by transforms, in pixels that layout.ts computes. */
import { css } from 'lit';

export const styles = css`
  :host {
    min-block-size: var(--block, 560px);
  }
  .top {
    min-block-size: var(--top, 46px);
  }
  .body {
    block-size: var(--body, auto);
  }
  .status {
    min-block-size: 18px;
  }
  :host([stale]) .body::before {
    content: '';
    position: absolute;
    inset: -4px 0;
    border-block: 4px solid;
    border-image: var(--nt-hatch) 4;
    pointer-events: none;
  }
  .panel,
  .panel i,
  .column,
  .layer,
  .off,
  .chosen,
  .mark,
  .cursor,
  .slanted,
  .beside {
    position: absolute;
    inset-block-start: 0;
    left: 0;
    transform: translate(var(--x, 0), var(--y, 0));
    inline-size: var(--w);
    block-size: var(--h);
  }
  .title,
  .columns {
    margin: 0;
    block-size: 24px;
    font-size: 12px;
    line-height: 18px;
    color: var(--nt-soft);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .columns {
    position: relative;
    overflow: visible;
  }
  .column {
    text-align: center;
  }
  canvas {
    display: block;
    inline-size: var(--w);
    block-size: var(--h);
  }
  .grid {
    position: relative;
    inline-size: var(--w);
    block-size: var(--h);
    cursor: pointer;
    touch-action: pan-y;
  }
  .layer {
    display: grid;
    align-items: center;
    font-size: 12px;
    line-height: 18px;
    color: var(--nt-soft);
    pointer-events: none;
    white-space: nowrap;
  }
  .layer.above {
    inline-size: auto;
  }
  .off,
  .chosen,
  .mark,
  .cursor,
  .panel i {
    pointer-events: none;
  }
  .off {
    outline: 2px solid var(--nt-blue);
    outline-offset: -2px;
  }
  .off svg {
    display: block;
  }
  .off b {
    position: absolute;
    inset-block-start: 2px;
    inset-inline-end: 4px;
    font: 600 12px/16px var(--nt-ui);
    color: var(--nt-blue);
  }
  .chosen {
    outline: 3px solid var(--nt-ink);
    outline-offset: -1px;
  }
  .mark {
    outline: 1px dashed var(--nt-ink);
  }
  .cursor:focus-visible {
    outline: 2px solid var(--nt-ink);
    outline-offset: 3px;
  }
  .matrix .cursor:focus-visible,
  .matrix .cursor.pointed {
    outline: 2px solid var(--nt-ink);
    outline-offset: 0;
    box-shadow: 0 0 0 3px var(--nt-sheet);
  }
  .controls {
    display: grid;
    grid-template-columns: 120px 120px minmax(0, 104px);
    gap: 4px;
    margin-block-start: 8px;
  }
  .stepper {
    display: grid;
    grid-template-columns: 44px 32px 44px;
    align-items: center;
    text-align: center;
  }
  .stepper button {
    padding: 0;
    font-size: 16px;
  }
  .stepper span {
    font: 600 14px/18px var(--nt-ui);
  }
  .stepper small {
    display: block;
    font: 400 12px/18px var(--nt-ui);
    color: var(--nt-soft);
  }
  .controls .switch {
    padding-inline: 2px;
  }
  @container (max-width: 345px) {
    .controls {
      grid-template-columns: 116px 116px minmax(0, 1fr);
    }
    .stepper {
      grid-template-columns: 44px 28px 44px;
    }
    .controls .switch {
      font-size: 12px;
      line-height: 16px;
    }
  }
  .switch[aria-pressed='true'] {
    color: var(--nt-blue);
    border-color: var(--nt-blue);
    border-width: 2px;
  }
  .matrix {
    position: relative;
    block-size: calc(64px + var(--side));
    touch-action: pan-y;
  }
  .cells {
    position: absolute;
    inset-block-start: 64px;
    left: var(--beside);
    cursor: crosshair;
  }
  .slanted,
  .beside {
    font: 12px/14px var(--nt-face);
    white-space: pre;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .slanted {
    inline-size: 62px;
    block-size: 14px;
    inset-block-start: 50px;
    left: var(--beside);
    transform-origin: 0 50%;
    transform: translate(calc(var(--x) + var(--cell) / 2), 0) rotate(-60deg);
  }
  .beside {
    inset-block-start: calc(64px + var(--cell) / 2 - 7px);
    inline-size: calc(var(--beside) - 6px);
    block-size: 14px;
    text-align: end;
  }
  .marked {
    font-weight: 700;
    text-decoration: underline;
    text-underline-offset: 2px;
  }
  .beside.current,
  .foot.current .name {
    color: var(--nt-red);
  }
  .matrix .band {
    outline: 1px solid var(--nt-edge);
  }
  .matrix .row {
    outline: 2px solid var(--nt-ink);
  }
  .matrix .row.current {
    outline-color: var(--nt-red);
  }
  .windows {
    position: absolute;
    inset-block-start: 72px;
    inset-inline-end: 16px;
    display: grid;
    grid-template-columns: auto auto;
    justify-content: end;
    gap: 4px;
    font-size: 12px;
  }
  .windows span {
    grid-column: 1 / -1;
    text-align: end;
    background: var(--nt-sheet);
  }
  .windows button {
    background: var(--nt-sheet);
    font-size: 12px;
    padding-inline: 8px;
  }
  .arcs {
    position: relative;
    block-size: 100px;
  }
  .arcs svg {
    display: block;
    overflow: visible;
  }
  .outside {
    position: absolute;
    inset-block-start: 0;
    left: 0;
    font-size: 12px;
    color: var(--nt-soft);
  }
  .feet {
    display: flex;
    block-size: 44px;
  }
  .foot {
    inline-size: var(--w);
    flex: none;
    text-align: center;
    cursor: pointer;
  }
  .foot .name {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: pre;
    font: 16px/24px var(--nt-face);
  }
  .foot .share {
    display: block;
    font-size: 12px;
    line-height: 16px;
    color: var(--nt-soft);
    white-space: nowrap;
  }
  .steps th,
  .steps td {
    block-size: 27px;
    padding: 3px 8px;
    line-height: 20px;
  }
  .steps thead th {
    position: static;
    background: none;
  }
  .steps th:first-child {
    padding-inline-start: 0;
  }
  .steps tbody th.name {
    font: 16px/20px var(--nt-face);
    max-inline-size: 120px;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .steps .others {
    color: var(--nt-soft);
  }
  .steps td.now {
    background: var(--nt-metal);
    font-weight: 700;
  }
  .walk {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 8px;
    align-items: center;
    block-size: 60px;
  }
  .walk p {
    margin: 0;
    font-size: 12px;
    line-height: 18px;
    max-block-size: 54px;
    overflow: auto;
    text-wrap: pretty;
  }
  .walk button {
    padding-inline: 10px;
  }
`;
