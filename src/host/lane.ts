/** One text on a model: it has its own cache, shares the weights with other lanes and takes turns with them. */
import { completeOps } from '../kernels/complete.ts';
import { chosen, type ChosenEngine } from '../session/choose_engine.ts';
import type { AttentionReading, AttentionRow } from '../session/attention.ts';
import { Model, type ModelOptions } from '../session/model.ts';
import type { KernelSource, PlanRow } from '../session/inspect.ts';
import type { Lens, ScoredToken, Tap } from '../session/records.ts';
import type { KernelText } from '../plan/types.ts';
import { type EngineReason, whyOf } from '../session/reason.ts';
import { Turns } from '../session/turns.ts';
import { move } from './channel.ts';
import { HostError } from './errors.ts';
import type { WordMerges } from './merges.ts';
import type { Placement } from './placement.ts';
import type { Projection } from './principal.ts';
import type { AttentionRows, DeviceReport, Prompt, RunAsk, RunEnd, RunRecord } from './protocol.ts';
import type { Share } from './shared.ts';
import { type Attention, pauses, type Place, type Schedule } from './schedule.ts';
import type { Embedding, EmbeddingAsk, Neighbour, WordPaths } from './spaces.ts';
import type { Trace } from './tracing.ts';
import type { Verification } from './verification.ts';
import type { Elsewhere } from './verify.ts';

export interface LaneOptions extends Pick<ModelOptions, 'context' | 'storage'> {
  readonly reason: EngineReason;
  readonly attention: Attention;
  readonly schedule: Schedule;
  /** Called when a token is ready. */
  readonly onToken: () => void;
  /** Another placement of the model, for when this one gives wrong numbers. */
  readonly elsewhere: Elsewhere;
  /** Kernel texts that replace shipped ones. */
  readonly variants?: readonly KernelText[] | undefined;
  readonly onLost: () => void;
  readonly onRecover: (now: ChosenEngine, seconds: number) => void;
}

export class Lane implements Place {
  attention: Attention;
  readonly model: Model;
  readonly #schedule: Schedule;
  readonly #onToken: () => void;
  /** With several runs on one lane: which one has the cache, before the lane asks for its own turn. */
  readonly #turns = new Turns();
  #placement: Placement;
  #held: Share<Placement> | undefined;
  readonly #options: LaneOptions;
  #attention: AttentionReading | undefined;

  constructor(placement: Placement, options: LaneOptions) {
    this.#placement = placement;
    this.#options = options;
    const { reason, context, schedule, attention, onToken, onLost, onRecover } = options;
    this.attention = attention;
    this.#schedule = schedule;
    this.#onToken = onToken;
    const { config, tokenizer } = placement.model;
    const { weights } = placement;
    this.model = new Model({
      config,
      tokenizer,
      weights,
      engine: weights.engine,
      why: whyOf(reason),
      reason,
      context,
      variants: weights.engine.facts.engine === 'gpu' ? options.variants : undefined,
      reopen: async () => {
        onLost();
        const next = await this.#placement.replace(this.model.session.weights);
        return next;
      },
      onRecover: ({ seconds }) => onRecover(this.model, seconds),
    });
  }

  /** The prompt's tokens, and the run token by token. When aborted, it ends within the current token. */
  async *generate({ prompt, options }: RunAsk, signal: AbortSignal): AsyncGenerator<RunRecord, RunEnd, void> {
    const { model } = this;
    const began = performance.now();
    const tokens = this.#tokensOf(prompt);
    yield { kind: 'begin', tokens: tokens.length, ...this.#cut(prompt, tokens) };
    // one token at a time: a cancel, or a wait for the device, takes no longer than that
    const run = model.generate(tokens, { ...options, ahead: 1, signal });
    const turn = Symbol('run');
    let made = 0;
    try {
      for (;;) {
        await this.#turns.take(turn);
        signal.throwIfAborted();
        const { done, value } = await this.#schedule.turn(this, signal, () => run.next());
        this.#turns.rest(turn);
        if (done) break;
        made++;
        this.#onToken();
        yield { kind: 'token', token: value };
      }
    } finally {
      this.#turns.end(turn);
      await run.return();
    }
    const reason = made < (options.maxTokens ?? 100) ? 'end of text' : 'length';
    return { reason, tokens: made, seconds: (performance.now() - began) / 1000 };
  }

  #tokensOf({ text, more = [] }: Prompt): number[] {
    return [...this.model.encode(text), ...more];
  }

  #cut({ text }: Prompt, tokens: readonly number[]): Pick<RunRecord & { kind: 'begin' }, 'cut'> {
    const dropped = tokens.length - this.model.context;
    if (dropped <= 0) return {};
    const before = this.model.tokenizer.decode(tokens.slice(0, dropped));
    return { cut: { tokens: dropped, characters: Math.min(text.length, before.length) } };
  }

  score(prompt: Prompt, signal: AbortSignal): Promise<ScoredToken[]> {
    return this.#schedule.turn(this, signal, () => this.model.score(this.#tokensOf(prompt)));
  }

  lens(prompt: Prompt, best: number, signal: AbortSignal): Promise<Lens> {
    return this.#schedule.turn(this, signal, () => this.model.lens(this.#tokensOf(prompt), best));
  }

  async attentionOf(prompt: Prompt, signal: AbortSignal): Promise<AttentionRows> {
    const reading = await this.#schedule.turn(this, signal, () => this.model.attention(this.#tokensOf(prompt)));
    this.#attention = reading;
    const rows = rowsOf(reading);
    return move({ layers: reading.layers, heads: reading.heads, rows }, [rows[0].buffer]);
  }

  attentionRow(layer: number, head: number, query: number, signal: AbortSignal): Promise<AttentionRow> {
    const reading = this.#attention;
    if (!reading) throw new HostError('no attention was read yet: ask for a text’s attention first');
    return this.#schedule.turn(this, signal, () => reading.row(layer, head, query));
  }

  tokens(prompt: Prompt): ScoredToken[] {
    return this.model.tokens(this.#tokensOf(prompt));
  }

  async taps(prompt: Prompt, names: readonly string[], signal: AbortSignal): Promise<Readonly<Record<string, Tap>>> {
    const read = () => this.model.taps(this.#tokensOf(prompt), names);
    const taps = await this.#schedule.turn(this, signal, read);
    return move(
      taps,
      Object.values(taps).map(({ data }) => data.buffer),
    );
  }

  async embedding(ask: EmbeddingAsk, signal: AbortSignal): Promise<Embedding> {
    const { embeddingOf } = await import('./spaces.ts');
    const embedding = await embeddingOf(this.#placement.model, ask, pauses(signal));
    return move(embedding, [embedding.vectors.buffer as ArrayBuffer]);
  }

  async merges(text: string): Promise<readonly WordMerges[] | undefined> {
    const { mergesOf } = await import('./merges.ts');
    return mergesOf(this.model.tokenizer, text);
  }

  async neighbours(token: number, near: number, signal: AbortSignal): Promise<Neighbour[]> {
    const { neighboursOf } = await import('./spaces.ts');
    return neighboursOf(this.#placement.model, token, near, pauses(signal));
  }

  async words(texts: readonly [string, string], word: string, signal: AbortSignal): Promise<WordPaths> {
    const { wordPaths } = await import('./spaces.ts');
    return this.#schedule.turn(this, signal, () => wordPaths(this.model, texts, word));
  }

  async plan(): Promise<PlanRow[]> {
    const { session } = this.model;
    const [{ planRows }, plan] = await Promise.all([import('../session/inspect.ts'), session.plan()]);
    return planRows(plan, session.layout);
  }

  async kernel(index: number): Promise<KernelSource> {
    const { session } = this.model;
    const [{ kernelSource }, plan] = await Promise.all([import('../session/inspect.ts'), session.plan()]);
    return kernelSource(plan, index, session.kernels.variants);
  }

  async trace(prompt: Prompt, signal: AbortSignal): Promise<Trace> {
    const [{ traceOf }] = await Promise.all([import('./tracing.ts'), completeOps()]);
    const position = Math.min(this.#tokensOf(prompt).length, this.model.context) - 1;
    const pause = pauses(signal);
    return this.#schedule.turn(this, signal, () => traceOf(this.model.session, { position, pause }));
  }

  async device(): Promise<Omit<DeviceReport, 'losses'>> {
    const { model } = this;
    const [{ chosenVariants }, plan] = await Promise.all([import('../session/inspect.ts'), model.session.plan()]);
    const { facts, counters } = model.engine;
    const { f16, subgroups, timestamps, limits } = facts;
    return {
      features: [
        ...(f16 ? ['shader-f16'] : []),
        ...(subgroups ? ['subgroups'] : []),
        ...(timestamps ? ['timestamp-query'] : []),
      ],
      variants: chosenVariants(plan, model.session.kernels.table),
      arenas: await model.memory(),
      allocated: counters.bytesAllocated,
      limit: limits.maxBufferSize,
    };
  }

  /** Checks what computes this lane, and moves it to what is right. */
  async verify(signal: AbortSignal): Promise<Verification> {
    const { verify } = await import('./verify.ts');
    const { model } = this;
    const { elsewhere, variants = [] } = this.#options;
    const {
      verification,
      table,
      move: to,
      wrong,
    } = await verify({
      placement: this.#placement,
      context: model.context,
      variants,
      elsewhere,
      turn: (work) => this.#schedule.turn(this, signal, work),
    });
    signal.throwIfAborted();
    if (!to && !table.length) return verification;
    const next = to && (await elsewhere(to.engine, to.storage));
    const { weights } = next?.value ?? this.#placement;
    const now = chosen(weights.engine, wrong === undefined ? model.reason : { code: 'wrong', what: wrong });
    await this.#schedule.turn(this, signal, () => model.move({ ...now, weights }, table));
    this.#attention = undefined;
    if (next) {
      this.#held?.release();
      this.#held = next;
      this.#placement = next.value;
    }
    return verification;
  }

  /** Frees the cache; the model's files and weights stay for others. */
  async close(): Promise<void> {
    await this.model.close();
    this.#held?.release();
  }

  spell({ text, more = [] }: Prompt): string[] {
    const { tokenizer } = this.model;
    const { eos, ends = eos === undefined ? [] : [eos] } = tokenizer.special;
    const stream = tokenizer.decoder(this.model.encode(text));
    return more.map((token) => (ends.includes(token) ? '' : stream.push(token)));
  }
}

/** The rows of an overview, one per query, side by side in one buffer. */
function rowsOf({ layers, heads, tokens, overview }: AttentionReading): Uint8Array<ArrayBuffer>[] {
  const each = layers * heads;
  const all = new Uint8Array((each * tokens * (tokens + 1)) / 2);
  let at = 0;
  return Array.from({ length: tokens }, (_, query) => {
    const keys = query + 1;
    const row = all.subarray(at, (at += each * keys));
    for (let head = 0; head < each; head++) {
      const from = (head * tokens + query) * tokens;
      row.set(overview.subarray(from, from + keys), head * keys);
    }
    return row;
  });
}

/** Vectors of any space on a plane. */
export async function projectVectors(vectors: Float32Array, dim: number, signal: AbortSignal): Promise<Projection> {
  const { project } = await import('./principal.ts');
  return project(vectors, dim, pauses(signal));
}
