/** A model made ready on an engine: memory placed, weights uploaded, plans compiled when they are first needed. */
import type { Table } from '../kernels/choose.ts';
import type { ModelConfig } from '../model/config.ts';
import { modelLayout, parameters, ropeTable } from '../model/layout.ts';
import { decodePlan, type InferenceOptions, type PlanContext, prefillPlan } from '../model/plans.ts';
import type { Weights } from '../model/weights.ts';
import type { Layout } from '../graph/layout.ts';
import { describePlan } from '../graph/describe.ts';
import { toHalves } from '../files/half.ts';
import type { Engine, Plan, Region, Runner } from '../plan/types.ts';
import type { Tokenizer } from '../tokens/types.ts';

/** Sampled tokens wait here until they are read; a batch may not be longer. */
export const HISTORY = 64;

const SMALLEST_PREFILL = 16;

/** Weights that a short prompt may read in all when it goes through the decode plan. */
const REPLAYED_BYTES = 2 ** 27;

/** Numbers uploaded at a time, and how long in ms before frames and events of the page get their turn. */
const SLICE = 2 ** 17;
const PATIENCE = 8;
const pause = () => new Promise((resolve) => setTimeout(resolve));

export interface SessionOptions {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  /** Why this engine (shown to people). */
  readonly why?: string;
  /** Storage of matrices on the device; f16 halves what decoding reads. Default: f16 where the f32 table would not fit one binding, else f32. */
  readonly storage?: 'f32' | 'f16';
  readonly table?: Table;
}

export class Session {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly engine: Engine;
  readonly why: string;
  readonly storage: 'f32' | 'f16';
  readonly layout: Layout;
  readonly #context: PlanContext;
  readonly #runners = new Map<string, Promise<Runner>>();

  /** Places and uploads the weights. The engine stays the caller's, to destroy. */
  constructor({ config, weights, tokenizer, engine, why = '', storage, table }: SessionOptions) {
    this.config = config;
    this.tokenizer = tokenizer;
    this.engine = engine;
    this.why = why;
    this.storage =
      storage ?? (4 * config.vocab * config.width > engine.facts.limits.maxStorageBufferBindingSize ? 'f16' : 'f32');
    this.layout = modelLayout(config, { weights: this.storage, decode: { cache: 'f32', history: HISTORY } });
    this.#context = { config, layout: this.layout, facts: engine.facts, ...(table && { table }) };
    this.#weights = weights;
  }

  #weights: Weights | undefined;
  #uploaded: Promise<void> | undefined;
  #destroyed = false;

  /** The plan of one decode step, compiled; uploads the weights the first time. */
  async decode(options: InferenceOptions = {}): Promise<Runner> {
    return this.#runner(`decode ${JSON.stringify(options)}`, () => decodePlan(this.#context, options));
  }

  /** The smallest prefill plan that holds `tokens` tokens. */
  async prefill(tokens: number, options: InferenceOptions = {}): Promise<Runner> {
    let T = Math.min(SMALLEST_PREFILL, this.config.context);
    while (T < tokens) T = Math.min(2 * T, this.config.context);
    return this.#runner(`prefill ${T} ${JSON.stringify(options)}`, () => prefillPlan(this.#context, T, options));
  }

  /**
   * Whether a prompt goes token by token through the decode plan. A prefill of its own means a second set of pipelines, which on a GPU
   * takes longer to compile than a small model takes to read its weights a few times; and taps of a prompt have all its rows. A
   * rule and not a race against the compiler, so that the same prompt gives the same bits on every run.
   */
  replays(tokens: number, { taps = [] }: InferenceOptions = {}): boolean {
    return (
      this.engine.facts.engine === 'gpu' &&
      taps.length === 0 &&
      tokens <= SMALLEST_PREFILL &&
      SMALLEST_PREFILL * this.layout.arena('params').bytes <= REPLAYED_BYTES
    );
  }

  async #runner(key: string, plan: () => Plan): Promise<Runner> {
    let runner = this.#runners.get(key);
    if (!runner) {
      // work arenas are found by name: one name per runner
      const name = `${this.#runners.size}`;
      runner = this.#load(rename(plan(), name));
      this.#runners.set(key, runner);
      runner.catch(() => this.#runners.delete(key));
    }
    return runner;
  }

  /** An engine has the arenas as soon as it was told to load: the weights go up, the first time, while the kernels compile. */
  async #load(plan: Plan): Promise<Runner> {
    const loading = this.engine.load(plan);
    this.#uploaded ??= this.#upload();
    this.#uploaded.catch(() => (this.#uploaded = undefined));
    const [runner] = await Promise.all([loading, this.#uploaded]);
    return runner;
  }

  async #upload(): Promise<void> {
    await pause();
    let began = performance.now();
    for (const { name } of parameters(this.config)) {
      const region = this.layout.region('params', name);
      const data = this.#weights?.get(name);
      const n = region.shape.reduce((a, b) => a * b, 1);
      if (data?.length !== n)
        throw new Error(
          `weights: ${name} has ${data?.length ?? 'no'} numbers, ${region.shape.join('×')} = ${n} were expected`,
        );
      for (let at = 0; at < n; at += SLICE) {
        const slice = data.subarray(at, at + SLICE);
        if (region.elem === 'f16') this.engine.write(region, evenHalves(slice), 2 * at);
        else this.engine.write(region, slice, 4 * at);
        if (performance.now() - began < PATIENCE) continue;
        await pause();
        began = performance.now();
      }
    }
    if (this.config.family === 'llama') this.engine.write(this.layout.region('tables', 'rope'), ropeTable(this.config));
    for (let i = 0; i < this.config.layers; i++) {
      this.engine.write(this.layout.region('gates', `h.${i}.attn`), new Float32Array(this.config.heads).fill(1));
      this.engine.write(this.layout.region('gates', `h.${i}.mlp`), new Float32Array([1]));
    }
    this.#weights = undefined;
  }

  /** Scales what a head (or, without `head`, the layer's MLP) adds to the stream: 0 switches it off, 1 is as trained. */
  async gate(layer: number, head: number | undefined, value: number): Promise<void> {
    await this.decode(); // the arenas are there after the first load
    if (layer < 0 || layer >= this.config.layers || (head !== undefined && (head < 0 || head >= this.config.heads)))
      throw new RangeError(
        `there is no layer ${layer}, head ${head}: the model has ${this.config.layers} layers of ${this.config.heads} heads`,
      );
    const region = this.layout.region('gates', head === undefined ? `h.${layer}.mlp` : `h.${layer}.attn`);
    this.engine.write(region, new Float32Array([value]), 4 * (head ?? 0));
  }

  region(arena: string, name: string): Region {
    return this.layout.region(arena, name);
  }

  /** The decode plan as a table. */
  async describe(): Promise<string> {
    return describePlan((await this.decode()).plan);
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
    if (this.config.context <= SMALLEST_PREFILL) return;
    // after who waits for the engine has heard of it; what goes wrong there is said to the first prompt that needs it
    const follow = async () => {
      await this.engine.idle();
      await pause();
      if (!this.#destroyed) await this.prefill(SMALLEST_PREFILL + 1, options);
    };
    follow().catch(() => undefined);
  }

  async destroy(): Promise<void> {
    this.#destroyed = true;
    for (const runner of this.#runners.values()) (await runner.catch(() => undefined))?.destroy();
    this.#runners.clear();
  }
}

function rename(plan: Plan, id: string): Plan {
  const name = (arena: string) => (arena.startsWith(`${plan.name}/work`) ? `${id}:${arena}` : arena);
  const move = (r: Region): Region => ({ ...r, arena: name(r.arena) });
  return {
    ...plan,
    arenas: plan.arenas.map((a) => ({ ...a, name: name(a.name) })),
    steps: plan.steps.map((s) => ({
      ...s,
      ports: Object.fromEntries(Object.entries(s.ports).map(([k, r]) => [k, move(r)])),
      ...(s.workspace && { workspace: move(s.workspace) }),
    })),
    values: Object.fromEntries(Object.entries(plan.values).map(([k, r]) => [k, move(r)])),
  };
}

/** f16 words, padded to whole 32-bit words. */
function evenHalves(data: Float32Array): Uint16Array<ArrayBuffer> {
  const out = new Uint16Array(Math.ceil(data.length / 2) * 2);
  out.set(toHalves(data));
  return out;
}
