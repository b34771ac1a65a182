/** One text on a model: it has its own cache, shares the weights with other lanes and takes turns with them. */
import type { ChosenEngine } from '../session/choose_engine.ts';
import type { AttentionReading } from '../session/attention.ts';
import { Model, type ModelOptions } from '../session/model.ts';
import type { Lens, ScoredToken } from '../session/records.ts';
import type { KernelText } from '../plan/types.ts';
import { type EngineReason, whyOf } from '../session/reason.ts';
import { Turns } from '../session/turns.ts';
import type { Placement } from './placement.ts';
import type { Prompt, RunAsk, RunEnd, RunRecord } from './protocol.ts';
import type { Share } from './shared.ts';
import type { Attention, Place, Schedule } from './schedule.ts';
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
  readonly options: LaneOptions;
  /** The last attention that was read, for exact rows of it. */
  reading: AttentionReading | undefined;

  constructor(placement: Placement, options: LaneOptions) {
    this.#placement = placement;
    this.options = options;
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
    const tokens = this.tokensOf(prompt);
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

  tokensOf({ text, more = [] }: Prompt): number[] {
    return [...this.model.encode(text), ...more];
  }

  #cut({ text }: Prompt, tokens: readonly number[]): Pick<RunRecord & { kind: 'begin' }, 'cut'> {
    const dropped = tokens.length - this.model.context;
    if (dropped <= 0) return {};
    const before = this.model.tokenizer.decode(tokens.slice(0, dropped));
    return { cut: { tokens: dropped, characters: Math.min(text.length, before.length) } };
  }

  score(prompt: Prompt, signal: AbortSignal): Promise<ScoredToken[]> {
    return this.#schedule.turn(this, signal, () => this.model.score(this.tokensOf(prompt)));
  }

  lens(prompt: Prompt, best: number, signal: AbortSignal): Promise<Lens> {
    return this.#schedule.turn(this, signal, () => this.model.lens(this.tokensOf(prompt), best));
  }

  tokens(prompt: Prompt): ScoredToken[] {
    return this.model.tokens(this.tokensOf(prompt));
  }

  /** Where the model's weights are. */
  get placement(): Placement {
    return this.#placement;
  }

  /** Does work for a picture when it is this lane's turn. */
  turn<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.#schedule.turn(this, signal, work);
  }

  /** What it read is of another engine, or of other kernels; `next`: where its weights are now. */
  moved(next: Share<Placement> | undefined): void {
    this.reading = undefined;
    if (!next) return;
    this.#held?.release();
    this.#held = next;
    this.#placement = next.value;
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
