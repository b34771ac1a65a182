/** Prompt, continuation, candidates, settings, and what runs it. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import '../src/elements/candidate-bars.ts';
import type { EnginePreference } from '../src/session/choose_engine.ts';
import type { Actions } from './actions.ts';
import { rate, type State } from './state.ts';

const megabytes = (bytes: number): string =>
  bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;

export function predictView(state: State, actions: Actions): TemplateResult {
  return html`
    <div class="columns">
      ${promptCard(state, actions)} ${candidatesCard(state, actions)} ${samplingCard(state, actions)}
      ${modelCard(state, actions)} ${engineCard(state, actions)}
    </div>
  `;
}

const value = (event: Event): string => (event.target as HTMLInputElement).value;

function promptCard(state: State, actions: Actions): TemplateResult {
  const ready = state.report !== undefined && !state.loading;
  return html`
    <section class="card" aria-labelledby="prompt-title">
      <h1 id="prompt-title">Type a beginning; the model goes on</h1>
      <div id="prompt-area">
        <label for="prompt">Prompt</label>
        <textarea
          id="prompt"
          rows="3"
          spellcheck="false"
          .value=${live(state.prompt)}
          @input=${(e: Event) => actions.editPrompt(value(e))}
        ></textarea>
      </div>
      <div class="text" id="continuation" role="log" aria-label="Prompt and continuation" aria-live="off" tabindex="0">
        ${continuation(state)}
      </div>
      <div class="row">
        ${
          state.running
            ? html`<button class="main" type="button" @click=${actions.stop}>Stop</button>`
            : html`<button class="main" type="button" ?disabled=${!ready} @click=${actions.run}>Run</button>`
        }
        <button class="plain" type="button" ?disabled=${!ready || state.running} @click=${actions.step}>Step</button>
        <button class="plain" type="button" ?disabled=${state.steps.length === 0} @click=${actions.clear}>
          Start over
        </button>
        <span class="numbers">${speed(state)}</span>
      </div>
      ${state.loading ? loading(state) : nothing}
      <p class="status" role="status">${state.status}</p>
      ${state.error ? html`<p class="error" role="alert">${state.error}</p>` : nothing}
      <p class="hidden" aria-live="polite">
        ${
          state.running
            ? ''
            : state.steps
                .map((s) => s.text)
                .join('')
                .slice(-400)
        }
      </p>
    </section>
  `;
}

function continuation({ prompt, steps }: State): TemplateResult {
  const last = steps.at(-1);
  const made = steps.map((s) => (s === last ? html`<mark>${s.text}</mark>` : s.text));
  return html`<span class="words"><span class="given">${prompt}</span>${made}</span>`;
}

function speed(state: State): string {
  const perSecond = rate(state.steps);
  const parts = [];
  if (state.steps.length) parts.push(`${state.steps.length} token${state.steps.length === 1 ? '' : 's'}`);
  if (perSecond) parts.push(`${perSecond >= 100 ? Math.round(perSecond) : perSecond.toFixed(1)} tokens/s`);
  if (state.firstToken) parts.push(`first token ${Math.max(1, Math.round(1000 * state.firstToken))} ms`);
  return parts.join(' · ');
}

function loading(state: State): TemplateResult {
  const { loaded, total } = state.loading!;
  return html`<label class="status" for="load"
      >${total ? `${megabytes(loaded)} of ${megabytes(total)}` : loaded ? megabytes(loaded) : 'Asking for the model…'}</label
    >
    <progress id="load" max="1" .value=${total ? loaded / total : 0}></progress>`;
}

function candidatesCard(state: State, actions: Actions): TemplateResult {
  const step = state.peek ?? state.steps.at(-1);
  return html`
    <section class="card" aria-labelledby="candidates-title">
      <h2 id="candidates-title">${state.peek ? 'What may come next' : 'What the last token was chosen from'}</h2>
      ${
        step?.candidates.length
          ? html`<candidate-bars
              .candidates=${step.candidates}
              .chosen=${step.token}
              .vocab=${state.report?.vocab ?? 0}
              @candidate-pick=${(e: CustomEvent<{ token: number }>) => actions.pick(e.detail.token)}
            ></candidate-bars>`
          : html`<p class="status">The bars appear with the first prediction.</p>`
      }
    </section>
  `;
}

function slider(
  name: string,
  label: string,
  now: number,
  shown: string,
  range: { min: number; max: number; step: number },
  set: (n: number) => void,
): TemplateResult {
  return html`<div>
    <label for=${name}>${label} <output for=${name}>${shown}</output></label>
    <input
      id=${name}
      type="range"
      min=${range.min}
      max=${range.max}
      step=${range.step}
      .value=${live(String(now))}
      aria-valuetext=${shown}
      @input=${(e: Event) => set(Number(value(e)))}
    />
  </div>`;
}

function samplingCard({ sampling, maxTokens }: State, actions: Actions): TemplateResult {
  return html`
    <section class="card" aria-labelledby="sampling-title">
      <h2 id="sampling-title">How it chooses</h2>
      <div class="fields">
        ${slider('temperature', 'Temperature', sampling.temperature, sampling.temperature === 0 ? '0, always the best' : sampling.temperature.toFixed(2), { min: 0, max: 2, step: 0.05 }, (temperature) => actions.sampling({ temperature }))}
        ${slider('top-k', 'Top-k', sampling.topK, sampling.topK === 0 ? 'off' : String(sampling.topK), { min: 0, max: 100, step: 1 }, (topK) => actions.sampling({ topK }))}
        ${slider('top-p', 'Top-p', sampling.topP, sampling.topP >= 1 ? 'off' : sampling.topP.toFixed(2), { min: 0.05, max: 1, step: 0.05 }, (topP) => actions.sampling({ topP }))}
        ${slider('max-tokens', 'Tokens per run', maxTokens, String(maxTokens), { min: 10, max: 500, step: 10 }, actions.maxTokens)}
        <div>
          <label for="seed">Seed</label>
          <div class="row" style="flex-wrap: nowrap">
            <input
              id="seed"
              type="number"
              min="0"
              max="4294967295"
              step="1"
              .value=${live(String(sampling.seed))}
              @change=${(e: Event) => actions.sampling({ seed: Number(value(e)) >>> 0 })}
            />
            <button
              class="plain"
              type="button"
              @click=${() => actions.sampling({ seed: Math.floor(Math.random() * 1e6) })}
            >
              New
            </button>
          </div>
        </div>
      </div>
    </section>
  `;
}

function modelCard(state: State, actions: Actions): TemplateResult {
  const { report } = state;
  const files = (list: FileList | null | undefined) => {
    if (list?.length) actions.openFiles([...list]);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    (event.currentTarget as HTMLElement).classList.remove('over');
    files(event.dataTransfer?.files);
  };
  const over = (event: DragEvent) => {
    event.preventDefault();
    (event.currentTarget as HTMLElement).classList.toggle('over', event.type === 'dragover');
  };
  return html`
    <section class="card" aria-labelledby="model-title">
      <h2 id="model-title">Model</h2>
      <label for="model">Choose a model</label>
      <select id="model" .value=${live(state.model)} @change=${(e: Event) => actions.chooseModel(value(e))}>
        ${state.models.map((m) => html`<option value=${m.name} ?selected=${m.name === state.model}>${m.title} (${megabytes(m.bytes)})</option>`)}
        ${state.training.points.length ? html`<option value="trained" ?selected=${state.model === 'trained'}>The one trained below</option>` : nothing}
        <option value="files" ?selected=${state.model === 'files'}>Own files…</option>
        <option value="url" ?selected=${state.model === 'url'}>From an address…</option>
      </select>
      ${
        state.model === 'files'
          ? html`<div class="drop" @drop=${drop} @dragover=${over} @dragleave=${over}>
              <label for="files"
                >model.safetensors with config.json and tokenizer.json (or vocab.json and merges.txt), or a llama2.c
                .bin with its tokenizer: drop them here or choose</label
              >
              <input
                id="files"
                type="file"
                multiple
                @change=${(e: Event) => files((e.target as HTMLInputElement).files)}
              />
            </div>`
          : nothing
      }
      ${
        state.model === 'url'
          ? html`<form
              class="row"
              @submit=${(e: SubmitEvent) => {
                e.preventDefault();
                actions.openUrl((e.target as HTMLFormElement).querySelector('input')!.value);
              }}
            >
              <label for="url" style="flex: 1 1 100%"
                >Address of a folder with these files, or a hub name such as openai-community/gpt2</label
              >
              <input id="url" name="url" required style="flex: 1 1 12rem; width: auto" />
              <button class="plain" type="submit">Load</button>
            </form>`
          : nothing
      }
      ${
        report
          ? html`<dl class="facts" style="margin-top: 0.8rem">
              <dt>Size</dt>
              <dd>
                ${report.params.toLocaleString('en')} parameters: ${report.layers} layers, ${report.heads} heads,
                ${report.width} wide
              </dd>
              <dt>Vocabulary</dt>
              <dd>${report.vocab.toLocaleString('en')} tokens, sees ${report.context} at once</dd>
              ${
                state.models.some((m) => m.name === state.model)
                  ? html`<dt>Card</dt>
                      <dd><a href=${`models/${state.model}/card.md`}>text, training, losses, samples</a></dd>`
                  : nothing
              }
              ${
                report.bytes
                  ? html`<dt>Loaded</dt>
                      <dd>${megabytes(report.bytes)}${report.fromCache ? ', from this browser’s cache' : ''}</dd>`
                  : nothing
              }
              <dt>Kept</dt>
              <dd>
                ${state.cached ? `${megabytes(state.cached)} of models in this browser` : 'nothing'}
                <button class="plain small" type="button" ?disabled=${!state.cached} @click=${actions.clearCache}>
                  Clear
                </button>
              </dd>
            </dl>`
          : nothing
      }
    </section>
  `;
}

function engineCard(state: State, actions: Actions): TemplateResult {
  const { engine } = state;
  const preferences: readonly [EnginePreference, string][] = [
    ['auto', 'Best for this device'],
    ['gpu', 'WebGPU'],
    ['cpu', 'CPU (WebAssembly)'],
  ];
  return html`
    <section class="card wide" aria-labelledby="engine-title">
      <h2 id="engine-title">What runs it</h2>
      <label for="engine">Engine</label>
      <select id="engine" @change=${(e: Event) => actions.chooseEngine(value(e) as EnginePreference)}>
        ${preferences.map(([preference, label]) => html`<option value=${preference} ?selected=${preference === state.enginePreference}>${label}</option>`)}
      </select>
      ${
        engine
          ? html`<dl class="facts" style="margin-top: 0.8rem">
                <dt>Runs on</dt>
                <dd>${engine.why}</dd>
                <dt>Memory</dt>
                <dd>${megabytes(engine.bytesAllocated)}</dd>
              </dl>
              <details style="margin-top: 0.6rem">
                <summary>The plan of one token</summary>
                <pre class="plan" tabindex="0">${engine.plan}</pre>
              </details>`
          : nothing
      }
    </section>
  `;
}
