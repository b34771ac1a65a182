import { css } from 'lit';
import { block } from '../core/styles.ts';

export const styles = [
  block,
  css`
    .frame {
      block-size: 620px;
      --sample: 92px;
    }
    .top {
      block-size: 28px;
    }
    .caption {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .panel {
      display: grid;
      block-size: 100%;
      grid-template: 'source' 134px 'controls' 138px 'curve' 172px 'samples' minmax(0, 1fr) / minmax(0, 1fr);
      gap: 6px;
    }
    .source {
      grid-area: source;
      display: grid;
      grid-template-rows: auto minmax(0, 1fr) auto;
      gap: 4px;
    }
    .controls {
      grid-area: controls;
    }
    nt-loss-chart {
      grid-area: curve;
      block-size: 100%;
    }
    .samples {
      grid-area: samples;
      position: relative;
      overflow: auto;
      border-block-start: 1px solid var(--nt-line);
    }
    label {
      font-size: 12px;
      line-height: 18px;
      color: var(--nt-soft);
    }
    textarea,
    select {
      font: 16px/1.4 var(--nt-face);
      color: var(--nt-ink);
      background: var(--nt-sheet);
      border: 1px solid var(--nt-edge);
      border-radius: 2px;
      inline-size: 100%;
    }
    textarea {
      resize: none;
      padding: 6px 8px;
      color: var(--nt-blue);
    }
    textarea.over,
    .file.over {
      outline: 2px solid var(--nt-ink);
      outline-offset: -2px;
    }
    .ways,
    .buttons {
      display: flex;
      gap: 8px;
      align-items: center;
    }
    .ways {
      overflow-x: auto;
      padding: 2px;
      margin: -2px;
      min-block-size: 48px;
    }
    .file {
      flex: none;
      color: var(--nt-ink);
      font: 600 14px/20px var(--nt-ui);
      padding: 11px 14px;
      border-style: dashed;
    }
    .file svg {
      vertical-align: -3px;
      margin-inline-end: 6px;
    }
    .file:hover {
      background: var(--nt-metal);
    }
    .file:focus-within {
      outline: 2px solid var(--nt-ink);
      outline-offset: 0;
    }
    .file.off {
      color: var(--nt-soft);
      border-color: var(--nt-line);
      background: none;
      cursor: default;
    }
    select {
      flex: 1 1 160px;
      min-inline-size: 0;
      font: 14px/20px var(--nt-ui);
      min-block-size: 44px;
      padding: 8px;
    }
    .buttons {
      block-size: 44px;
      margin-block-end: 6px;
    }
    .buttons button {
      white-space: nowrap;
      padding-inline: 12px;
    }
    .state {
      margin: 0;
      font-size: 12px;
      line-height: 18px;
      max-block-size: 54px;
      overflow: auto;
      color: var(--nt-soft);
    }
    .state .cause {
      overflow-wrap: anywhere;
    }
    .entry {
      position: absolute;
      inset-block-start: 0;
      inset-inline: 0;
      block-size: var(--sample);
      overflow: hidden;
      transform: translateY(calc(var(--i) * var(--sample)));
    }
    .entry .when {
      font-size: 12px;
      line-height: 18px;
      color: var(--nt-soft);
    }
    .tokens {
      display: flex;
      flex-wrap: wrap;
      row-gap: 14px;
      align-items: flex-start;
      block-size: 74px;
      overflow: hidden;
    }
    .token {
      font-size: 16px;
      block-size: 23px;
      margin-inline-end: -1px;
    }
    .foot {
      position: absolute;
      inset-inline: 0 1px;
      inset-block-start: 100%;
      block-size: calc(1.25px * var(--bits));
      background: var(--nt-ink);
    }
    .foot.cut {
      background: linear-gradient(var(--nt-ink) 70%, transparent);
    }
    .end {
      block-size: calc(var(--n) * var(--sample));
    }
    .none {
      border: 0;
    }
    .none p {
      font-size: 12px;
      color: var(--nt-soft);
    }
    @container (width >= 720px) {
      .frame {
        block-size: 480px;
      }
      .panel {
        grid-template:
          'source curve' 220px
          'source samples' minmax(0, 1fr)
          'controls samples' 138px / minmax(0, 5fr) minmax(0, 7fr);
        gap: 6px 24px;
      }
    }
  `,
];
