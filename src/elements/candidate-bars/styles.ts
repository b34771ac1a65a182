import { css } from 'lit';

/** Every part has its height before there are data, and keeps it: nothing below ever moves. */
export const styles = css`
  .top {
    block-size: 28px;
  }
  .caption {
    max-block-size: 28px;
    overflow: hidden;
  }
  .body {
    --foot: 22px;
    --draw: 86px;
    block-size: calc(var(--bars) * (36px * var(--rows) + var(--foot)) + var(--draws) * var(--draw));
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
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
    block-size: calc(36px * var(--rows));
  }
  li {
    position: relative;
    display: grid;
    grid-template-columns: clamp(84px, 24cqi, 190px) minmax(0, 1fr) 88px;
    align-items: center;
    gap: 12px;
    block-size: 36px;
    cursor: pointer;
    touch-action: manipulation;
  }
  li:hover,
  li.pointed {
    background: var(--nt-metal);
  }
  li:focus-visible {
    outline-offset: -2px;
  }
  .name {
    overflow: hidden;
    padding: 2px;
    white-space: nowrap;
  }
  .token {
    font-size: 18px;
    max-inline-size: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    vertical-align: middle;
  }
  .token.you {
    color: var(--nt-blue);
    outline: 2px solid var(--nt-blue);
    outline-offset: -1px;
  }
  .track {
    position: relative;
    block-size: 14px;
    border-block-end: 1px solid var(--nt-line);
  }
  .track > * {
    position: absolute;
    inset-block: 0;
    inset-inline-start: 0;
    inline-size: calc(100% * var(--share));
  }
  .fill {
    background: var(--nt-ink);
  }
  .drawn .fill {
    background: var(--nt-red);
  }
  .you .fill {
    background: var(--nt-blue);
  }
  .cut .fill {
    background: repeating-linear-gradient(-45deg, transparent 0 3px, var(--nt-soft) 3px 4.5px);
    border: 1px solid var(--nt-edge);
  }
  .final {
    border: 1px solid var(--nt-edge);
  }
  .before {
    border: 1px dashed var(--nt-edge);
    inset-block: -5px;
  }
  .value {
    position: relative;
    text-align: end;
    line-height: 16px;
    margin-block-end: 10px;
    white-space: nowrap;
  }
  /* Out of the flow: the number does not move when its token is chosen. */
  .value small {
    position: absolute;
    inset-block-start: 17px;
    inset-inline-end: 0;
    line-height: 12px;
    font-size: 12px;
    color: var(--nt-soft);
  }
  .drawn .value small {
    color: var(--nt-red);
  }
  .you .value small {
    color: var(--nt-blue);
  }
  .foot,
  .says {
    margin: 0;
    color: var(--nt-soft);
    font-size: 12px;
    line-height: 18px;
    overflow: hidden;
  }
  .foot {
    block-size: var(--foot);
    padding-block-start: 4px;
  }
  .says {
    block-size: calc(var(--draw) - 64px);
    padding-block-start: 4px;
  }
  svg.draw {
    display: block;
    inline-size: 100%;
    block-size: 64px;
    overflow: visible;
  }
  svg.draw text {
    font: 12px var(--nt-ui);
    white-space: pre;
  }
  .unknown {
    block-size: 26px;
    margin-block: 14px 24px;
    border: 1px solid var(--nt-line);
  }
  @container (inline-size < 640px) {
    .body {
      --foot: 40px;
    }
  }
  @container (inline-size < 480px) {
    .top {
      block-size: 46px;
    }
    .caption {
      max-block-size: 46px;
    }
    .body {
      --draw: 104px;
    }
  }
  @container (inline-size < 400px) {
    .body {
      --foot: 58px;
    }
  }
  @media (forced-colors: active) {
    .fill {
      forced-color-adjust: none;
    }
  }
`;
