/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A model that answers in text: weights and tokenizer on an engine, and what a page asks of them. Over 300 lines, because it is the
 * package's public face and half of it is docstrings.
 */
import type { Table } from '../kernels/choose.ts';
import { completeOps } from '../kernels/complete.ts';
import type { ModelConfig } from '../model/config.ts';
import { type PlacedWeights, placeWeights } from '../model/placed_weights.ts';
import type { Storage } from '../model/places.ts';
import type { Weights } from '../model/weights.ts';
import { ClosedError, DeviceLostError } from '../plan/errors.ts';
import { SettingsError } from '../plan/settings.ts';
import type { Engine, KernelText } from '../plan/types.ts';
import { padTokenizer } from '../tokens/padded.ts';
import type { Tokenizer } from '../tokens/types.ts';
import type { ChosenEngine } from './choose_engine.ts';
import type { EngineReason } from './reason.ts';
import { checkTokens, decodeTokens } from './decode_loop.ts';
import type { AttentionReading } from './attention.ts';
import type { Gate } from './gates.ts';
import type { Reader } from './reader.ts';
import type { GeneratedToken, GenerateOptions, Lens, ScoredToken, Tap } from './records.ts';
import { type ArenaBytes, Session } from './session.ts';
import { viewOf } from './view.ts';

/**
 * How a model is placed on its engine.
 *
 * @example
 * const options: ModelOptions = { context: 256, storage: 'f16' };
 */
export interface ModelOptions {
  /** Positions that the cache holds. Default: the model's own context, or what fits 256 MiB. */
  readonly context?: number | undefined;
  /** Element type of matrices on the device; f16 halves what decoding reads. Default: f16 where f32 would not fit one binding, else f32. */
  readonly storage?: Storage | undefined;
  /** A tuner's choices of kernels. Default: none, the rules choose. */
  readonly table?: Table | undefined;
  /** Kernel texts that replace shipped ones, for this model only. Default: none. */
  readonly variants?: readonly KernelText[] | undefined;
}

/** What decides which plans a run needs. */
export type WarmOptions = Pick<GenerateOptions, 'candidates' | 'taps' | 'draw' | 'attention' | 'lens'>;

/** What replaces an engine whose device was lost. */
export interface Reopened extends ChosenEngine {
  /** The weights on it, for a model that was given placed ones; their lender closes them and both engines. */
  readonly weights?: PlacedWeights;
}

/**
 * What a model is made of.
 *
 * @example
 * const parts: ModelParts = { config, tokenizer, weights, engine, context: 256 };
 * const model = new Model(parts);
 */
export interface ModelParts extends ModelOptions {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** Weights in host memory, or ones that a training or another model has placed; placed ones are held, not copied. */
  readonly weights: Weights | PlacedWeights;
  readonly engine: Engine;
  /** Why this engine (shown to people). */
  readonly why?: string | undefined;
  /** The same as data. */
  readonly reason?: EngineReason | undefined;
  /** Opens an engine when this one is lost. Without it a lost device ends every run with DeviceLostError. */
  readonly reopen?: () => Promise<Reopened>;
  /** Called after a lost device was replaced, with the seconds that this took. */
  readonly onRecover?: (event: { readonly why: string; readonly seconds: number }) => void;
}

const isPlaced = (weights: Weights | PlacedWeights): weights is PlacedWeights => 'scope' in weights;

/**
 * A model that answers: it generates text, and shows how it reads a given one. `openModel` makes one from files.
 *
 * @example
 * const model = new Model({ config, tokenizer, weights, engine });
 * for await (const { text } of model.generate('It was a')) console.log(text);
 * await model.close();
 */
export class Model {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  #parts: ModelParts;
  /** The engine was opened for this model alone, and is closed with it. */
  readonly #ownsEngine: boolean;
  readonly #gates = new Map<string, Gate>();
  #session: Session;
  #reader: Reader | undefined;
  #why: string;
  #reason: EngineReason;
  #recovering: Promise<Session> | undefined;
  #closed = false;

  /**
   * Places the weights and opens a session. `openModel` does so from files.
   *
   * @throws WeightsError when a parameter is missing or of another size
   * @throws OutOfMemoryError when the device cannot hold the model
   * @throws SettingsError for a `context` that is out of range
   */
  constructor(parts: ModelParts, ownsEngine = false) {
    this.config = parts.config;
    this.tokenizer = padTokenizer(parts.tokenizer, this.config.vocab);
    this.#parts = parts;
    this.#ownsEngine = ownsEngine;
    this.#why = parts.why ?? '';
    this.#reason = parts.reason ?? { code: 'handed-in' };
    this.#session = this.#open(parts.engine);
  }

  #open(engine: Engine, lent?: PlacedWeights): Session {
    const { config, storage, ...options } = this.#parts;
    const weights = lent ?? this.#parts.weights;
    if (isPlaced(weights)) return new Session(weights, options);
    const placed = placeWeights(engine, config, weights, { storage });
    try {
      return new Session(placed, { ...options, ownsWeights: true });
    } catch (error) {
      placed.close();
      throw error;
    }
  }

  /** What runs it; another one after a device was lost. */
  get engine(): Engine {
    return this.#session.engine;
  }

  /** Why this engine, in one sentence for people. */
  get why(): string {
    return this.#why;
  }

  /** Why this engine, as data. */
  get reason(): EngineReason {
    return this.#reason;
  }

  /** Positions that the cache holds. A longer text continues from its more recent half. */
  get context(): number {
    return this.#session.context;
  }

  /** Element type of matrices on the device. */
  get storage(): Storage {
    return this.#session.weights.storage;
  }

  /**
   * The prompt's tokens as `generate` feeds them. An empty prompt becomes the tokenizer's start token, or token 0.
   *
   * @throws SettingsError when it is neither a text nor a list of the model's token ids
   */
  encode(prompt: string | readonly number[]): readonly number[] {
    if (typeof prompt !== 'string' && !Array.isArray(prompt))
      throw new SettingsError('prompt', prompt, 'a text or a list of token ids');
    const tokens = typeof prompt === 'string' ? [...this.tokenizer.encode(prompt)] : prompt;
    const { bos, eos } = this.tokenizer.special;
    const fed = tokens.length ? tokens : [bos ?? eos ?? 0];
    checkTokens(fed, this.config.vocab);
    return fed;
  }

  /**
   * The continuation of a prompt, token by token, until `maxTokens`, the end of the text or the signal. The same prompt, settings and
   * engine give the same tokens; several runs at once take turns, and each gives what it would give alone.
   *
   * Throws SettingsError (a RangeError) for a setting or token outside its range, ClosedError after `close`, the signal's reason when
   * it is aborted, NotFiniteError when the logits are NaN or infinite.
   *
   * @example
   * for await (const { text } of model.generate('It was a', { maxTokens: 20, temperature: 0.8 })) console.log(text);
   */
  async *generate(
    prompt: string | readonly number[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, void, undefined> {
    this.#check();
    const { tokenizer } = this;
    const { eos, ends = eos === undefined ? [] : [eos] } = tokenizer.special;
    const { stop = ends } = options;
    const { maxTokens = 100 } = options;
    const tokens = this.encode(prompt);
    const stream = tokenizer.decoder(tokens);
    const recover = (lost: Session, error: Error) => this.#recover(lost, error);
    for await (const record of decodeTokens(this.#session, tokens, { ...options, maxTokens, stop }, recover)) {
      const ended = stop.includes(record.token);
      // the next run is given these tokens, so it may finish a character that is incomplete after the last one
      const text = ended ? stream.flush() : stream.push(record.token);
      const named = <C extends { readonly token: number }>(list: readonly C[]) =>
        list.map((c) => ({ ...c, text: tokenizer.label(c.token) }));
      const { draw, lens, token, ...rest } = record;
      yield {
        ...rest,
        token,
        text,
        label: tokenizer.label(token),
        bytes: [...tokenizer.bytes(token)],
        candidates: named(record.candidates),
        ...(draw && { draw: { ...draw, candidates: named(draw.candidates) } }),
        ...(lens && { lens: { ...lens, top: lens.top.map(named) } }),
      };
    }
  }

  /** A session on a new engine with the same weights, replacing the one whose device was lost. */
  async #recover(lost: Session, error: Error): Promise<Session> {
    this.#check();
    if (lost !== this.#session) return this.#session;
    if (!(error instanceof DeviceLostError)) throw error;
    this.#recovering ??= this.#replace(error).finally(() => (this.#recovering = undefined));
    return this.#recovering;
  }

  async #replace(error: DeviceLostError): Promise<Session> {
    const { reopen, onRecover, weights } = this.#parts;
    if (!reopen) throw error;
    const began = performance.now();
    const before = this.#session;
    const { weights: lent, ...next } = await reopen();
    const { engine, why } = next;
    if (isPlaced(weights) && !lent) throw error;
    if (this.#closed) {
      if (!lent) engine.close();
      this.#check();
    }
    await this.#exchange(next, lent);
    if (!lent) before.engine.close();
    onRecover?.({ why, seconds: (performance.now() - began) / 1000 });
    return this.#session;
  }

  /** A new session in place of the present one. */
  async #exchange({ engine, why, reason }: ChosenEngine, lent: PlacedWeights | undefined): Promise<void> {
    const before = this.#session;
    this.#session = this.#open(engine, lent);
    this.#why = why;
    this.#reason = reason;
    for (const { layer, head, value } of this.#gates.values()) this.#session.gate(layer, head, value);
    await this.#reader?.close();
    this.#reader = undefined;
    before.close();
  }

  /** @internal Continues elsewhere, or with other kernels: runs go on with the tokens that they have. */
  async move({ weights, ...next }: Reopened, table: Table): Promise<void> {
    this.#check();
    await this.#recovering?.catch(() => undefined);
    this.#parts = { ...this.#parts, table };
    await this.#exchange(next, weights);
  }

  /** A reading of a text. If the device is lost, it starts again on another one. */
  async #reading<T>(read: (reader: Reader) => Promise<T>): Promise<T> {
    for (;;) {
      const session = this.#session;
      try {
        return await read(await this.#read());
      } catch (error) {
        if (!(error instanceof DeviceLostError) || !this.#parts.reopen) throw error;
        await this.#recover(session, error);
      }
    }
  }

  /** Reads given texts; its plans and programs are loaded with the first text. */
  async #read(): Promise<Reader> {
    this.#check();
    const [{ Reader }] = await Promise.all([import('./reader.ts'), completeOps()]);
    this.#check();
    const { weights, context } = this.#session;
    return (this.#reader ??= new Reader(weights, context, () => this.#gates.values(), this.#parts.table));
  }

  /**
   * How probable the model finds each token of a text, given all before it; on the device, without reading logits back. A text longer
   * than the context is read in overlapping windows. Throws SettingsError for a token outside the vocabulary, ClosedError after `close`.
   *
   * @example
   * const tokens = await model.score('It was a dark and stormy night.');
   * const bits = tokens.slice(1).map((t) => -t.logProbability! / Math.LN2);
   */
  async score(text: string | readonly number[]): Promise<ScoredToken[]> {
    const tokens = this.encode(text);
    const losses = await this.#reading((reader) => reader.score(tokens));
    return this.tokens(tokens).map((token, i) => (i > 0 ? { ...token, logProbability: -losses[i - 1] } : token));
  }

  /**
   * The tokens of a text with their names, bytes and places, without running the model.
   *
   * @throws SettingsError for a token outside the vocabulary
   *
   * @example
   * const pieces = model.tokens('unbelievable').map((token) => token.text);
   */
  tokens(text: string | readonly number[]): ScoredToken[] {
    const stream = this.tokenizer.decoder();
    let at = 0;
    return this.encode(text).map((token) => {
      const from = at;
      at += stream.push(token).length;
      return { token, text: this.tokenizer.label(token), bytes: [...this.tokenizer.bytes(token)], from, to: at };
    });
  }

  /**
   * The logit lens: every layer's output through the final norm and the head, with the `best` most probable tokens of each position
   * and the probability of the token that came. The text has at most `context` tokens. Throws RangeError for a longer one.
   */
  async lens(text: string | readonly number[], best = 3): Promise<Lens> {
    const tokens = this.encode(text);
    const rows = await this.#reading((reader) => reader.lens(tokens, best));
    const top = rows.map(({ ids, probabilities }) =>
      tokens.map((_, t) =>
        Array.from({ length: best }, (_, i) => {
          const token = ids[t * best + i];
          return { token, text: this.tokenizer.label(token), probability: probabilities[t * best + i] };
        }),
      ),
    );
    return { layers: rows.map((r) => r.layer), tokens, top, actual: rows.map((r) => r.actual) };
  }

  /**
   * Who looks at whom: an overview of all heads in bytes, and exact rows on demand for as long as no other text is read. The text has at
   * most `context` tokens. Throws RangeError for a longer one.
   */
  async attention(text: string | readonly number[]): Promise<AttentionReading> {
    const tokens = this.encode(text);
    return this.#reading((reader) => reader.attention(tokens));
  }

  /**
   * Activations of one token of a text, by default the last, by name: `embed`, `h.0.out`, `h.2.mlp`, `ln_f`, `logits`, … A row has one
   * shape, `h.<layer>.weights` one row per head. The text has at most `context` tokens.
   *
   * Throws RangeError for a longer one or a position outside it, Error with the names there are when there is no such activation.
   */
  async taps(
    text: string | readonly number[],
    names: readonly string[],
    position?: number,
  ): Promise<Readonly<Record<string, Tap>>> {
    const tokens = this.encode(text);
    return this.#reading((reader) => reader.taps(tokens, names, position));
  }

  /**
   * Scales what an attention head, or without `head` a layer's MLP, adds to the stream: 0 switches it off, 1 is as trained. Takes effect
   * with the next token and the next reading. Throws SettingsError when there is no such layer or head.
   */
  gate(layer: number, head: number | undefined, value: number): void {
    this.#check();
    this.#session.gate(layer, head, value);
    this.#gates.set(`${layer}.${head}`, { layer, head, value });
  }

  /**
   * The plan of one decoded token as a table for people.
   *
   * @throws ClosedError after `close`
   */
  async describe(): Promise<string> {
    this.#check();
    return this.#session.describe();
  }

  /** @internal What generates; another one after a device was lost. */
  get session(): Session {
    this.#check();
    return this.#session;
  }

  /** @internal Bytes on the device by what they are for: the weights, which other models may share, then this model's own. */
  async memory(): Promise<ArenaBytes[]> {
    const { session } = this;
    const { layout } = session.weights;
    const [own, readings] = await Promise.all([session.memory(), this.#reader?.memory() ?? 0]);
    const weights = layout.arenas().map(({ name, bytes }) => ({ name, bytes }));
    return [...weights, ...own, ...(readings ? [{ name: 'readings', bytes: readings }] : [])];
  }

  /**
   * Compiles what the first token of a run with these options needs, so that it need not wait.
   *
   * @throws Error with the taps there are, when this is none of them
   * @throws ShaderError when an edited kernel is refused
   * @throws ClosedError after `close`
   */
  async warm(options: WarmOptions = {}): Promise<void> {
    this.#check();
    await this.#session.warm(viewOf(options));
  }

  #check(): void {
    if (this.#closed) throw new ClosedError('this model is closed; open it again');
  }

  /** Frees its memory; runs in progress end with ClosedError. Closing twice is not an error. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#recovering?.catch(() => undefined);
    await this.#reader?.close();
    this.#session.close();
    if (this.#ownsEngine) this.#session.engine.close();
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
