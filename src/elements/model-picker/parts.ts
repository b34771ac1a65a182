/** One model of the list, and the rail that fills while one loads. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { Progress } from '../../run/types.ts';
import { bytes } from '../core/format.ts';
import { vars } from '../core/vars.ts';
import type { CachedModel } from './sources.ts';
import type { Texts } from './texts.ts';

export interface Item {
  readonly value: string;
  readonly title: string;
  readonly facts: string;
  readonly state: 'ready' | 'loading' | 'kept' | 'part' | 'none';
  readonly kept: CachedModel | undefined;
}

export interface ItemParts {
  readonly t: Texts;
  readonly language: string;
  readonly chosen: boolean;
  /** Whether it is to be deleted. */
  readonly asking: boolean;
  readonly choose: () => void;
  readonly ask: () => void;
  readonly keep: () => void;
  readonly remove: () => void;
}

export function itemTemplate({ value, title, facts, state, kept }: Item, p: ItemParts): TemplateResult {
  const { t } = p;
  return html`<div part="item" class="item ${p.chosen ? 'chosen' : ''}">
    <label class="choice">
      <input type="radio" name="model" .value=${value} .checked=${live(p.chosen)} @change=${p.choose} />
      <span>
        <span class="title" translate="no">${title}</span>
        <span part="size" class="facts">${facts}</span>
      </span>
      <span class="mark is-${state}">${state === 'none' ? nothing : t.state[state]}</span>
    </label>
    ${kept ? html`<button class="plain remove" type="button" aria-label="${t.remove}: ${title}" @click=${p.ask}>${t.remove}</button>` : nothing}
    ${
      p.asking && kept
        ? html`<div class="confirm" role="group" aria-label=${t.remove}>
            <span>${t.reallyRemove(title, bytes(kept.bytes, p.language))}</span>
            <button type="button" @click=${p.keep}>${t.no}</button>
            <button class="yes" type="button" @click=${p.remove}>${t.yes}</button>
          </div>`
        : nothing
    }
  </div>`;
}

/** `Downloading: 1.8 MB of 3.8 MB` */
export function progressWords({ phase, loaded, total }: Progress, t: Texts, language: string): string {
  const so = bytes(loaded, language);
  return `${t.phase[phase]}: ${total > 0 ? t.of(so, bytes(total, language)) : so}`;
}

export function progressTemplate(progress: Progress | undefined, t: Texts, language: string): TemplateResult {
  const share = progress && progress.total > 0 ? Math.min(1, progress.loaded / progress.total) : 0;
  const rail = html`<i ${vars({ '--share': share.toFixed(4) })}></i>`;
  if (!progress) return html`<div part="bar" class="bar">${rail}</div>`;
  return html`<div
    part="bar"
    class="bar"
    role="progressbar"
    aria-label=${t.phase[progress.phase]}
    aria-valuenow=${Math.round(100 * share)}
    aria-valuetext=${progressWords(progress, t, language)}
  >
    ${rail}
  </div>`;
}
