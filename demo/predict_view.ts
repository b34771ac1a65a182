/** Prompt, continuation, candidates and how one of them is chosen. */
import { html, nothing, type TemplateResult } from 'lit';
import { live } from 'lit/directives/live.js';
import '../src/elements/candidate-bars.ts';
import type { Actions } from './actions.ts';
import { isSeed, MOST_SEED } from './link.ts';
import { button, valueOf } from './parts.ts';
import { rate, type State } from './state.ts';

export function predictView(state: State, actions: Actions): TemplateResult {
  return html`${promptCard(state, actions)} ${candidatesCard(state, actions)} ${samplingCard(state, actions)}`;
}

function promptCard(state: State, actions: Actions): TemplateResult {
  const { answering, opening, run, steps } = state;
  const ready = answering !== undefined && !opening;
  const running = run !== undefined && run.kind !== 'peek';
  return html`
    <section class="card" aria-labelledby="prompt-title">
      <h1 id="prompt-title">Type a beginning; the model goes on</h1>
      <div id="prompt-area">
        <label for="prompt">Prompt</label>
        <textarea
          id="prompt"
          rows="3"
          spellcheck="false"
          aria-describedby="keys"
          .value=${live(state.prompt)}
          @input=${(e: Event) => actions.editPrompt(valueOf(e))}
        ></textarea>
        <p class="hint" id="keys">Ctrl+Enter runs and stops.</p>
      </div>
      <div class="text" id="continuation" role="log" aria-label="Prompt and continuation" aria-live="off" tabindex="0">
        ${continuation(state)}
      </div>
      <div class="row buttons">
        ${button(running ? 'Stop' : 'Run', actions.run, { kind: 'main', off: !ready })}
        ${button('Next token', actions.step, { off: !ready || running })}
        ${button('Start over', actions.clear, { off: steps.length === 0 })}
        ${button('Copy link', () => void actions.copyLink(), { off: !ready })}
      </div>
      <p class="numbers">${speed(state)}</p>
      <p class="status" role="status">${state.status || waiting(state)}</p>
      <p class="error" role="alert">${state.error}</p>
      <p class="hidden" aria-live="polite">
        ${
          running
            ? ''
            : steps
                .map((s) => s.text)
                .join('')
                .slice(-400)
        }
      </p>
    </section>
  `;
}

function waiting({ answering, opening, choice, address }: State): string {
  if (opening) return `Opening ${opening.title}…`;
  if (answering) return `${answering.model.title} is ready.`;
  if (choice === 'files') return 'Choose the files of a model.';
  if (choice === 'url') return address ? 'Press Load to fetch the model of this link.' : 'Give the address of a model.';
  return '';
}

function continuation({ prompt, steps, cut, answering }: State): TemplateResult {
  const last = steps.at(-1);
  const made = steps.map((s) => (s === last ? html`<mark>${s.text}</mark>` : s.text));
  const at = cut?.characters ?? 0;
  const unread = cut
    ? html`<span class="note"
          >The model sees ${answering?.model.context} tokens at once; the first ${cut.tokens} of this text, struck
          through, are not read.</span
        ><s class="words">${prompt.slice(0, at)}</s>`
    : nothing;
  return html`${unread}<span class="words"><span class="given">${prompt.slice(at)}</span>${made}</span>`;
}

function speed({ steps, firstToken }: State): string {
  const perSecond = rate(steps);
  const parts = [];
  if (steps.length) parts.push(`${steps.length} token${steps.length === 1 ? '' : 's'}`);
  if (perSecond) parts.push(`${perSecond >= 100 ? Math.round(perSecond) : perSecond.toFixed(1)} tokens/s`);
  if (firstToken) parts.push(`first token ${Math.max(1, Math.round(1000 * firstToken))} ms`);
  return parts.join(' · ');
}

function candidatesCard(state: State, actions: Actions): TemplateResult {
  const step = state.peek ?? state.steps.at(-1);
  return html`
    <section class="card" aria-labelledby="candidates-title">
      <h2 id="candidates-title">
        ${state.peek || !step ? 'What may come next' : 'What the last token was chosen from'}
      </h2>
      <div class="bars">
        ${
          step?.candidates.length
            ? html`<candidate-bars
                .candidates=${step.draw?.candidates ?? step.candidates}
                .chosen=${state.peek ? -1 : step.token}
                .vocab=${state.answering?.model.vocab ?? 0}
                @candidate-pick=${(e: CustomEvent<{ token: number }>) => void actions.pick(e.detail.token)}
              ></candidate-bars>`
            : html`<p class="hint">The bars appear with the first prediction. Press one to take it.</p>`
        }
      </div>
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
      @input=${(e: Event) => set(Number(valueOf(e)))}
    />
  </div>`;
}

function samplingCard({ sampling, maxTokens }: State, actions: Actions): TemplateResult {
  const { temperature, topK, topP, seed } = sampling;
  const warmth = temperature === 0 ? '0, always the best' : temperature.toFixed(2);
  return html`
    <section class="card" aria-labelledby="sampling-title">
      <h2 id="sampling-title">How it chooses</h2>
      <div class="fields">
        ${slider('temperature', 'Temperature', temperature, warmth, { min: 0, max: 2, step: 0.05 }, (n) => actions.sampling({ temperature: n }))}
        ${slider('top-k', 'Top-k', topK, topK === 0 ? 'off' : String(topK), { min: 0, max: 100, step: 1 }, (n) => actions.sampling({ topK: n }))}
        ${slider('top-p', 'Top-p', topP, topP >= 1 ? 'off' : topP.toFixed(2), { min: 0.05, max: 1, step: 0.05 }, (n) => actions.sampling({ topP: n }))}
        ${slider('max-tokens', 'Tokens per run', maxTokens, String(maxTokens), { min: 10, max: 500, step: 10 }, actions.maxTokens)}
        <div>
          <label for="seed">Seed <output>0 to ${MOST_SEED.toLocaleString('en')}</output></label>
          <div class="row tight">
            <input
              id="seed"
              type="number"
              min="0"
              max=${MOST_SEED}
              step="1"
              .value=${String(seed)}
              @change=${(e: Event) => {
                const field = e.target as HTMLInputElement;
                const wanted = field.value === '' ? NaN : Number(field.value);
                actions.sampling({ seed: wanted });
                // not `live`: what is being typed survives other updates of the page
                if (!isSeed(wanted)) field.value = String(seed);
              }}
            />
            ${button('New', () => actions.sampling({ seed: Math.floor(Math.random() * 1e6) }))}
          </div>
        </div>
      </div>
    </section>
  `;
}
