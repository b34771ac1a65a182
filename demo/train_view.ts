/** Train a small model on pasted or dropped text, watch it learn, then predict with it. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import '../src/elements/loss-chart.ts';
import type { Actions } from './actions.ts';
import type { TrainSize } from './protocol.ts';
import type { State } from './state.ts';

/** Less text than this teaches nothing but itself. */
const ENOUGH = 2000;

/** Texts that come with the page, for those who want to see it learn at once. */
const EXAMPLES: readonly [file: string, title: string][] = [
  ['sherlock-holmes.txt', 'Sherlock Holmes'],
  ['tang-poems.txt', 'Tang poems 唐诗'],
];

export function trainView(state: State, actions: Actions): TemplateResult {
  const { training: t, trainText } = state;
  const busy = t.status === 'starting' || t.status === 'running' || t.status === 'paused';
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
          <p class="row" style="margin: 0.5rem 0 0">
            <span>Or take an example:</span>
            ${EXAMPLES.map(([file, title]) => html`<button class="plain small" type="button" ?disabled=${busy} @click=${() => actions.trainExample(file)}>${title}</button>`)}
          </p>
          <div class="row" style="margin-top: 0.6rem">
            <div style="flex: 1 1 12rem">
              <label for="train-file">Text file</label>
              <input
                id="train-file"
                type="file"
                accept=".txt,.md,text/*"
                ?disabled=${busy}
                @change=${(e: Event) => void read((e.target as HTMLInputElement).files?.[0])}
              />
            </div>
            <div style="flex: 1 1 10rem">
              <label for="train-size">Size</label>
              <select
                id="train-size"
                ?disabled=${busy}
                @change=${(e: Event) => actions.trainSize((e.target as HTMLSelectElement).value as TrainSize)}
              >
                <option value="tiny" ?selected=${state.trainSize === 'tiny'}>Tiny: 2 layers, 64 wide</option>
                <option value="small" ?selected=${state.trainSize === 'small'}>Small: 4 layers, 128 wide</option>
              </select>
            </div>
          </div>
          <div class="row" style="margin-top: 0.8rem">
            ${
              busy
                ? html`${
                      t.status === 'paused'
                        ? html`<button class="main" type="button" @click=${actions.trainResume}>Go on</button>`
                        : html`<button
                            class="main"
                            type="button"
                            ?disabled=${t.status === 'starting'}
                            @click=${actions.trainPause}
                          >
                            Pause
                          </button>`
                    } <button class="plain" type="button" @click=${actions.trainStop}>Stop</button>`
                : html`<button
                    class="main"
                    type="button"
                    ?disabled=${trainText.length < ENOUGH}
                    @click=${actions.train}
                  >
                    Start training
                  </button>`
            }
            <button
              class="plain"
              type="button"
              ?disabled=${t.points.length === 0}
              @click=${() => actions.chooseModel('trained')}
            >
              Predict with it
            </button>
            <button class="plain" type="button" ?disabled=${t.points.length === 0} @click=${actions.trainSave}>
              Download
            </button>
          </div>
          <p class="status" role="status">
            ${trainText.length < ENOUGH && !busy ? `At least ${ENOUGH.toLocaleString('en')} characters; there are ${trainText.length.toLocaleString('en')}.` : status(state)}
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
              ? html`<h3 style="font-size: 0.95rem; margin: 0.8rem 0 0.3rem">It writes now</h3>
                  <div class="text" style="min-height: 6rem; max-height: 14rem" tabindex="0">
                    <span class="words">${t.sample}</span>
                  </div>`
              : nothing
          }
        </div>
      </div>
    </section>
  `;
}

const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

function status({ training: t }: State): string {
  const words = {
    idle: '',
    starting: 'Preparing: tokenizer, n-grams, memory…',
    running: 'Training',
    paused: 'Paused',
    ended: 'Ended',
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
