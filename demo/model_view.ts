/** Which model answers and what runs it. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import type { EnginePreference } from '../src/session/choose_engine.ts';
import { shippedModels } from '../src/session/shipped.ts';
import type { Actions } from './actions.ts';
import { button, megabytes, valueOf } from './parts.ts';
import type { State } from './state.ts';

export function modelView(state: State, actions: Actions, place: string): TemplateResult {
  return html`${modelCard(state, actions)} ${engineCard(state, actions, place)}`;
}

function modelCard(state: State, actions: Actions): TemplateResult {
  const { choice, training, answering, opening, error } = state;
  return html`
    <section class="card" aria-labelledby="model-title">
      <h2 id="model-title">Model</h2>
      <label for="model">Choose a model</label>
      <select id="model" .value=${live(choice)} @change=${(e: Event) => actions.choose(valueOf(e))}>
        ${shippedModels.map((m) => html`<option value=${m.name} ?selected=${m.name === choice}>${m.title} (${megabytes(m.bytes)})</option>`)}
        ${training.saved ? html`<option value="trained" ?selected=${choice === 'trained'}>The one trained below</option>` : nothing}
        <option value="files" ?selected=${choice === 'files'}>Own files…</option>
        <option value="url" ?selected=${choice === 'url'}>From an address…</option>
      </select>
      ${choice === 'files' ? filesForm(actions) : choice === 'url' ? addressForm(state, actions) : nothing}
      <div class="loading">${opening ? loading(opening) : nothing}</div>
      ${error && !opening && choice !== answering?.choice && choice !== '' ? button('Try again', actions.retry) : nothing}
      ${facts(state, actions)}
    </section>
  `;
}

function filesForm(actions: Actions): TemplateResult {
  const open = (list: FileList | null | undefined) => {
    if (list?.length) actions.openFiles([...list]);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    (event.currentTarget as HTMLElement).classList.remove('over');
    open(event.dataTransfer?.files);
  };
  const over = (event: DragEvent) => {
    event.preventDefault();
    (event.currentTarget as HTMLElement).classList.toggle('over', event.type === 'dragover');
  };
  return html`<div class="drop" @drop=${drop} @dragover=${over} @dragleave=${over}>
    <label for="files"
      >model.safetensors with config.json and tokenizer.json (or vocab.json and merges.txt), or a llama2.c .bin with its
      tokenizer: drop them here or choose</label
    >
    <input id="files" type="file" multiple @change=${(e: Event) => open((e.target as HTMLInputElement).files)} />
  </div>`;
}

function addressForm({ address }: State, actions: Actions): TemplateResult {
  return html`<form
    class="row"
    @submit=${(e: SubmitEvent) => {
      e.preventDefault();
      actions.openUrl((e.target as HTMLFormElement).querySelector('input')!.value.trim());
    }}
  >
    <label class="line" for="url"
      >Address of a folder with these files, or a hub name such as openai-community/gpt2</label
    >
    <input id="url" name="url" class="grow" required .value=${address} />
    <button class="plain" type="submit">Load</button>
  </form>`;
}

function loading({ title, progress }: NonNullable<State['opening']>): TemplateResult {
  const { phase = 'download', loaded = 0, total } = progress ?? {};
  const share = total ? loaded / total : 0;
  const words = {
    download: total
      ? `${megabytes(loaded)} of ${megabytes(total)}`
      : loaded
        ? megabytes(loaded)
        : `Asking for ${title}…`,
    engine: 'Opening the engine…',
    compile: 'Compiling…',
  }[phase];
  return html`<label class="status" for="load">${words}</label>
    <progress id="load" max="1" .value=${share}></progress>`;
}

function facts({ answering, cached }: State, actions: Actions): TemplateResult {
  const model = answering?.model;
  return html`<dl class="facts model-facts">
    <dt>In use</dt>
    <dd>${model?.title ?? 'none yet'}</dd>
    <dt>Size</dt>
    <dd>
      ${model ? html`${model.parameters.toLocaleString('en')} parameters: ${model.layers} layers, ${model.heads} heads, ${model.width} wide` : '–'}
    </dd>
    <dt>Vocabulary</dt>
    <dd>${model ? html`${model.vocab.toLocaleString('en')} tokens, sees ${model.context} at once` : '–'}</dd>
    ${
      answering && shippedModels.some((m) => m.name === answering.choice)
        ? html`<dt>Card</dt>
            <dd><a href=${`models/${answering.choice}/card.md`}>text, training, losses, samples</a></dd>`
        : nothing
    }
    ${
      model?.bytes
        ? html`<dt>Loaded</dt>
            <dd>${megabytes(model.bytes)}${model.fromCache ? ', from this browser’s cache' : ''}</dd>`
        : nothing
    }
    ${
      model?.notes.length
        ? html`<dt>Note</dt>
            <dd>${model.notes.join(' ')}</dd>`
        : nothing
    }
    <dt>Kept</dt>
    <dd>
      ${cached ? `${megabytes(cached)} of models in this browser` : 'nothing'}
      ${button('Clear', () => void actions.clearCache(), { kind: 'plain small', off: !cached })}
    </dd>
  </dl>`;
}

const ENGINES: readonly [EnginePreference, string][] = [
  ['auto', 'Best for this device'],
  ['gpu', 'WebGPU'],
  ['cpu', 'CPU (WebAssembly)'],
];

function engineCard({ answering, preference }: State, actions: Actions, place: string): TemplateResult {
  return html`
    <section class="card wide" aria-labelledby="engine-title">
      <h2 id="engine-title">What runs it</h2>
      <label for="engine">Engine</label>
      <select
        id="engine"
        .value=${live(preference)}
        @change=${(e: Event) => actions.chooseEngine(valueOf(e) as EnginePreference)}
      >
        ${ENGINES.map(([name, label]) => html`<option value=${name} ?selected=${name === preference}>${label}</option>`)}
      </select>
      <dl class="facts">
        <dt>Runs on</dt>
        <dd>${answering?.engine.why ?? 'nothing yet'}</dd>
        <dt>Memory</dt>
        <dd>${answering ? megabytes(answering.engine.bytesAllocated) : '–'}</dd>
        ${
          place
            ? html`<dt>Thread</dt>
                <dd>the page’s own: ${place}</dd>`
            : nothing
        }
      </dl>
      <details>
        <summary>The plan of one token</summary>
        <pre class="plan" tabindex="0">${answering?.plan ?? 'It appears once a model is open.'}</pre>
      </details>
    </section>
  `;
}
