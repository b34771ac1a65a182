/**
 * START READING HERE. A prompt goes in, tokens come out: encode, fill the cache, then one plan replayed per token. The sampled
 * token stays on the device and feeds the next step; the CPU only reads what it shows.
 */
import type { Region, Runner, RunOptions } from '../plan/types.ts';
import { STATE } from '../plan/state.ts';
import type { Candidate, GenerateOptions, GeneratedToken, Tap } from './records.ts';
import { HISTORY, type Session } from './session.ts';

/** Tokens per submission when nobody wants to see candidates. */
const BATCH = 8;

/** Generates until `maxTokens`, a stop token or the signal. Deterministic in prompt, seed and engine. */
export async function* generate(
  session: Session,
  prompt: string | readonly number[],
  options: GenerateOptions = {},
): AsyncGenerator<GeneratedToken> {
  const { maxTokens = 100, candidates = 0, taps = [], signal } = options;
  const { tokenizer, config } = session;
  const { eos, ends = eos === undefined ? [] : [eos] } = tokenizer.special;
  const stop = options.stop ?? ends;
  const tokens = typeof prompt === 'string' ? startTokens(session, prompt) : [...prompt];
  check(tokens, config.vocab);
  const started = performance.now();
  const text = tokenizer.decoder(tokens);
  const view = { candidates, taps };
  let made = 0;
  let begun = false;
  while (made < maxTokens) {
    signal?.throwIfAborted();
    // a full context starts over with its younger half
    const fresh = !begun || tokens.length > config.context;
    let batch: Batch;
    if (fresh) {
      const feed = tokens.slice(-(begun ? Math.ceil(config.context / 2) : config.context));
      batch = await start(session, feed, options, view, made);
      tokens.splice(0, tokens.length, ...feed);
      begun = true;
    } else {
      const room = config.context - tokens.length + 1;
      const watched = candidates > 0 || taps.length > 0;
      batch = await run(
        session,
        await session.decode(view),
        watched ? 1 : Math.min(BATCH, maxTokens - made, room),
        made,
        view,
      );
    }
    for (const token of batch.tokens) {
      tokens.push(token);
      made++;
      const ended = stop.includes(token);
      yield {
        position: tokens.length - 1,
        token,
        text: ended ? text.flush() : text.push(token),
        candidates: batch.candidates,
        seconds: (performance.now() - started) / 1000,
        taps: batch.taps,
      };
      if (ended || made >= maxTokens) return;
      signal?.throwIfAborted();
    }
  }
}

/** The prompt's tokens; an empty prompt begins with the tokenizer's own beginning, or token 0. */
function startTokens(session: Session, prompt: string): number[] {
  const { tokenizer } = session;
  const tokens = [...tokenizer.encode(prompt)];
  return tokens.length ? tokens : [tokenizer.special.bos ?? tokenizer.special.eos ?? 0];
}

function check(tokens: readonly number[], vocab: number): void {
  const wrong = tokens.find((t) => !Number.isInteger(t) || t < 0 || t >= vocab);
  if (wrong !== undefined) throw new RangeError(`token ${wrong} is outside this model's vocabulary of ${vocab}`);
}

interface View {
  readonly candidates: number;
  readonly taps: readonly string[];
}

interface Batch {
  readonly tokens: readonly number[];
  readonly candidates: readonly Candidate[];
  readonly taps: Readonly<Record<string, Tap>>;
}

/** Fills the cache with `feed` and samples the first token after it. */
async function start(
  session: Session,
  feed: readonly number[],
  options: GenerateOptions,
  view: View,
  made: number,
): Promise<Batch> {
  const { engine } = session;
  const n = feed.length;
  const replayed = session.replays(n, view);
  const runner = await (replayed ? session.decode(view) : session.prefill(n, view));
  const prompt = session.region('prompt', 'tokens');
  const state = session.region('state', 'state');
  const padded = new Uint32Array(session.config.context);
  padded.set(feed);
  engine.write(prompt, padded);
  // the draw after a prefill is the draw that decoding token by token would make
  const [position, count] = replayed ? [0, made - n + 1] : [n - 1, made];
  engine.write(state, stateWords(position, n, options, count));
  if (!replayed) return run(session, runner, 1, made, view);
  // a step is fed the prompt's next token and not what the step before has sampled; where that stands in the history all was read before
  const feedToken = (i: number) => [{ from: word(prompt, i), to: word(state, STATE.TOKEN) }];
  runner.run({ times: n - 1, copies: feedToken });
  return run(session, runner, 1, made, view, () => feedToken(n - 1));
}

/** One 32-bit word of a region. */
const word = (region: Region, i: number): Region => ({
  ...region,
  offset: region.offset + 4 * i,
  bytes: 4,
  shape: [1],
});

/** The sampler's settings and the prompt's length, as the kernels read them. COUNT goes on where the run is. */
function stateWords(
  position: number,
  length: number,
  { temperature = 0, topK = 0, topP = 1, seed = 1 }: GenerateOptions,
  count: number,
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(STATE.WORDS);
  const floats = new Float32Array(words.buffer);
  words[STATE.LENGTH] = length;
  words[STATE.POS] = position;
  words[STATE.COUNT] = count; // below 0 it wraps, as it does on the device
  words[STATE.SEED] = seed;
  words[STATE.TOP_K] = topK;
  floats[STATE.TEMPERATURE] = temperature;
  floats[STATE.TOP_P] = topP;
  return words;
}

/** Replays a plan `times` times in one submission and reads the sampled tokens, and what else was asked for, in one readback. */
async function run(
  session: Session,
  runner: Runner,
  times: number,
  made: number,
  view: View,
  copies?: RunOptions['copies'],
): Promise<Batch> {
  const { values } = runner.plan;
  const history = session.region('state', 'history');
  const first = made % HISTORY;
  // a batch that would wrap around the ring ends there
  const n = Math.min(times, HISTORY - first);
  const sampled: Region = { ...history, offset: history.offset + 4 * first, bytes: 4 * n, shape: [n] };
  runner.run({ times: n, ...(copies && { copies }) });
  const watched = view.candidates > 0 ? [values['ids'], values['probs']] : [];
  const buffers = await session.engine.read(sampled, ...watched, ...view.taps.map((name) => values[name]));
  const taps: Record<string, Tap> = {};
  view.taps.forEach((name, i) => {
    taps[name] = { shape: values[name].shape, data: new Float32Array(buffers[1 + watched.length + i]) };
  });
  return {
    tokens: [...new Uint32Array(buffers[0])],
    candidates: watched.length ? readCandidates(session, buffers[1], buffers[2]) : [],
    taps,
  };
}

function readCandidates(session: Session, ids: ArrayBuffer, probs: ArrayBuffer): Candidate[] {
  const probability = new Float32Array(probs);
  return [...new Uint32Array(ids)].map((token, i) => ({
    token,
    text: session.tokenizer.label(token),
    probability: probability[i],
  }));
}
