/** What stands in the panel: the text with the ways to give one, the buttons, what is said. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { RecipeFacts, RecipeSize } from '../../host/recipes.ts';
import { count } from '../core/format.ts';
import { icon } from '../core/icon.ts';
import { download, pause, run as play, stop, upload } from '../core/icons.gen.ts';
import type { Phase } from './log.ts';
import type { Texts } from './texts.ts';

export interface SourceParts {
  readonly t: Texts;
  readonly text: string;
  readonly busy: boolean;
  /** A file hangs over it. */
  readonly over: boolean;
  readonly typed: (text: string) => void;
  readonly hover: (over: boolean) => void;
  readonly file: (file: File | undefined) => void;
}

export function sourceTemplate({ t, text, busy, over, typed, hover, file }: SourceParts): TemplateResult {
  const drag = (event: DragEvent) => {
    event.preventDefault();
    hover(!busy && event.type === 'dragover');
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    file(event.dataTransfer?.files[0]);
  };
  const take = (event: Event) => {
    const input = event.target as HTMLInputElement;
    file(input.files?.[0]);
    input.value = ''; // so that the same file can be chosen again
  };
  return html`<div part="source" class="source" @dragover=${drag} @dragleave=${drag} @drop=${drop}>
    <label for="text">${t.text}</label>
    <textarea
      id="text"
      class=${over ? 'over' : ''}
      spellcheck="false"
      translate="no"
      ?readonly=${busy}
      .value=${live(text)}
      @input=${(event: Event) => typed((event.target as HTMLTextAreaElement).value)}
    ></textarea>
    <div class="ways">
      <label class="button file ${over ? 'over' : ''} ${busy ? 'off' : ''}"
        >${icon(upload)}${t.file}<input
          class="hidden"
          type="file"
          accept=".txt,.md,text/*"
          ?disabled=${busy}
          @change=${take}
      /></label>
      <slot name="texts"></slot>
    </div>
  </div>`;
}

export interface ButtonParts {
  readonly t: Texts;
  readonly language: string;
  readonly phase: Phase;
  readonly busy: boolean;
  readonly sizes: Readonly<Partial<Record<RecipeSize, RecipeFacts>>>;
  readonly size: RecipeSize;
  /** Planned steps that replace the size's; 0: none do. */
  readonly steps: number;
  readonly canStart: boolean;
  readonly canGoOn: boolean;
  readonly canUse: boolean;
  /** There is an element to use it in. */
  readonly useful: boolean;
  readonly again: boolean;
  readonly resize: (size: RecipeSize) => void;
  readonly start: (goOn: boolean) => void;
  readonly pause: (paused: boolean) => void;
  readonly stop: () => void;
  readonly use: () => void;
  readonly save: () => void;
}

/** The first button starts, pauses and resumes: it stays in its place, and the focus on it. */
export function buttonsTemplate(b: ButtonParts): TemplateResult {
  const { t, phase, busy, canGoOn } = b;
  const [running, paused] = [phase === 'running', phase === 'paused'];
  const start = canGoOn ? t.goOn : b.again ? t.again : t.start;
  const word = running ? t.pause : paused ? t.resume : start;
  return html`<div class="buttons">
      <select
        aria-label=${t.size}
        ?disabled=${busy}
        .value=${live(b.size)}
        @change=${(event: Event) => b.resize((event.target as HTMLSelectElement).value as RecipeSize)}
      >
        ${Object.entries(b.sizes).map(
          ([size, { layers, width, steps }]) =>
            html`<option value=${size} ?selected=${size === b.size}>
              ${t.sizes[size as RecipeSize]}: ${t.facts(layers, width, count(b.steps || steps, b.language))}
            </option>`,
        )}
      </select>
      <button
        class="main start"
        type="button"
        aria-describedby="reason"
        ?disabled=${!running && !paused && !b.canStart}
        @click=${() => (running || paused ? b.pause(running) : b.start(canGoOn))}
      >
        ${icon(running ? pause : play)}${word}
      </button>
    </div>
    <div class="buttons">
      <button class="stop" type="button" ?disabled=${!busy} @click=${b.stop}>
        ${icon(stop)}${phase === 'stopping' ? t.stopNow : t.stop}
      </button>
      ${
        b.useful
          ? html`<button class="use" type="button" ?disabled=${!b.canUse} @click=${b.use}>${t.use}</button>`
          : nothing
      }
      <button class="save" type="button" ?disabled=${!b.canUse} @click=${b.save}>${icon(download)}${t.save}</button>
      ${canGoOn ? html`<button class="again" type="button" @click=${() => b.start(false)}>${t.again}</button>` : nothing}
    </div>`;
}
