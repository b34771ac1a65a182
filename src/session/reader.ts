/**
 * How a model reads a given text: how probable it finds each token, what each layer would have said, which tokens attend to which. Each
 * is a plan over whole texts, compiled on first use, in memory of its own beside the weights.
 */
import type { Table } from '../kernels/choose.ts';
import type { PlacedWeights } from '../model/placed_weights.ts';
import { addGates } from '../model/places.ts';
import { programLayout } from '../model/program_places.ts';
import { planRun } from '../model/planning.ts';
import { attentionProgram, lensProgram, scoreProgram, tapsProgram } from '../model/plans/score.ts';
import { lensLayers } from '../model/plans/token_lens.ts';
import type { Program } from '../model/program.ts';
import { ClosedError } from '../plan/errors.ts';
import { checkNumber } from '../plan/settings.ts';
import { IGNORE } from '../plan/state.ts';
import type { Region, Runner, Scope } from '../plan/types.ts';
import { AttentionReading, part } from './attention.ts';
import { checkTokens } from './decode_loop.ts';
import { type Gate, writeGates } from './gates.ts';
import type { Tap } from './records.ts';

/** Length of the shortest plan; longer texts double it. */
const SMALLEST = 16;

/** Plans for taps that are kept loaded: each set of names is another. */
const MOST_TAPS = 4;

/** One layer of a lens reading: `best` tokens of each position, most probable first, and the probability of the token that came. */
export interface LensRow {
  readonly layer: string;
  /** (T best) */
  readonly ids: Uint32Array;
  /** (T best) */
  readonly probabilities: Float32Array;
  /** (T); NaN at the last position, after which nothing came. */
  readonly actual: Float32Array;
}

interface Loaded {
  readonly scope: Scope;
  readonly runner: Runner;
  /** One position has to be picked. */
  readonly picks: boolean;
  /** Places of the inputs and the gates. */
  region(arena: 'batch' | 'gates', name: string): Region;
}

export class Reader {
  readonly #weights: PlacedWeights;
  readonly #context: number;
  readonly #gates: () => Iterable<Gate>;
  readonly #table: Table | undefined;
  readonly #loaded = new Map<string, Promise<Loaded>>();
  #attention = 0;
  /** One reading at a time: they share the plans' memory. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** `context`: positions of the longest text read at once; `gates`: those that a reading obeys. */
  constructor(weights: PlacedWeights, context: number, gates: () => Iterable<Gate>, table?: Table) {
    this.#weights = weights;
    this.#context = context;
    this.#gates = gates;
    this.#table = table;
  }

  /**
   * −log p of each token but the first, in nats, given those before it. A text longer than the context is read in windows that overlap
   * by half, so that every token is scored with at least half a context before it.
   */
  score(tokens: readonly number[]): Promise<Float32Array> {
    return this.#alone(() => this.#score(tokens));
  }

  async #score(tokens: readonly number[]): Promise<Float32Array> {
    this.#check(tokens);
    const losses = new Float32Array(Math.max(0, tokens.length - 1));
    const C = this.#context;
    const step = Math.max(1, Math.floor(C / 2));
    for (let from = 0, known = 0; known < losses.length; from += step) {
      const window = tokens.slice(from, from + C + 1);
      const read = await this.#losses(window);
      losses.set(read.subarray(known - from), known);
      known = from + read.length;
    }
    return losses;
  }

  async #losses(tokens: readonly number[]): Promise<Float32Array> {
    const n = tokens.length - 1;
    const { runner } = await this.#run('score', tokens.slice(0, n), tokens.slice(1), (T) =>
      scoreProgram(this.#config(T), { T, gated: true }),
    );
    const [bytes] = await runner.read(runner.plan.values['losses']);
    return new Float32Array(bytes).slice(0, n);
  }

  /** What each layer's output says through the final norm and the head, for a text of at most a context. */
  lens(tokens: readonly number[], best: number): Promise<LensRow[]> {
    return this.#alone(() => this.#lens(tokens, best));
  }

  async #lens(tokens: readonly number[], best: number): Promise<LensRow[]> {
    this.#check(tokens, this.#context);
    const { vocab, layers } = this.#weights.config;
    checkNumber('best', best, { min: 1, max: Math.min(vocab, 64), whole: true });
    const T = tokens.length;
    const { runner } = await this.#run(`lens ${best}`, tokens, tokens.slice(1), (length) =>
      lensProgram(this.#config(length), { T: length, best, gated: true }),
    );
    const { values } = runner.plan;
    const rows: LensRow[] = [];
    for (const layer of lensLayers(layers)) {
      const names = ['ids', 'probs', 'losses'].map((what) => values[`${layer}.${what}`]);
      const [ids, probabilities, losses] = await runner.read(...names);
      const actual = new Float32Array(losses).slice(0, T).map((loss) => Math.exp(-loss));
      actual[T - 1] = NaN;
      rows.push({
        layer,
        ids: new Uint32Array(ids).slice(0, T * best),
        probabilities: new Float32Array(probabilities).slice(0, T * best),
        actual,
      });
    }
    return rows;
  }

  /** Which tokens attend to which in a text of at most a context. Exact rows are available until another text is read. */
  attention(tokens: readonly number[]): Promise<AttentionReading> {
    return this.#alone(() => this.#look(tokens));
  }

  async #look(tokens: readonly number[]): Promise<AttentionReading> {
    this.#check(tokens, this.#context);
    const { runner } = await this.#run('attention', tokens, [], (T) =>
      attentionProgram(this.#config(T), { T, gated: true }),
    );
    const reading = ++this.#attention;
    return AttentionReading.read(runner, this.#weights.config, tokens.length, () => reading === this.#attention);
  }

  /** Activations of one token of a text of at most a context, by name: a row each, of attention weights a row per head. */
  taps(
    tokens: readonly number[],
    names: readonly string[],
    at = tokens.length - 1,
  ): Promise<Readonly<Record<string, Tap>>> {
    return this.#alone(() => this.#taps(tokens, names, at));
  }

  async #taps(tokens: readonly number[], names: readonly string[], at: number): Promise<Readonly<Record<string, Tap>>> {
    this.#check(tokens, this.#context);
    checkNumber('position', at, { min: 0, max: tokens.length - 1, whole: true });
    const kind = `taps ${names.join()}`;
    const { runner } = await this.#run(
      kind,
      tokens,
      [],
      (T) => tapsProgram(this.#config(T), { T, names, gated: true }),
      at,
    );
    const places = names.map((name) => rowsAt(runner.plan.values[name], at));
    const buffers = await runner.read(...places.flatMap(({ parts }) => parts));
    let next = 0;
    return Object.fromEntries(
      names.map((name, i): [string, Tap] => {
        const { shape, parts } = places[i];
        const rows = parts.map(() => new Float32Array(buffers[next++]));
        const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
        for (const [r, row] of rows.entries()) data.set(row, r * row.length);
        return [name, { shape, data }];
      }),
    );
  }

  #alone<T>(read: () => Promise<T>): Promise<T> {
    const result = this.#last.then(read);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** The model's sizes with tables for T positions; parameters keep their shapes. */
  #config(T: number) {
    return { ...this.#weights.config, context: T };
  }

  async #run(
    kind: string,
    tokens: readonly number[],
    targets: readonly number[],
    program: (T: number) => Program,
    picked = 0,
  ): Promise<Loaded> {
    let T = Math.min(SMALLEST, this.#context);
    while (T < tokens.length) T = Math.min(2 * T, this.#context);
    const loaded = await this.#load(`${kind} ${T}`, () => program(T));
    if (kind.startsWith('taps')) await this.#forgetTaps();
    const { scope, runner } = loaded;
    const region = (name: string) => loaded.region('batch', name);
    const ids = new Uint32Array(T);
    ids.set(tokens);
    const wanted = new Uint32Array(T).fill(IGNORE);
    wanted.set(targets);
    scope.write(region('tokens'), ids);
    scope.write(region('targets'), wanted);
    scope.write(region('weights'), new Float32Array(T).fill(1));
    if (loaded.picks) scope.write(region('pool'), new Float32Array(T).fill(1, picked, picked + 1));
    writeGates(scope, (name) => loaded.region('gates', name), this.#weights.config, this.#gates());
    runner.run();
    return loaded;
  }

  #load(key: string, program: () => Program): Promise<Loaded> {
    let loaded = this.#loaded.get(key);
    if (!loaded) {
      loaded = this.#open(program());
      this.#loaded.set(key, loaded);
      loaded.catch(() => this.#loaded.delete(key));
    }
    return loaded;
  }

  /** Closes the plans for taps that were loaded first. */
  async #forgetTaps(): Promise<void> {
    const keys = [...this.#loaded.keys()].filter((key) => key.startsWith('taps'));
    for (const key of keys.slice(0, -MOST_TAPS)) {
      const { scope } = await this.#loaded.get(key)!;
      this.#loaded.delete(key);
      scope.close();
    }
  }

  async #open(program: Program): Promise<Loaded> {
    const { engine, layout: base, scope: weights, ready } = this.#weights;
    const layout = programLayout(base, program);
    addGates(layout, this.#weights.config);
    const scope = engine.open(`read ${program.name}`, [weights]);
    try {
      scope.allocate(...layout.arenas());
      for (const constant of program.constants ?? [])
        scope.write(layout.region('tables', constant.name), constant.values());
      const plan = planRun(program, { layout, facts: engine.facts, ...(this.#table && { table: this.#table }) });
      const [runner] = await Promise.all([scope.load(plan), ready]);
      if (this.#closed) throw new ClosedError('this model was closed while it compiled');
      const picks = program.inputs.some(({ name }) => name === 'pool');
      return { scope, runner, picks, region: (arena, name) => layout.region(arena, name) };
    } catch (error) {
      scope.close();
      throw error;
    }
  }

  #check(tokens: readonly number[], most = Infinity): void {
    if (this.#closed) throw new ClosedError('this model is closed; open it again');
    checkTokens(tokens, this.#weights.config.vocab);
    if (tokens.length > most)
      throw new RangeError(`the text has ${tokens.length} tokens, this model reads ${most} at once; shorten it`);
  }

  /** Bytes of everything that it has loaded. */
  async memory(): Promise<number> {
    const open = await Promise.allSettled(this.#loaded.values());
    return open.reduce((sum, load) => sum + (load.status === 'fulfilled' ? load.value.scope.bytes : 0), 0);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const open = await Promise.allSettled(this.#loaded.values());
    for (const loaded of open) if (loaded.status === 'fulfilled') loaded.value.scope.close();
    this.#loaded.clear();
  }
}

/** Where the rows of position `at` are: one of (T W) or (1 W), of (1 NH T T) one per head with the keys up to it. */
function rowsAt(region: Region, at: number): { readonly shape: readonly number[]; readonly parts: readonly Region[] } {
  const { shape } = region;
  if (shape.length === 4) {
    const [, heads, T] = shape;
    const parts = Array.from({ length: heads }, (_, head) => part(region, (head * T + at) * T, at + 1));
    return { shape: [heads, at + 1], parts };
  }
  const [rows, width] = shape;
  return { shape: [width], parts: [part(region, rows === 1 ? 0 : at * width, width)] };
}
