import { css } from 'lit';

export const styles = css`
  :host {
    block-size: 320px;
  }
  .top {
    block-size: 28px;
  }
  .caption {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .picker {
    display: grid;
    grid-template-rows: minmax(0, 1fr) 3px 52px 36px;
    block-size: 100%;
  }
  .list {
    overflow: auto;
    border-block-start: 1px solid var(--nt-line);
  }
  .item {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: center;
    min-block-size: 44px;
    border-block-end: 1px solid var(--nt-line);
  }
  .item.chosen {
    background: var(--nt-metal);
  }
  .choice {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr) auto;
    align-items: center;
    gap: 0 10px;
    min-block-size: 44px;
    padding: 4px 8px;
    cursor: pointer;
  }
  input[type='radio'] {
    inline-size: 18px;
    block-size: 18px;
    margin: 0;
    accent-color: var(--nt-ink);
  }
  .title {
    font: 600 16px/1.3 var(--nt-face);
  }
  .title,
  .facts {
    display: block;
  }
  .facts {
    font-size: 12px;
    line-height: 16px;
    color: var(--nt-soft);
    overflow-wrap: anywhere;
  }
  .mark {
    font-size: 12px;
    color: var(--nt-soft);
  }
  .mark.is-ready::before {
    content: '■ ';
    color: var(--nt-red);
  }
  .confirm {
    grid-column: 1 / -1;
    display: flex;
    flex-wrap: wrap;
    gap: 4px 8px;
    align-items: center;
    padding: 4px 8px;
  }
  .bar {
    background: var(--nt-line);
    overflow: hidden;
  }
  .bar > i {
    display: block;
    block-size: 100%;
    background: var(--nt-ink);
    transform-origin: left;
    transform: scaleX(var(--share));
  }
  .act {
    display: flex;
    gap: 8px;
    align-items: center;
    min-inline-size: 0;
  }
  .act button,
  .act .button {
    white-space: nowrap;
    flex: none;
  }
  .act .given {
    flex: 1;
    min-inline-size: 0;
    font-size: 12px;
    color: var(--nt-soft);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  input[type='text'] {
    flex: 1;
    min-inline-size: 0;
    min-block-size: 44px;
    padding: 8px;
    font: 16px/24px var(--nt-ui);
    color: var(--nt-blue);
    background: var(--nt-sheet);
    border: 1px solid var(--nt-edge);
    border-radius: 2px;
  }
  .button {
    position: relative;
    padding: 11px 14px;
    border-style: dashed;
  }
  .button:hover {
    background: var(--nt-metal);
  }
  .button:focus-within {
    outline: 2px solid var(--nt-ink);
  }
  .said {
    margin: 0;
    font-size: 12px;
    line-height: 18px;
    color: var(--nt-soft);
    overflow: auto;
    overflow-wrap: anywhere;
  }
  @container (width < 480px) {
    .choice {
      grid-template-columns: auto minmax(0, 1fr);
    }
    .choice .mark {
      grid-column: 2;
    }
  }
`;
