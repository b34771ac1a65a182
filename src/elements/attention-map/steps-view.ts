/** The table of the arithmetic, and the sentence of the step at hand. */
import { html, nothing, type TemplateResult } from 'lit';
import { percent, significant } from '../core/format.ts';
import { shown as spelled } from '../core/token-text.ts';
import { type Steps, valueLength } from './steps.ts';
import type { Texts } from './texts.ts';

/** 0: everything; then score, mask, softmax, value. */
export const STAGES = 5;

export interface StepsShown {
  readonly t: Texts;
  readonly lang: string;
  readonly steps: Steps;
  readonly stage: number;
  readonly query: number;
  /** Tokens after the query. */
  readonly later: number;
  /** Why there are no exact numbers; '' where there are. */
  readonly why: string;
  readonly hover: number | undefined;
  readonly name: (position: number) => string;
  readonly onStep: () => void;
  readonly onPoint: (position: number | undefined) => void;
}

export function stepsTemplate(shown: StepsShown): TemplateResult {
  const { t, lang, steps, stage, name, hover } = shown;
  const number = (n: number | undefined) => (n === undefined ? '–' : significant(n, lang));
  // a column is hatched until its step has come
  const cell = (text: string, from: number) =>
    stage && stage < from
      ? html`<td class="hatched"></td>`
      : html`<td class=${stage === from ? 'now' : ''}>${text}</td>`;
  const { others } = steps;
  return html`<table class="steps" part="steps">
      <thead>
        <tr>
          <th scope="col">${t.looksAt}</th>
          <th scope="col">${t.score}</th>
          <th scope="col">${t.weight}</th>
          <th scope="col">${t.adds}</th>
        </tr>
      </thead>
      <tbody @pointerleave=${() => shown.onPoint(undefined)}>
        ${steps.rows.map(
          ({ key, score, weight, adds }) =>
            html`<tr class=${key === hover ? 'marked' : ''} @pointerenter=${() => shown.onPoint(key)}>
              <th scope="row" class="name" translate="no">${spelled(name(key))}</th>
              ${cell(number(score), 1)}${cell(percent(weight, lang), 3)}${cell(number(adds), 4)}
            </tr>`,
        )}
        ${
          others.count
            ? html`<tr class="others">
                <th scope="row">${t.others(others.count)}</th>
                ${cell('', 1)}${cell(percent(others.weight, lang), 3)}${cell(number(others.adds), 4)}
              </tr>`
            : nothing
        }
      </tbody>
    </table>
    <div class="walk">
      <p>${shown.why || sentence(shown)}</p>
      ${
        shown.why
          ? nothing
          : html`<button part="button" type="button" aria-keyshortcuts="s" @click=${shown.onStep}>${t.next}</button>`
      }
    </div>`;
}

/** The step at hand, for the key with the largest weight. */
function sentence({ t, lang, steps, stage, query, later, name }: StepsShown): string {
  const { walk } = t;
  const [first] = steps.rows;
  if (!stage || !first || first.score === undefined || first.adds === undefined) return walk.all;
  const [from, to] = [spelled(name(query)).trim(), spelled(name(first.key)).trim()];
  const number = (n: number | undefined) => significant(n ?? NaN, lang);
  if (stage === 1) return walk.score(from, to, number(first.score));
  if (stage === 2) return walk.mask(from, later);
  if (stage === 3)
    return walk.softmax(to, number(first.score), number(steps.top), number(steps.sum), percent(first.weight, lang));
  return walk.value(to, percent(first.weight, lang), number(valueLength(first.adds, first.weight)), number(first.adds));
}
