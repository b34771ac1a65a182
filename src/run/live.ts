/**
 * START READING HERE: one text on one model of the page's host. Opens the model, shows a recording until it answers, predicts, steps,
 * runs, takes other roads; what a picture wants is computed while it is seen. One request at a time; the reply of an old one is never
 * shown. Over 300 lines, because all of it shares what is open, what runs and what is shown.
 */
import type { HostClient, HostLane, LaneOptions } from '../host/client.ts';
import type { LaneRecord, RunRecord } from '../host/protocol.ts';
import type { EnginePreference } from '../session/choose_engine.ts';
import type { GeneratedToken, ScoredToken } from '../session/records.ts';
import { NeedsModelError, RecordedRun } from './recorded.ts';
import { type RunFile, SCHEMA } from './recording.ts';
import type { LiveOptions, LiveRun, Source } from './services.ts';
import { TextRun } from './state.ts';
import type { EmbeddingAsk, LensColumn, Sampling, Step, TokenInfo, Want } from './types.ts';

/** Largest vocabulary for which every token comes with how it was drawn: that takes reading and sorting all logits. */
const MOST_DRAWN = 2 ** 14;

/** Layers' first choices in a lens. */
const LENS_BEST = 3;

/** Longest pause of typing before a prediction; none once predictions are quick. */
const TYPING_MS = 180;
const QUICK_MS = 20;

/** How often a screen reader hears the new text of a run. */
const SAY_MS = 5000;

export class ComputedRun extends TextRun implements LiveRun {
  pace: number | undefined = undefined;
  maxTokens = 120;
  readonly #host: () => Promise<HostClient>;
  readonly #candidates: number;
  readonly #models: string | undefined;
  #source: Source;
  #engineWanted: EnginePreference;
  #lane: HostLane | undefined;
  /** What the lane was opened from, and for which engine. */
  #answers: readonly [Source, EnginePreference] | undefined;
  #recording: RecordedRun | undefined;
  #opening: AbortController | undefined;
  #running: AbortController | undefined;
  #attention: 'focused' | 'visible' | 'hidden' = 'visible';
  /** A run was going on when the device was lost, and nobody has stopped it since. */
  #waits = false;
  /** The device is lost, and no other one is there yet. */
  #lost = false;
  /** Whatever is shown belongs to this text; replies to an earlier one are dropped. */
  #text = 0;
  #typing: ReturnType<typeof setTimeout> | undefined;
  /** Milliseconds of the last prediction. */
  #took = Infinity;
  /** Tokens to continue with once the model is open. */
  #pending: readonly number[] = [];
  /** Readings of the whole text that are on their way. */
  readonly #reading = new Map<Want, number>();

  constructor(host: () => Promise<HostClient>, options: LiveOptions & { readonly models?: string | undefined }) {
    super(options.prompt);
    this.#host = host;
    this.#source = options.source;
    this.#engineWanted = options.engine;
    this.#candidates = options.candidates;
    this.#models = options.models;
  }

  get source(): Source {
    return this.#source;
  }

  poster(file: RunFile): void {
    if (this.#lane) return;
    const recording = new RecordedRun(file);
    this.#recording = recording;
    this.prompt = file.prompt;
    this.recorded = file.date;
    this.model = recording.model;
    this.sampling = file.sampling;
    if (this.state === 'idle') this.state = 'poster';
    this.#mirror();
    this.touch('state', 'model', 'prompt', 'sampling');
  }

  /** Shows what the recording shows. */
  #mirror(): void {
    const recording = this.#recording!;
    this.promptTokens = recording.tokens.slice(0, recording.tokens.length - recording.steps.length);
    this.roads.clear(this.prompt);
    this.steps = [];
    for (const step of recording.steps) this.take(step);
    this.rows = [...(recording.attention?.rows ?? [])];
    this.columns = [...(recording.lens?.columns ?? [])];
    this.lensLayers = recording.lens?.layers ?? [];
    this.expect(recording.peek);
    this.touch('tokens', 'attention', 'lens');
  }

  async open(source = this.#source, engine = this.#engineWanted): Promise<void> {
    this.stop();
    this.#opening?.abort();
    const opening = (this.#opening = new AbortController());
    const another = source !== this.#source;
    this.#source = source;
    this.#engineWanted = engine;
    this.failure = undefined;
    this.progress = { phase: 'download', loaded: 0, total: 0 };
    this.to('loading');
    this.touch('progress', 'state');
    try {
      const host = await this.#host();
      const lane = await host.open(source, {
        engine,
        attention: this.#attention,
        warm: { candidates: this.#candidates },
        signal: opening.signal,
        ...(this.#models !== undefined && { models: this.#models }),
        onProgress: (progress) => {
          if (opening.signal.aborted) return;
          this.progress = { ...progress, total: progress.total ?? 0 };
          this.touch('progress');
        },
        onEngine: (event) => this.#engineChanged(event),
      } satisfies LaneOptions);
      if (opening.signal.aborted) return lane.close();
      await this.#opened(lane, another);
    } catch (error) {
      if (opening.signal.aborted) return;
      this.progress = undefined;
      this.fail('model', error);
      this.#stay();
      this.to(this.#lane ? 'ready' : 'failed');
      this.touch('progress');
    }
  }

  /** Nothing else was opened: what answered before still does. */
  #stay(): void {
    if (this.#answers) [this.#source, this.#engineWanted] = this.#answers;
  }

  async #opened(lane: HostLane, another: boolean): Promise<void> {
    const before = this.model;
    this.#lane?.close();
    this.#lane = lane;
    void lane.attend(this.#attention).catch(() => undefined); // it may have come into sight meanwhile
    this.#answers = [this.#source, this.#engineWanted];
    this.#recording = undefined;
    this.recorded = undefined;
    this.progress = undefined;
    this.model = lane.model;
    this.engine = lane.engine;
    // tokens mean the same to the same model, on any engine
    const same = !another && before?.identity === lane.model.identity;
    this.#text++;
    if (!same) {
      this.cutTo(0);
      this.roads.clear(this.prompt);
      this.forget();
      this.gates = [];
    } else await Promise.all(this.gates.map(({ layer, head }) => lane.gate(layer, head, 0)));
    this.to('ready');
    this.touch('state', 'model', 'engine', 'progress', 'tree', 'gates');
    await this.#tokenize(!same);
    // what comes next, before anything that loads more code or takes the engine's time
    const first = this.#pending.length ? this.restore(this.#pending) : this.#predict();
    void first.then(() => {
      if (lane !== this.#lane) return;
      this.#read();
      void this.#verify(lane);
    });
  }

  async #verify(lane: HostLane): Promise<void> {
    const verification = await lane.verify?.().catch(() => undefined);
    if (lane !== this.#lane || !verification) return;
    this.verification = verification;
    this.engine = lane.engine;
    this.touch('verification', 'engine');
  }

  cancel(): void {
    if (!this.#opening || this.state !== 'loading') return;
    this.#opening.abort();
    this.#opening = undefined;
    this.progress = undefined;
    this.#stay();
    this.to(this.#lane ? 'ready' : this.#recording ? 'poster' : 'idle');
    this.touch('progress');
  }

  #engineChanged(event: Exclude<LaneRecord, { kind: 'progress' | 'ready' }>): void {
    if (event.kind === 'lost') {
      this.#lost = true;
      this.#waits ||= this.state === 'running';
      return this.to('recovering');
    }
    this.#lost = false;
    this.engine = event.engine;
    if (!this.#running) this.#recovered(); // else with its next token: until then the text is read again
    this.touch('engine');
  }

  /** A prediction is no run. */
  #recovered(): void {
    if (this.state !== 'recovering' || this.#lost) return;
    this.to(this.#waits ? 'running' : 'ready');
    this.#waits = false;
  }

  /** The prompt's tokens, without their bits; `#read` brings those where they are wanted. */
  async #tokenize(again: boolean): Promise<void> {
    const [lane, text] = [this.#lane, this.#text];
    if (!lane) return;
    try {
      if (again || this.promptTokens.length === 0) {
        const tokens = await lane.tokens({ text: this.prompt });
        if (text !== this.#text) return;
        this.promptTokens = tokens.map((token) => promptToken(token));
        this.touch('tokens');
      }
    } catch (error) {
      if (text === this.#text) this.fail('prompt', error);
    }
  }

  protected override wanted(what: Want): void {
    if (what !== 'draw') this.#read();
  }

  /** Reads the whole text for what is wanted and not known: once per text, a row or column per token follows by itself. */
  #read(): void {
    const n = this.length;
    const known = {
      score: this.promptTokens.length < 2 || this.promptTokens.slice(1).every((token) => token.bits !== undefined),
      attention: this.rows.length >= n - 1,
      lens: this.columns.length >= n - 1,
    };
    for (const what of ['score', 'attention', 'lens'] as const)
      if (this.wants(what) && !known[what]) void this.#readOne(what);
  }

  async #readOne(what: 'score' | 'attention' | 'lens'): Promise<void> {
    const [lane, text] = [this.#lane, this.#text];
    if (!lane || this.length === 0 || this.#reading.get(what) === text) return;
    this.#reading.set(what, text);
    const prompt = { text: this.prompt, more: this.path };
    try {
      if (what === 'score') {
        const tokens = await lane.score({ text: this.prompt });
        if (text !== this.#text) return;
        this.promptTokens = tokens.map((token) => promptToken(token));
        this.touch('tokens');
      } else if (what === 'attention') {
        const { rows } = await lane.attention(prompt);
        if (text !== this.#text) return;
        this.rows = [...rows, ...this.rows.slice(rows.length)];
        this.touch('attention');
      } else {
        const lens = await lane.lens(prompt, LENS_BEST);
        if (text !== this.#text) return;
        this.lensLayers = lens.layers;
        const columns = lens.tokens.map((_, t): LensColumn => ({
          top: lens.top.map((row) => row[t]),
          actual: lens.actual.map((row) => row[t]),
        }));
        this.columns = [...columns, ...this.columns.slice(columns.length)];
        this.touch('lens');
      }
    } catch (error) {
      if (text === this.#text) this.fail(what, error);
    } finally {
      if (this.#reading.get(what) === text) this.#reading.delete(what);
    }
  }

  setPrompt(text: string): void {
    if (text === this.prompt) return;
    this.stop();
    this.#text++;
    this.prompt = text;
    this.promptTokens = [];
    this.steps = [];
    this.peek = undefined;
    this.cut = 0;
    this.failure = undefined;
    this.#recording = undefined;
    if (!this.#lane) this.recorded = undefined;
    this.roads.clear(text);
    this.forget();
    this.touch('prompt', 'steps', 'peek', 'tokens', 'tree');
    void this.#tokenize(true).then(() => this.#read());
    this.#soon();
  }

  setSampling(change: Partial<Sampling>): void {
    this.sampling = { ...this.sampling, ...change };
    this.touch('sampling');
    if (this.#isRunning()) return; // from the next run on
    this.#soon();
  }

  /** Predicts when typing has paused. */
  #soon(): void {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.predict(), this.#took < QUICK_MS ? 0 : TYPING_MS);
  }

  predict(): void {
    void this.#predict();
  }

  async #predict(): Promise<void> {
    if (!this.#lane || this.#isRunning()) return;
    await this.#generate(1, (step) => {
      this.expect(step);
      this.#read();
    });
  }

  async step(): Promise<void> {
    if (!this.#lane) return this.#replay((recording) => recording.step());
    if (this.#isRunning()) return;
    if (this.peek) {
      const step = this.peek; // the same seed and place draw the same token: it need not be computed again
      this.take(step);
      this.say(step.label);
    } else await this.#generate(1, (step) => this.take(step));
    this.predict();
  }

  async run(maxTokens = this.maxTokens): Promise<void> {
    if (!this.#lane) return this.#replay((recording) => recording.run(maxTokens));
    if (this.#isRunning()) return;
    this.stop();
    this.to('running');
    const from = this.steps.length;
    let said = performance.now();
    let heard = from;
    await this.#generate(maxTokens, (step) => {
      this.take(step);
      this.rate = this.#rateFrom(from);
      if (performance.now() - said < SAY_MS) return;
      this.say(
        this.steps
          .slice(heard)
          .map((s) => s.text)
          .join(''),
      );
      said = performance.now();
      heard = this.steps.length;
    });
    if (!this.#isRunning()) return; // another has begun, or it was stopped
    this.to('ready');
    this.say(this.prompt + this.steps.map((s) => s.text).join(''));
    this.predict();
  }

  /** A run goes on, or waits for a device. */
  #isRunning(): boolean {
    return this.state === 'running' || this.#waits;
  }

  #rateFrom(from: number): number {
    const run = this.steps.slice(from);
    const seconds = run.length > 1 ? run.at(-1)!.seconds - run[0].seconds : 0;
    return seconds > 0 ? (run.length - 1) / seconds : 0;
  }

  /** What a recording can do, before the model is there. */
  async #replay(act: (recording: RecordedRun) => Promise<void>): Promise<void> {
    const recording = this.#recording;
    if (!recording) return;
    const follow = () => this.#recording === recording && this.#mirror();
    recording.addEventListener('change', follow);
    await act(recording);
    recording.removeEventListener('change', follow);
    follow();
  }

  /** Up to `maxTokens` steps from here. Ends when another request begins or `stop` is called. */
  async #generate(maxTokens: number, each: (step: Step) => void): Promise<void> {
    const lane = this.#lane!;
    clearTimeout(this.#typing);
    this.#running?.abort();
    const running = (this.#running = new AbortController());
    const { signal } = running;
    const began = performance.now();
    const run = lane.generate(
      { text: this.prompt, more: this.path },
      {
        ...this.sampling,
        maxTokens,
        candidates: this.#candidates,
        draw: lane.model.vocab <= MOST_DRAWN,
        attention: this.wants('attention'),
        lens: this.wants('lens') ? LENS_BEST : 0,
        signal,
      },
    );
    try {
      let next = began;
      for (;;) {
        const { done, value } = await run.next();
        if (signal.aborted || done) break;
        this.#took = performance.now() - began;
        this.#receive(value, each);
        if (this.pace === undefined || maxTokens === 1) continue;
        next = Math.max(next + 1000 / this.pace, performance.now());
        await pause(next - performance.now(), signal);
      }
    } catch (error) {
      if (!signal.aborted) {
        this.fail('run', error);
        this.to(this.#lane ? 'ready' : 'failed');
      }
    } finally {
      if (this.#running === running) this.#running = undefined;
      this.#recovered();
      await run.return(undefined as never).catch(() => undefined);
    }
  }

  #receive(record: RunRecord, each: (step: Step) => void): void {
    if (record.kind === 'token') {
      this.#recovered();
      return each(stepOf(record.token));
    }
    const cut = record.cut?.tokens ?? 0;
    if (cut === this.cut) return;
    this.cut = cut;
    this.touch('prompt');
  }

  stop(): void {
    clearTimeout(this.#typing);
    this.#running?.abort();
    this.#running = undefined;
    if (this.#recording?.state === 'running') this.#recording.stop();
    if (!this.#isRunning() && this.state !== 'paused') return;
    if (this.#waits) this.#waits = false; // still recovering; then it stays where it is
    else this.to('ready');
    this.say(this.prompt + this.steps.map((s) => s.text).join(''));
    if (this.steps.length && !this.peek) this.#soon();
  }

  reset(): void {
    this.stop();
    this.#text++;
    if (this.#recording) this.#recording.reset();
    this.cutTo(0);
    if (this.#recording) this.#mirror();
    else this.predict();
  }

  async pick(token: number, position = this.length): Promise<void> {
    const lane = this.#lane;
    if (!lane) return this.#replay((recording) => recording.pick(token, position));
    const n = position - this.promptTokens.length;
    const from = this.steps[n] ?? this.peek;
    if (n < 0 || !from || from.position !== position) return;
    this.stop();
    const text = ++this.#text;
    this.cutTo(n);
    const known = from.candidates.find((c) => c.token === token);
    try {
      const spelled = (await lane.tokens({ text: this.prompt, more: [...this.path, token] })).at(-1)!;
      const texts = await lane.spell({ text: this.prompt, more: [...this.path, token] });
      if (text !== this.#text) return;
      this.take({
        ...from,
        token,
        text: texts.at(-1) ?? '',
        label: spelled.text,
        bytes: spelled.bytes,
        probability: known?.probability,
        rank: known && from.candidates.indexOf(known),
        by: token === from.token && from.by !== 'you' ? from.by : 'you',
        lens: undefined, // its column told of another token
      });
      this.predict();
    } catch (error) {
      if (text === this.#text) this.fail('pick', error);
    }
  }

  async restore(tokens: readonly number[]): Promise<void> {
    this.#pending = tokens;
    const [lane, text] = [this.#lane, ++this.#text];
    if (!lane) return; // once it is open
    this.stop();
    this.#pending = [];
    this.cutTo(0);
    try {
      await this.#tokenize(this.promptTokens.length === 0);
      const scored = await lane.score({ text: this.prompt, more: tokens });
      const spelled = await lane.spell({ text: this.prompt, more: tokens });
      if (text !== this.#text) return;
      tokens.forEach((token, i) =>
        this.take(restoredStep(scored[scored.length - tokens.length + i], token, spelled[i], this.length)),
      );
      this.#read();
      this.predict();
    } catch (error) {
      if (text === this.#text) this.fail('restore', error);
    }
  }

  async goTo(path: readonly number[]): Promise<void> {
    if (!this.#lane) return this.#replay((recording) => recording.goTo(path));
    this.stop();
    let at = 0;
    while (at < path.length && this.steps[at]?.token === path[at]) at++;
    this.#text++;
    this.cutTo(at);
    for (; at < path.length; at++) {
      const step = this.roads.at(path.slice(0, at + 1))?.step;
      if (!step) break;
      this.take(step);
    }
    // a candidate that nobody took yet is one now
    if (at === path.length - 1) {
      await this.#generate(1, (step) => this.expect(step));
      if (this.peek) return this.pick(path[at]);
    }
    this.predict();
  }

  async gate(layer: number, head: number | undefined, value: 0 | 1): Promise<void> {
    if (!this.#lane) return this.#recording?.gate();
    await this.#lane.gate(layer, head, value);
    const others = this.gates.filter((g) => g.layer !== layer || g.head !== head);
    this.gates = value === 0 ? [...others, { layer, head }] : others;
    this.#text++;
    this.forget(); // another model reads the text
    this.promptTokens = this.promptTokens.map(({ bits: _bits, ...token }) => token);
    this.touch('gates', 'tokens');
    this.predict();
  }

  attend(attention: 'focused' | 'visible' | 'hidden'): void {
    this.#attention = attention;
    void this.#lane?.attend(attention).catch(() => undefined);
  }

  #open(): HostLane {
    if (!this.#lane) throw new NeedsModelError('this', 'it is not loaded yet');
    return this.#lane;
  }

  async row(layer: number, head: number, query: number) {
    const lane = this.#open();
    await lane.attention({ text: this.prompt, more: this.path }); // the exact rows of this very text
    return lane.attentionRow(layer, head, query);
  }

  async score(text: string): Promise<readonly TokenInfo[]> {
    return (await this.#open().score({ text })).map((token) => promptToken(token));
  }

  record(): RunFile {
    const { model, engine, prompt, sampling, promptTokens: tokens, steps, peek, attention, lens } = this;
    if (!model || !engine) throw new NeedsModelError('a recording', 'it is not loaded yet');
    const name = typeof this.#source === 'string' ? this.#source : model.identity;
    const { title, identity, parameters, context, vocab, layers, heads, width, bytes } = model;
    return {
      schema: SCHEMA,
      version: 1,
      date: new Date().toISOString(),
      model: { title, name, identity, parameters, context, vocab, layers, heads, width, bytes },
      engine: { kind: engine.kind, name: engine.why },
      prompt,
      sampling,
      tokens,
      steps,
      ...(peek && { peek }),
      ...(attention && { attention }),
      ...(lens && { lens }),
    };
  }

  embedding(ask: EmbeddingAsk) {
    return this.#open().embedding(ask);
  }
  async merges(text: string) {
    return this.#open().merges(text);
  }
  async neighbours(token: number, near: number) {
    return this.#open().neighbours(token, near);
  }
  words(texts: readonly [string, string], word: string) {
    return this.#open().words(texts, word);
  }
  async plan() {
    return this.#open().plan();
  }
  async kernel(index: number) {
    return this.#open().kernel(index);
  }
  async trace() {
    return this.#open().trace({ text: this.prompt, more: this.path });
  }
  async taps(names: readonly string[]) {
    return this.#open().taps({ text: this.prompt, more: this.path }, names);
  }
  async device() {
    return this.#open().device();
  }
  verify(): Promise<void> {
    return this.#verify(this.#open());
  }

  close(): void {
    this.stop();
    this.#opening?.abort();
    this.#lane?.close();
    this.#lane = undefined;
  }
}

/** A token that was set before: how it was drawn is not known any more. */
const restoredStep = (
  { text: label, bytes, logProbability }: ScoredToken,
  token: number,
  text: string,
  position: number,
): Step => ({
  position,
  token,
  text,
  label,
  bytes,
  candidates: [],
  probability: logProbability === undefined ? undefined : Math.exp(logProbability),
  rank: undefined,
  draw: undefined,
  by: 'draw',
  seconds: 0,
});

const promptToken = ({ token, text, bytes, from, to, logProbability }: ScoredToken): TokenInfo => ({
  id: token,
  text,
  bytes,
  from,
  to,
  by: 'prompt',
  ...(logProbability !== undefined && { bits: -logProbability / Math.LN2 }),
});

function stepOf({ taps, draw, ...token }: GeneratedToken): Step {
  return {
    ...token,
    probability: token.probability,
    rank: token.rank,
    draw,
    by: draw?.by ?? 'draw',
    ...(Object.keys(taps).length > 0 && { taps }),
  };
}

/** Waits, or until the signal is aborted. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
