/** A model ready to decode: a cache of its own beside weights that others may share, and plans compiled when first needed. */
import { ALIGNMENT, type Layout } from '../graph/layout.ts';
import type { Table } from '../kernels/choose.ts';
import { withAllOps } from '../kernels/complete.ts';
import type { ModelConfig } from '../model/config.ts';
import { ropeTable } from '../model/layout.ts';
import { type PlacedWeights, writeNumbers } from '../model/placed_weights.ts';
import { decodeLayout } from '../model/places.ts';
import { decodePlan, type InferenceOptions, type PlanContext, prefillPlan } from '../model/plans/decode.ts';
import { ClosedError } from '../plan/errors.ts';
import { checkNumber } from '../plan/settings.ts';
import type { Engine, KernelText, Limits, Plan, Region, Runner, Scope } from '../plan/types.ts';
import { writeGates } from './gates.ts';
import { Turns } from './turns.ts';

/** Sampled tokens wait here until they are read; a batch must not be longer. */
export const HISTORY = 64;

const SMALLEST_PREFILL = 16;

/** Most weights that a short prompt may read in total when it goes through the decode plan. */
const REPLAYED_BYTES = 2 ** 27;

/** What the cache may take when no context length is given. */
const CACHE_BYTES = 2 ** 28;

/** What some memory on the device is for, and how much it is. */
export interface ArenaBytes {
  readonly name: string;
  readonly bytes: number;
}

export interface SessionOptions {
  /** Positions that the cache holds; longer texts continue from their recent half. Default: the model's context, or what fits 256 MiB. */
  readonly context?: number | undefined;
  readonly table?: Table | undefined;
  /** Kernel texts that replace shipped ones, in this session only. */
  readonly variants?: readonly KernelText[] | undefined;
  /** The weights belong to this session only and are closed with it. Default: false. */
  readonly ownsWeights?: boolean;
}

/** Positions whose keys and values fit CACHE_BYTES and one buffer of the device, at most the model's own. */
function defaultContext(c: ModelConfig, { maxBufferSize }: Limits): number {
  const bytesEach = 2 * 4 * c.layers * c.kvHeads * (c.width / c.heads);
  const bytes = Math.min(CACHE_BYTES, maxBufferSize) - 2 * ALIGNMENT * c.layers;
  return Math.max(1, Math.min(c.context, Math.floor(bytes / bytesEach)));
}

export class Session {
  readonly config: ModelConfig;
  readonly engine: Engine;
  readonly weights: PlacedWeights;
  /** Positions that the cache holds. */
  readonly context: number;
  /** Its own memory: cache, state, gates. */
  readonly scope: Scope;
  /** Whose turn it is to use the cache. */
  readonly turns = new Turns();
  readonly #layout: Layout;
  readonly #plans: PlanContext;
  readonly #variants: readonly KernelText[];
  readonly #ownsWeights: boolean;
  #plan: Plan | undefined;
  readonly #runners = new Map<string, Promise<Runner>>();
  #closed = false;

  /** Holds the weights until it is closed. Throws SettingsError, and OutOfMemoryError with nothing allocated. */
  constructor(weights: PlacedWeights, options: SessionOptions = {}) {
    const { context, table, variants = [], ownsWeights = false } = options;
    const { config, engine } = weights;
    this.config = config;
    this.engine = engine;
    this.weights = weights;
    this.context =
      context === undefined
        ? defaultContext(config, engine.facts.limits)
        : checkNumber('context', context, { min: 1, max: config.context, whole: true });
    this.#layout = decodeLayout(weights.layout, config, { context: this.context, history: HISTORY });
    this.#plans = {
      config: { ...config, context: this.context },
      layout: this.#layout,
      facts: engine.facts,
      ...(table && { table }),
    };
    this.#variants = variants;
    this.#ownsWeights = ownsWeights;
    this.scope = engine.open('session', [weights.scope]);
    try {
      this.scope.allocate(...this.#layout.arenas());
      this.#initialise();
    } catch (error) {
      this.scope.close();
      throw error;
    }
  }

  #initialise(): void {
    const { config, scope } = this;
    if (this.#layout.find('tables', 'rope'))
      writeNumbers(scope, this.region('tables', 'rope'), ropeTable({ ...config, context: this.context }));
    writeGates(scope, (name) => this.region('gates', name), config);
  }

  /** The plan of one decode step, compiled. */
  async decode(options: InferenceOptions = {}): Promise<Runner> {
    return this.#runner(`decode ${JSON.stringify(options)}`, () => decodePlan(this.#plans, options));
  }

  /** The smallest prefill plan that holds `tokens` tokens. */
  async prefill(tokens: number, options: InferenceOptions = {}): Promise<Runner> {
    let T = Math.min(SMALLEST_PREFILL, this.context);
    while (T < tokens) T = Math.min(2 * T, this.context);
    return this.#runner(`prefill ${T} ${JSON.stringify(options)}`, () => prefillPlan(this.#plans, T, options));
  }

  /**
   * Whether a prompt goes token by token through the decode plan. A separate prefill means a second set of pipelines. On a GPU these
   * take longer to compile than a small model takes to read its weights a few times. A prompt with taps needs its prefill, whose taps
   * have all rows (but logits, of which either plan makes one). This is a rule, not a race against the compiler, so that the same prompt gives the same bits on every run.
   */
  replays(tokens: number, { taps = [] }: InferenceOptions = {}): boolean {
    return (
      this.engine.facts.engine === 'gpu' &&
      taps.every((name) => name === 'logits') &&
      tokens <= SMALLEST_PREFILL &&
      SMALLEST_PREFILL * this.#layout.arena('params').bytes <= REPLAYED_BYTES
    );
  }

  async #runner(key: string, plan: () => Plan): Promise<Runner> {
    this.check();
    let runner = this.#runners.get(key);
    if (!runner) {
      runner = this.#load(plan);
      this.#runners.set(key, runner);
      runner.catch(() => this.#runners.delete(key));
    }
    return runner;
  }

  /** The first time, pipelines compile while the weights are still uploading. */
  async #load(make: () => Plan): Promise<Runner> {
    const plan = await withAllOps(make);
    const used = this.#variants.filter((v) => plan.steps.some((s) => s.op === v.op && s.variant === v.name));
    const [runner] = await Promise.all([this.scope.load(plan, { variants: used }), this.weights.ready]);
    return runner;
  }

  /** Scales what a head (or, without `head`, the layer's MLP) adds to the stream: 0 switches it off, 1 is as trained. */
  gate(layer: number, head: number | undefined, value: number): void {
    this.check();
    const { layers, heads } = this.config;
    checkNumber('layer', layer, { min: 0, max: layers - 1, whole: true });
    if (head !== undefined) checkNumber('head', head, { min: 0, max: heads - 1, whole: true });
    checkNumber('gate', value, { min: -1e6, max: 1e6 });
    const region = this.region('gates', head === undefined ? `h.${layer}.mlp` : `h.${layer}.attn`);
    this.scope.write(region, new Float32Array([value]), 4 * (head ?? 0));
  }

  /** Where everything is, the parameters included. */
  get layout(): Layout {
    return this.#layout;
  }

  /** The kernels that it was told to use. */
  get kernels(): Pick<SessionOptions, 'table' | 'variants'> {
    return { table: this.#plans.table, variants: this.#variants };
  }

  /** Bytes by what they are for: its own arenas, and those of the plans that it has loaded. */
  async memory(): Promise<ArenaBytes[]> {
    const loaded = await Promise.allSettled(this.#runners.values());
    const plans = loaded.flatMap((load) => (load.status === 'fulfilled' ? [load.value.plan] : []));
    return [
      ...this.#layout.arenas().map(({ name, bytes }) => ({ name, bytes })),
      ...plans.map(({ name, arenas }) => ({
        name: `work of ${name}`,
        bytes: arenas.reduce((sum, { kind, bytes }) => sum + (kind === 'work' ? bytes : 0), 0),
      })),
    ];
  }

  region(arena: string, name: string): Region {
    return this.#layout.region(arena, name);
  }

  /** The plan of one decode step, for people: nothing is loaded. */
  async plan(): Promise<Plan> {
    this.check();
    return (this.#plan ??= await withAllOps(() => decodePlan(this.#plans)));
  }

  /** The same as a table. */
  async describe(): Promise<string> {
    const { describePlan } = await import('../graph/describe.ts');
    return describePlan(await this.plan());
  }

  /**
   * Compiles what the first token of a short prompt needs, so that it does not wait: decode, and the smallest prefill unless decode
   * replaces it. Longer prompts then compile in the background, with the same pipelines for all of them.
   */
  async warm(options: InferenceOptions = {}): Promise<void> {
    if (!this.replays(1, options)) {
      await Promise.all([this.decode(options), this.prefill(1, options)]);
      return;
    }
    await this.decode(options);
    if (this.context <= SMALLEST_PREFILL) return;
    // only after those waiting for the engine have been told; the first prompt that needs it gets any error
    const follow = async () => {
      await this.engine.idle();
      await new Promise((resolve) => setTimeout(resolve));
      if (!this.#closed) await this.prefill(SMALLEST_PREFILL + 1, options);
    };
    follow().catch(() => undefined);
  }

  /** Throws ClosedError after `close`. */
  check(): void {
    if (this.#closed) throw new ClosedError('this session is closed; open another');
  }

  /** Frees its memory and releases the weights. Runs in progress end with ClosedError. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.scope.close();
    if (this.#ownsWeights) this.weights.close();
    this.#runners.clear();
  }
}
