/** What happens in a Run as events of the element that provides it. */
import type { Run, RunKey } from '../../run/types.ts';
import type { EngineTexts } from '../core/engine_texts.ts';
import { explain } from '../core/explain.ts';

type Emit = (name: string, detail: unknown, options?: CustomEventInit) => unknown;

export class Telling {
  readonly #emit: Emit;
  readonly #words: () => EngineTexts;
  #state = '';
  #steps = 0;
  #engine = '';
  /** Steps before the run that goes on. */
  #from = 0;
  #lost = 0;

  constructor(emit: Emit, words: () => EngineTexts) {
    this.#emit = emit;
    this.#words = words;
  }

  /** Another Run: nothing has happened in it yet. */
  begin(run: Run | undefined): void {
    this.#state = run?.state ?? '';
    this.#steps = run?.steps.length ?? 0;
    this.#engine = run?.engine?.kind ?? '';
  }

  /** True: a run has ended. */
  tell(keys: ReadonlySet<RunKey>, run: Run): boolean {
    const [state, steps, engine] = [this.#state, this.#steps, this.#engine];
    this.begin(run);
    if (keys.has('progress') && run.progress) this.#emit('model-progress', run.progress, { bubbles: false });
    if (run.steps.length > steps && !run.recorded)
      for (const step of run.steps.slice(steps)) this.#emit('token', { step, draw: step.draw });
    if (keys.has('peek') && run.peek) this.#emit('predict', { step: run.peek });
    if (run.state !== state) this.#turned(state, run);
    if (engine && this.#engine && this.#engine !== engine)
      this.#emit('engine-change', { engine: this.#engine, from: engine, why: run.engine?.why ?? '' });
    return state === 'running' && run.state === 'ready';
  }

  #turned(before: string, run: Run): void {
    const { state, failure } = run;
    if (before === 'loading' && state === 'ready')
      this.#emit('model-ready', { model: run.model, engine: run.engine, fromCache: run.model?.fromCache ?? false });
    if (state === 'running' && before !== 'recovering') this.#from = run.steps.length;
    if (before === 'running' && state === 'ready') {
      const [tokens, seconds] = [run.steps.length - this.#from, run.steps.at(-1)?.seconds ?? 0];
      this.#emit('run-end', { reason: failure ? 'failed' : 'ended', tokens, seconds });
    }
    if (state === 'recovering') {
      this.#lost = performance.now();
      this.#emit('device-lost', { reason: 'lost', position: run.tokens.length });
    } else if (before === 'recovering')
      this.#emit('device-recovered', { seconds: (performance.now() - this.#lost) / 1000 });
    if (state === 'failed' && failure)
      this.#emit('fail', {
        what: failure.what,
        message: failure.message,
        hint: explain(failure, this.#words()).text,
        recoverable: failure.recoverable,
      });
  }
}
