/** One text on a model: it has its own cache, shares the weights with other lanes and takes turns with them. */
import type { ChosenEngine } from '../session/choose_engine.ts';
import type { AttentionReading, AttentionRow } from '../session/attention.ts';
import { Model, type ModelOptions } from '../session/model.ts';
import type { Lens, ScoredToken } from '../session/records.ts';
import { Turns } from '../session/turns.ts';
import { HostError } from './errors.ts';
import type { Placement } from './placement.ts';
import type { AttentionOverview, Prompt, RunAsk, RunEnd, RunRecord } from './protocol.ts';
import type { Attention, Place, Schedule } from './schedule.ts';

export interface LaneOptions extends Pick<ModelOptions, 'context' | 'storage'> {
  readonly why: string;
  readonly attention: Attention;
  readonly schedule: Schedule;
  /** Called when a token is ready. */
  readonly onToken: () => void;
  readonly onLost: () => void;
  readonly onRecover: (event: ChosenEngine & { readonly seconds: number }) => void;
}

export class Lane implements Place {
  attention: Attention;
  readonly model: Model;
  readonly #schedule: Schedule;
  readonly #onToken: () => void;
  /** With several runs on one lane: which one has the cache, before the lane asks for its own turn. */
  readonly #turns = new Turns();
  #attention: AttentionReading | undefined;

  constructor(placement: Placement, options: LaneOptions) {
    const { why, context, schedule, attention, onToken, onLost, onRecover } = options;
    this.attention = attention;
    this.#schedule = schedule;
    this.#onToken = onToken;
    const { config, tokenizer } = placement.model;
    let { weights } = placement;
    this.model = new Model({
      config,
      tokenizer,
      weights,
      engine: weights.engine,
      why,
      context,
      reopen: async () => {
        onLost();
        const next = await placement.replace(weights);
        weights = next.weights ?? weights;
        return next;
      },
      onRecover: ({ why: now, seconds }) => onRecover({ engine: this.model.engine, why: now, seconds }),
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

  async attentionOf(prompt: Prompt, signal: AbortSignal): Promise<AttentionOverview> {
    const reading = await this.#schedule.turn(this, signal, () => this.model.attention(this.#tokensOf(prompt)));
    this.#attention = reading;
    const { layers, heads, tokens, overview } = reading;
    return { layers, heads, tokens, overview };
  }

  attentionRow(layer: number, head: number, query: number, signal: AbortSignal): Promise<AttentionRow> {
    const reading = this.#attention;
    if (!reading) throw new HostError('no attention was read yet: ask for a text’s attention first');
    return this.#schedule.turn(this, signal, () => reading.row(layer, head, query));
  }

  tokens(prompt: Prompt): ScoredToken[] {
    return this.model.tokens(this.#tokensOf(prompt));
  }

  spell({ text, more = [] }: Prompt): string[] {
    const { tokenizer } = this.model;
    const { eos, ends = eos === undefined ? [] : [eos] } = tokenizer.special;
    const stream = tokenizer.decoder(this.model.encode(text));
    return more.map((token) => (ends.includes(token) ? '' : stream.push(token)));
  }
}
