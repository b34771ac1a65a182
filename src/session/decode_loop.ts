/**
 * START READING HERE: the one decode loop. Token ids go in, token ids come out: fill the cache, then one plan replayed per token. The
 * sampled token stays on the device and feeds the next step; the CPU only reads what it shows.
 */
import { ClosedError, DeviceLostError } from '../plan/errors.ts';
import { lensSteps } from '../model/plans/token_lens.ts';
import { NO_TOKEN, STATE } from '../plan/state.ts';
import { checkNumber, checkSettings } from '../plan/settings.ts';
import type { Region, Runner, RunOptions } from '../plan/types.ts';
import { explainDraw } from '../sample/draw.ts';
import { checkSampling, type Sampling } from '../sample/sampling.ts';
import { NotFiniteError } from './errors.ts';
import type { RunSettings, TokenRecord } from './records.ts';
import { HISTORY, type Session } from './session.ts';
import { isWatched, readSeen, type Seen, standing, type View, viewOf } from './view.ts';

/** Default number of tokens per submission while nobody watches. */
export const BATCH = 8;

export interface DecodeOptions extends RunSettings {
  /** Tokens that end the run, which are yielded. Default: none. */
  readonly stop?: readonly number[];
}

/**
 * Generates token ids after `prompt` until `maxTokens`, a stop token or the signal. Deterministic in prompt, settings and engine: each
 * of several runs on one session gives the tokens it would give alone. Throws SettingsError (a RangeError), ClosedError, NotFiniteError.
 * `recover` gives another session when the device is lost or the session was replaced; the text continues there with the same tokens.
 */
export async function* decodeTokens(
  opened: Session,
  prompt: readonly number[],
  options: DecodeOptions = {},
  recover?: (lost: Session, error: Error) => Promise<Session>,
): AsyncGenerator<TokenRecord> {
  const {
    maxTokens = 100,
    candidates = 0,
    stop = [],
    draw = false,
    ahead = BATCH,
    lens = 0,
    taps = [],
    signal,
  } = options;
  const sampling = checkSampling(options);
  checkSettings(
    { maxTokens, candidates, ahead, lens },
    {
      maxTokens: { min: 0, whole: true },
      candidates: { min: 0, max: 256, whole: true },
      lens: { min: 0, max: 64, whole: true },
      ahead: { min: 1, max: HISTORY, whole: true },
    },
  );
  checkTokens(prompt, opened.config.vocab);
  const started = performance.now();
  const run = new Run(prompt, sampling, viewOf(options));
  const turn = Symbol('run');
  let session = opened;
  try {
    while (run.made < maxTokens) {
      signal?.throwIfAborted();
      session.check();
      const undisturbed = await session.turns.take(turn);
      let batch: Seen;
      try {
        signal?.throwIfAborted();
        batch = await run.next(session, Math.min(ahead, maxTokens - run.made), undisturbed);
      } catch (error) {
        if (!(error instanceof DeviceLostError || error instanceof ClosedError) || !recover) throw error;
        session.turns.end(turn);
        session = await recover(session, error);
        continue;
      } finally {
        session.turns.rest(turn);
      }
      for (const token of batch.tokens) {
        const { tokens: _all, taps: read, ...seen } = batch;
        const logits = draw ? read['logits'].data : undefined;
        const drawn = logits && explainDraw(logits, candidates, sampling, run.fed);
        const position = run.accept(token);
        const seconds = (performance.now() - started) / 1000;
        // logits that were read for the draw alone stay here
        const kept = Object.fromEntries(taps.map((name) => [name, read[name]]));
        const told = { ...standing(token, seen, logits), ...seen, ...(drawn && { draw: drawn }) };
        yield { position, token, seconds, taps: kept, ...told };
        if (stop.includes(token) || run.made >= maxTokens) return;
        signal?.throwIfAborted();
      }
    }
  } finally {
    session.turns.end(turn);
  }
}

/** Throws SettingsError when a token is outside the vocabulary, RangeError when there are no tokens. */
export function checkTokens(tokens: readonly number[], vocab: number): void {
  if (!tokens.length)
    throw new RangeError('the prompt has no token: give at least one, such as the beginning of a text');
  for (const token of tokens) checkNumber('a token of the prompt', token, { min: 0, max: vocab - 1, whole: true });
}

/** A growing text: its tokens, and how its cache was filled, so that it can be filled again with the same bits. */
class Run {
  readonly #sampling: Sampling;
  readonly #view: View;
  /** Tokens of the whole text that lie before `#tokens`. */
  #before = 0;
  /** What the context holds: the tokens the cache was last filled with, then those generated since. */
  #tokens: number[];
  /** How many of `#tokens` the cache was filled with; 0 = not filled yet. */
  #fed = 0;
  made = 0;

  constructor(prompt: readonly number[], sampling: Sampling, view: View) {
    this.#sampling = sampling;
    this.#view = view;
    this.#tokens = [...prompt];
  }

  /** Position in the cache of the last token fed. */
  get fed(): number {
    return this.#tokens.length - 1;
  }

  /** Takes a token into the text; returns its position there. */
  accept(token: number): number {
    this.#tokens.push(token);
    this.made++;
    return this.#before + this.#tokens.length - 1;
  }

  /** Up to `most` tokens. `undisturbed`: the session's cache and state are as this run left them. */
  async next(session: Session, most: number, undisturbed: boolean): Promise<Seen> {
    const { context } = session;
    if (this.#tokens.length === this.#fed || !this.#fed) return this.#fill(session, context);
    // a full context starts over with its younger half
    if (this.#tokens.length > context) return this.#fill(session, Math.ceil(context / 2));
    if (!undisturbed) await this.#refill(session);
    const room = context - this.#tokens.length + 1;
    const runner = await session.decode(this.#view);
    return this.#run(session, runner, isWatched(this.#view) ? 1 : Math.min(most, room));
  }

  /** Fills the cache with the last tokens, at most `most`, and samples the first token after them. */
  async #fill(session: Session, most: number): Promise<Seen> {
    const dropped = Math.max(0, this.#tokens.length - most);
    this.#tokens = this.#tokens.slice(dropped);
    this.#before += dropped;
    this.#fed = this.#tokens.length;
    return this.#start(session, this.#tokens, this.made);
  }

  /** Brings the cache back to where this run left it: filled as it was, then each token since fed through the decode plan again. */
  async #refill(session: Session): Promise<void> {
    const since = this.#tokens.slice(this.#fed);
    await this.#start(session, this.#tokens.slice(0, this.#fed), this.made - since.length);
    const { scope } = session;
    const prompt = session.region('prompt', 'tokens');
    const token = word(session.region('state', 'state'), STATE.TOKEN);
    scope.write(prompt, Uint32Array.from(since));
    const runner = await session.decode(this.#view);
    runner.run({
      times: since.length - 1,
      steps: { from: 0, to: lensSteps(runner.plan).from },
      copies: (i) => [{ from: word(prompt, i), to: token }],
    });
    scope.write(token, Uint32Array.of(since.at(-1)!));
  }

  /** `made`: tokens that the run had sampled before. */
  async #start(session: Session, feed: readonly number[], made: number): Promise<Seen> {
    const { scope } = session;
    const n = feed.length;
    const replayed = session.replays(n, this.#view);
    const runner = await (replayed ? session.decode(this.#view) : session.prefill(n, this.#view));
    const prompt = session.region('prompt', 'tokens');
    const state = session.region('state', 'state');
    const padded = new Uint32Array(session.context);
    padded.set(feed);
    scope.write(prompt, padded);
    // the draw after a prefill is the draw that decoding token by token would make
    const [position, count] = replayed ? [0, made - n + 1] : [n - 1, made];
    scope.write(state, stateWords(position, n, this.#sampling, count));
    if (!replayed) return this.#run(session, runner, 1, made);
    // each step is fed the prompt's next token, not what the previous step sampled; where that stands in the history, all was read before
    const feedToken = (i: number) => [{ from: word(prompt, i), to: word(state, STATE.TOKEN) }];
    runner.run({ times: n - 1, steps: { from: 0, to: lensSteps(runner.plan).from }, copies: feedToken });
    return this.#run(session, runner, 1, made, () => feedToken(n - 1));
  }

  /** Replays a plan `times` times in one submission, and reads the sampled tokens and anything else requested in one readback. */
  async #run(
    session: Session,
    runner: Runner,
    times: number,
    made = this.made,
    copies?: RunOptions['copies'],
  ): Promise<Seen> {
    const history = session.region('state', 'history');
    const first = made % HISTORY;
    // a batch that would wrap around the ring ends there
    const n = Math.min(times, HISTORY - first);
    const sampled: Region = { ...history, offset: history.offset + 4 * first, bytes: 4 * n, shape: [n] };
    const lens = lensSteps(runner.plan);
    runner.run({ times: n, steps: { from: 0, to: lens.from }, ...(copies && { copies }) });
    if (this.#view.lens) {
      const drawn = {
        from: word(session.region('state', 'state'), STATE.TOKEN),
        to: session.region('prompt', 'drawn'),
      };
      runner.run({ steps: lens, copies: () => [drawn] });
    }
    const { layers } = session.config;
    const seen = await readSeen(runner, sampled, this.#view, { layers, fed: this.fed });
    if (seen.tokens.includes(NO_TOKEN))
      throw new NotFiniteError(
        `the logits after ${this.#before + this.#tokens.length} tokens are not finite: the weights are broken, or too large for these kernels`,
      );
    return seen;
  }
}

/** One 32-bit word of a region. */
const word = (region: Region, i: number): Region => ({
  ...region,
  offset: region.offset + 4 * i,
  bytes: 4,
  shape: [1],
});

/** The sampler's settings and the prompt's length, as the kernels read them. COUNT continues from where the run is. */
function stateWords(position: number, length: number, sampling: Sampling, count: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(STATE.WORDS);
  const floats = new Float32Array(words.buffer);
  words[STATE.LENGTH] = length;
  words[STATE.POS] = position;
  words[STATE.COUNT] = count; // below 0 it wraps, as it does on the device
  words[STATE.SEED] = sampling.seed;
  words[STATE.TOP_K] = sampling.topK;
  floats[STATE.TEMPERATURE] = sampling.temperature;
  floats[STATE.TOP_P] = sampling.topP;
  return words;
}
