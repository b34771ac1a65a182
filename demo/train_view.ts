/** Train a small model on pasted or dropped text, watch it learn, then predict with it. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import '../src/elements/loss-chart.ts';
import type { RecipeSize } from '../src/host/recipes.ts';
import { clock } from '../src/train/clock.ts';
import type { Actions } from './actions.ts';
import { button } from './parts.ts';
import type { State } from './state.ts';

/** A model trained on less text than this learns it by heart and nothing more. */
const ENOUGH = 2000;

/** Texts that come with the page, for those who want to see it learn at once. */
const EXAMPLES: readonly [file: string, title: string][] = [
  ['sherlock-holmes.txt', 'Sherlock Holmes'],
  ['tang-poems.txt', 'Tang poems 唐诗'],
];

export function trainView(state: State, actions: Actions): TemplateResult {
  const { training: t, trainText } = state;
  const busy = ['starting', 'running', 'paused', 'stopping'].includes(t.status);
  const waits = t.status === 'starting' || t.status === 'stopping';
  const short = trainText.length < ENOUGH;
  const main = t.status === 'running' ? 'Pause' : t.status === 'paused' ? 'Resume' : waits ? 'Pause' : 'Start training';
  const read = async (file: File | undefined) => {
    if (file) actions.trainText(await file.text());
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    void read(event.dataTransfer?.files[0]);
  };
  return html`
    <section class="card" aria-labelledby="train-title">
      <h2 id="train-title">Train one here</h2>
      <div class="columns">
        <div>
          <label for="train-text">Text to learn from (any language; paste it, or drop a text file)</label>
          <textarea
            id="train-text"
            rows="8"
            spellcheck="false"
            ?readonly=${busy}
            .value=${live(trainText)}
            @input=${(e: Event) => actions.trainText((e.target as HTMLTextAreaElement).value)}
            @drop=${drop}
            @dragover=${(e: DragEvent) => e.preventDefault()}
          ></textarea>
          <p class="row">
            <span>Or take an example:</span>
            ${EXAMPLES.map(([file, title]) => button(title, () => void actions.trainExample(file), { kind: 'plain small', off: busy }))}
          </p>
          <div class="row">
            <div class="grow">
              <label for="train-file">Text file</label>
              <input
                id="train-file"
                type="file"
                accept=".txt,.md,text/*"
                ?disabled=${busy}
                @change=${(e: Event) => void read((e.target as HTMLInputElement).files?.[0])}
              />
            </div>
            <div class="grow">
              <label for="train-size">Size</label>
              <select
                id="train-size"
                ?disabled=${busy}
                @change=${(e: Event) => actions.trainSize((e.target as HTMLSelectElement).value as RecipeSize)}
              >
                <option value="tiny" ?selected=${state.trainSize === 'tiny'}>Tiny: 2 layers, 64 wide</option>
                <option value="small" ?selected=${state.trainSize === 'small'}>Small: 4 layers, 128 wide</option>
              </select>
            </div>
          </div>
          <div class="row buttons">
            ${button(main, actions.train, { kind: 'main', off: waits || (!busy && short) })}
            ${button('Stop', actions.trainStop, { off: !busy || waits })}
            ${button('Predict with it', () => void actions.predictTrained(), { off: !t.saved })}
            ${button('Download', () => void actions.trainSave(), { off: !t.saved })}
          </div>
          <p class="status" role="status">
            ${short && !busy && t.status === 'idle' ? `At least ${ENOUGH.toLocaleString('en')} characters are needed; there are ${trainText.length.toLocaleString('en')}.` : status(state)}
          </p>
        </div>
        <div>
          ${
            t.points.length
              ? html`<loss-chart
                  .points=${t.points}
                  .validation=${t.validation}
                  .baseline=${t.ngram?.nats ?? 0}
                  baseline-name=${t.ngram?.name ?? 'n-gram'}
                ></loss-chart>`
              : html`<p class="status">
                  The loss appears here: how many nats of surprise each next token still causes, against the best n-gram
                  of the same text.
                </p>`
          }
          ${
            t.sample
              ? html`<h3>What it writes now</h3>
                  <div class="text sample" role="region" aria-label="Sample" tabindex="0">
                    <span class="words">${t.sample}</span>
                  </div>`
              : nothing
          }
        </div>
      </div>
    </section>
  `;
}

function status({ training: t }: State): string {
  const words = {
    idle: '',
    starting: 'Preparing: tokenizer, n-grams, memory…',
    running: 'Training',
    paused: 'Paused',
    stopping: 'Stopping after this step…',
    ended: 'Ended',
    failed: 'Training failed',
  }[t.status];
  const step = t.points.at(-1)?.step;
  return [
    words,
    t.title,
    step === undefined ? '' : `step ${step} (${Math.floor(100 * t.progress)} %)`,
    t.left && t.status === 'running' ? `${clock(t.left)} left` : '',
    t.tokensPerSecond ? `${Math.round(t.tokensPerSecond).toLocaleString('en')} tokens/s` : '',
    t.message,
  ]
    .filter(Boolean)
    .join(' · ');
}
