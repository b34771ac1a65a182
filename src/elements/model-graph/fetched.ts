/** What the graph needs of a Run, asked for once and again when it has changed: plan, times, a kernel's text, values of the last token. */
import type { KernelSource, PlanRow, Run, Trace } from '../../run/types.ts';
import type { Tap } from '../../session/records.ts';

export class Fetched {
  plan: readonly PlanRow[] | undefined;
  trace: Trace | undefined;
  kernel: KernelSource | undefined;
  taps: Readonly<Record<string, Tap>> = {};
  /** The values belong to an earlier text. */
  stale = false;
  timing = false;
  readonly #changed: () => void;
  readonly #failed: (error: unknown) => void;
  #run: Run | undefined;
  /** Model and engine that the plan is of. */
  #of = '';
  /** Text and names that the values are of. */
  #valuesOf = '';
  #kernelOf = -1;

  constructor(changed: () => void, failed: (error: unknown) => void) {
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Looks what is new. `names`: wanted values; `opened`: index of the step whose kernel is shown. */
  look(run: Run | undefined, names: readonly string[], opened: number | undefined): void {
    if (run !== this.#run) {
      this.#run = run;
      this.#forget();
    }
    if (!run || !isThere(run)) return;
    const of = `${run.model?.identity} ${run.engine?.kind} ${run.engine?.facts?.device} ${run.recorded}`;
    if (of !== this.#of) {
      this.#forget();
      this.#of = of;
      void this.#plan(run);
    }
    if (!this.plan || run.recorded !== undefined) return;
    if (opened !== undefined && opened !== this.#kernelOf) void this.#kernel(run, opened);
    if (names.length) void this.#values(run, names);
  }

  #forget(): void {
    this.plan = undefined;
    this.trace = undefined;
    this.kernel = undefined;
    this.taps = {};
    this.stale = false;
    this.#of = '';
    this.#valuesOf = '';
    this.#kernelOf = -1;
  }

  async #plan(run: Run): Promise<void> {
    const of = this.#of;
    try {
      if (run.recorded !== undefined) {
        const trace = await run.trace().catch(() => undefined); // most recordings have none
        if (of === this.#of) this.trace = trace;
      } else {
        const plan = await run.plan();
        if (of === this.#of) this.plan = plan;
      }
      if (of === this.#of) this.#changed();
    } catch (error) {
      if (of === this.#of) this.#failed(error);
    }
  }

  async #kernel(run: Run, index: number): Promise<void> {
    this.#kernelOf = index;
    this.kernel = undefined;
    try {
      const kernel = await run.kernel(index);
      if (this.#kernelOf !== index) return;
      this.kernel = kernel;
      this.#changed();
    } catch (error) {
      if (this.#kernelOf === index) this.#failed(error);
    }
  }

  /** While a text grows it is not read again for each token: the values follow when it pauses. */
  async #values(run: Run, names: readonly string[]): Promise<void> {
    const text = run.tokens.map(({ id }) => id).join();
    const gates = JSON.stringify(run.gates);
    const of = `${text} ${gates} ${names.join()}`;
    if (of === this.#valuesOf || !text) return;
    this.stale = Object.keys(this.taps).length > 0 && !this.#valuesOf.startsWith(`${text} ${gates} `);
    if (run.state === 'running') return;
    this.#valuesOf = of;
    try {
      const taps = await run.taps(names);
      if (this.#valuesOf !== of) return;
      this.taps = taps;
      this.stale = false;
      this.#changed();
    } catch (error) {
      if (this.#valuesOf === of) this.#failed(error);
    }
  }

  /** Times each kernel, which takes a second or two. */
  async time(): Promise<void> {
    const [run, of] = [this.#run, this.#of];
    if (!run || this.timing) return;
    this.timing = true;
    this.#changed();
    try {
      const trace = await run.trace();
      if (of === this.#of) this.trace = trace;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.timing = false;
      this.#changed();
    }
  }
}

/** Is there a model to ask, or a recording? */
const isThere = ({ state, model }: Run): boolean =>
  model !== undefined && ['ready', 'running', 'paused'].includes(state);
