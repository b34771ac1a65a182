/** Temperature, top-k, top-p and seed as the browser's own controls. */
import { html, type TemplateResult } from 'lit';
import type { Sampling } from '../../run/types.ts';
import { fixed } from '../core/format.ts';
import type { NextTokenTexts } from './texts.ts';

const MOST_SEED = 2 ** 32 - 1;

export function settingsTemplate(
  t: NextTokenTexts,
  { temperature, topK, topP, seed }: Sampling,
  lang: string,
  disabled: boolean,
  change: (sampling: Partial<Sampling>) => void,
): TemplateResult {
  const range = (
    name: string,
    shown: string,
    value: number,
    min: number,
    max: number,
    step: number,
    key: keyof Sampling,
  ) =>
    html`<label
      ><span>${name}<b>${shown}</b></span>
      <input
        type="range"
        min=${min}
        max=${max}
        step=${step}
        .value=${String(value)}
        ?disabled=${disabled}
        aria-valuetext=${shown}
        @input=${(event: Event) => change({ [key]: Number((event.target as HTMLInputElement).value) })}
    /></label>`;
  return html`<div class="settings" part="settings" role="group" aria-label=${t.settings}>
    ${range(t.temperature, fixed(temperature, 2, lang), temperature, 0, 2, 0.05, 'temperature')}
    ${range(t.topK, topK === 0 ? t.topKAll : String(topK), topK, 0, 100, 1, 'topK')}
    ${range(t.topP, fixed(topP, 2, lang), topP, 0.05, 1, 0.05, 'topP')}
    <label
      ><span>${t.seed}</span>
      <input
        type="number"
        min="0"
        max=${MOST_SEED}
        step="1"
        .value=${String(seed)}
        ?disabled=${disabled}
        @change=${(event: Event) => {
          const field = event.target as HTMLInputElement;
          // out of its range, the seed stays what it was
          if (field.value !== '' && field.checkValidity()) change({ seed: Number(field.value) });
          else field.value = String(seed);
        }}
    /></label>
  </div>`;
}
