/** What stands beside the graph when a box is open: what it computes, its numbers, the kernel that ran and how long it took. */
import { html, nothing, type TemplateResult } from 'lit';
import type { KernelSource, Trace } from '../../run/types.ts';
import type { Tap } from '../../session/records.ts';
import { count, percent, significant } from '../core/format.ts';
import { vars } from '../core/vars.ts';
import type { Box } from './graph.ts';
import { gridOf, indexIn } from './heat.ts';
import type { Texts } from './texts.ts';

/** A number of a tensor that is pointed at. */
export interface Cell {
  readonly tap: string;
  readonly at: number;
}

export interface PanelModel {
  readonly box: Box;
  readonly name: string;
  readonly trace: Trace | undefined;
  readonly taps: Readonly<Record<string, Tap>>;
  readonly kernel: KernelSource | undefined;
  readonly whole: boolean;
  readonly cell: Cell | undefined;
  readonly width: number;
  readonly lang: string;
  readonly t: Texts;
  /** A trace can be taken. */
  readonly canTime: boolean;
  readonly timing: boolean;
}

export interface PanelActs {
  readonly close: () => void;
  readonly time: () => void;
  readonly edit: () => void;
  readonly show: (whole: boolean) => void;
  readonly point: (cell: Cell | undefined) => void;
}

/** Height of a cell of a heat map, so that it can be pointed at. */
const cellHeight = (rows: number): number => Math.max(2, Math.min(24, 160 / rows));

export function panel(model: PanelModel, acts: PanelActs): TemplateResult {
  const { box, name, t, kernel, whole, lang } = model;
  const formulas = [...box.parts.map(({ kind }) => t.formulas[kind]), ...(box.adds ? [t.added] : [])];
  return html`<section part="detail" class="panel" role="region" aria-label=${t.detail(name)}>
    <header>
      <h3 translate="no">${box.row.label}</h3>
      <button type="button" class="plain" @click=${acts.close}>${t.close}</button>
    </header>
    ${
      formulas.length > 1
        ? html`<ol>
            ${formulas.map((text) => html`<li>${text}</li>`)}
          </ol>`
        : html`<p>${formulas[0]}</p>`
    }
    ${facts(model, acts)}
    <h4>${t.tensors}</h4>
    ${box.taps.some((tap) => model.taps[tap]) ? box.taps.map((tap) => tensor(tap, model, acts)) : html`<p>${t.noTensors}</p>`}
    ${
      kernel
        ? html`<h4>${t.code}</h4>
            <div class="row">
              ${[false, true].map(
                (all) =>
                  html`<button
                    type="button"
                    aria-pressed=${all === whole ? 'true' : 'false'}
                    @click=${() => acts.show(all)}
                  >
                    ${all ? t.file : t.ran}
                  </button>`,
              )}
              ${kernel.language === 'wgsl' ? html`<button type="button" @click=${acts.edit}>${t.edit}</button>` : nothing}
            </div>
            ${kernel.language === 'wgsl' ? nothing : html`<p>${t.notWgsl}</p>`}
            <pre
              tabindex="0"
              translate="no"
              aria-label=${t.code}
              lang=${lang}
            ><code>${whole ? kernel.file : kernel.specialised}</code></pre>`
        : nothing
    }
  </section>`;
}

/** A shape as it is written in the code: `1 × 480`. */
const sizes = (shape: readonly number[], lang: string): string => shape.map((n) => count(n, lang)).join(' × ');

function facts({ box, trace, lang, t, canTime, timing }: PanelModel, acts: PanelActs): TemplateResult {
  const { row } = box;
  const timed = trace?.rows.find(({ index, label }) => index === row.index && label === row.label);
  const ports = (list: readonly { readonly name: string; readonly shape: readonly number[] }[]) =>
    list.map(({ name, shape }) => `${name} ${sizes(shape, lang)}`).join(', ');
  return html`<dl class="facts">
    <dt>${t.variant}</dt>
    <dd translate="no">${row.op}/${row.variant}</dd>
    ${
      'inputs' in row
        ? html`<dt>${t.inputs}</dt>
            <dd translate="no">${ports(row.inputs)}</dd>
            <dt>${t.outputs}</dt>
            <dd translate="no">${ports(row.outputs)}</dd>
            <dt>${t.parameters}</dt>
            <dd>${count(row.parameters, lang)}</dd>`
        : nothing
    }
    <dt>${t.work}</dt>
    <dd>${t.flop(count(row.flops, lang))}</dd>
    <dt>${t.timeHere}</dt>
    <dd>
      ${
        timed
          ? html`${timeOf(timed.time, lang)}${
              timed.ofRoof === undefined ? nothing : html` · ${t.ofRoof(percent(timed.ofRoof, lang))}`
            }`
          : html`${t.noTime}
            ${
              canTime
                ? html`<button type="button" class="plain" ?disabled=${timing} @click=${acts.time}>
                    ${timing ? t.timing : t.time}
                  </button>`
                : nothing
            }`
      }
    </dd>
  </dl>`;
}

/** `12.3 µs ± 4 %` */
export function timeOf(
  { median, low, high }: { readonly median: number; readonly low: number; readonly high: number },
  lang: string,
): string {
  const [scale, unit] = median < 1e-3 ? [1e6, 'µs'] : [1e3, 'ms'];
  return `${significant(median * scale, lang)} ${unit} ± ${percent((high - low) / 2 / median, lang)}`;
}

function tensor(name: string, model: PanelModel, acts: PanelActs): TemplateResult | typeof nothing {
  const { taps, width, cell, lang, t } = model;
  const tap = taps[name];
  if (!tap) return nothing;
  const { data, shape } = tap;
  const grid = gridOf(shape, width);
  const at = cell?.tap === name ? cell.at : undefined;
  const height = Math.round(grid.rows * cellHeight(grid.rows));
  let [low, high] = [Infinity, -Infinity];
  for (const x of data) [low, high] = [Math.min(low, x), Math.max(high, x)];
  const range = t.heat(name, sizes(shape, lang), significant(low, lang), significant(high, lang));
  const value = at === undefined ? undefined : t.cell(name, indexIn(shape, at), significant(data[at], lang));
  const move = (event: PointerEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * grid.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * grid.rows);
    const next =
      Math.max(0, Math.min(grid.rows - 1, row)) * grid.columns + Math.max(0, Math.min(grid.columns - 1, column));
    if (next < data.length) acts.point({ tap: name, at: next });
  };
  const keys = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: grid.columns,
      ArrowUp: -grid.columns,
      Home: -data.length,
      End: data.length,
    };
    const by = steps[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const far = by === data.length || by === -data.length;
    const next = (at ?? 0) + by;
    if (far) acts.point({ tap: name, at: by > 0 ? data.length - 1 : 0 });
    else if (next >= 0 && next < data.length) acts.point({ tap: name, at: next });
  };
  const w = 100 / grid.columns;
  return html`<div class="tensor">
    <div
      class="cells"
      role="img"
      tabindex="0"
      aria-label=${value ?? range}
      ${vars({ '--h': `${height}px` })}
      @pointermove=${move}
      @pointerdown=${move}
      @pointerleave=${() => acts.point(undefined)}
      @keydown=${keys}
    >
      <canvas aria-hidden="true" data-tap=${name}></canvas>
      ${
        at === undefined
          ? nothing
          : html`<div
              class="cursor"
              ${vars({
                '--w': `${w}%`,
                '--h': `${100 / grid.rows}%`,
                '--x': `${(at % grid.columns) * 100}%`,
                '--y': `${Math.floor(at / grid.columns) * 100}%`,
              })}
            ></div>`
      }
    </div>
    <output translate="no">${value ?? range}</output>
  </div>`;
}
