/** A run out of a file: it steps and runs along what was recorded, and says where a model is needed. */
import type { AttentionRow } from '../session/attention.ts';
import { type RunFile, SCHEMA } from './recording.ts';
import { TextRun } from './state.ts';
import type { Sampling, Step } from './types.ts';

/** Tokens per second of a replay. */
const PACE = 8;

/** What a recording cannot do. */
export class NeedsModelError extends Error {
  override readonly name = 'NeedsModelError';

  constructor(what: string, why = 'this is a recording') {
    super(`${what} needs the model: ${why}`);
  }
}

const needs = (what: string) => Promise.reject(new NeedsModelError(what));

export class RecordedRun extends TextRun {
  readonly file: RunFile;
  #playing = 0;

  /** `shown`: how many of its steps are there at the beginning. Default: all. */
  constructor(file: RunFile, shown = file.steps.length) {
    super(file.prompt);
    this.file = file;
    const { model, engine, date, sampling, tokens } = file;
    this.state = 'ready';
    this.recorded = date;
    this.model = { ...model, fromCache: false, notes: [] };
    this.engine = { kind: engine.kind, why: engine.name } as RunFile['engine'] & TextRun['engine'];
    this.sampling = sampling;
    this.promptTokens = tokens.map((token) => ({ ...token, by: 'prompt' }));
    this.lensLayers = file.lens?.layers ?? [];
    this.#show(shown);
  }

  /** The next recorded step, if the text is still the recorded one. */
  get coming(): Step | undefined {
    const { file, steps } = this;
    const n = steps.length;
    if (!steps.every((step, i) => step.token === file.steps[i]?.token)) return undefined;
    return file.steps[n] ?? (n === file.steps.length ? file.peek : undefined);
  }

  #show(n: number): void {
    this.cutTo(0);
    for (const step of this.file.steps.slice(0, n)) this.take(step);
    this.#know();
  }

  /** Pictures are recorded as a whole; of them, what belongs to the text so far. */
  #know(): void {
    const { attention, lens } = this.file;
    this.rows = attention?.rows.slice(0, this.length) ?? [];
    this.columns = lens?.columns.slice(0, this.length) ?? [];
    this.touch('attention', 'lens');
    this.expect(this.coming);
  }

  setPrompt(): void {
    this.fail('prompt', new NeedsModelError('another text'));
  }
  setSampling(_change: Partial<Sampling>): void {
    this.fail('sampling', new NeedsModelError('another draw'));
  }
  predict(): void {
    this.expect(this.coming);
  }

  async step(): Promise<void> {
    if (this.steps.length === this.file.steps.length) return this.#show(0); // from the beginning again
    const next = this.coming;
    if (!next) return;
    this.take(next);
    this.#know();
    this.say(next.label);
  }

  async run(maxTokens = this.file.steps.length): Promise<void> {
    const mine = ++this.#playing;
    this.to('running');
    if (this.steps.length === this.file.steps.length) this.#show(0);
    for (let n = 0; n < maxTokens && mine === this.#playing && this.steps.length < this.file.steps.length; n++) {
      await this.step();
      await new Promise((resolve) => setTimeout(resolve, 1000 / PACE));
    }
    if (mine === this.#playing) this.stop();
  }

  stop(): void {
    this.#playing++;
    this.to('ready');
    this.say(this.steps.map((step) => step.text).join(''));
  }

  reset(): void {
    this.stop();
    this.#show(0);
  }

  async pick(token: number, position = this.length): Promise<void> {
    const n = position - this.promptTokens.length;
    if (this.file.steps[n]?.token !== token) throw new NeedsModelError('another road');
    this.#show(n + 1);
  }

  async goTo(path: readonly number[]): Promise<void> {
    if (!path.every((token, i) => this.file.steps[i]?.token === token)) throw new NeedsModelError('another road');
    this.#show(path.length);
  }

  gate(): Promise<void> {
    return needs('switching a head off');
  }
  row(): Promise<AttentionRow> {
    return needs('an exact number');
  }
  score(): Promise<never> {
    return needs('another text');
  }
  embedding(): Promise<never> {
    return needs('a map of tokens');
  }
  merges(): Promise<never> {
    return needs('how words were put together');
  }
  neighbours(): Promise<never> {
    return needs('what is near a token');
  }
  words(): Promise<never> {
    return needs('a word in two texts');
  }
  plan(): Promise<never> {
    return needs('the plan');
  }
  kernel(): Promise<never> {
    return needs('a kernel');
  }
  async trace() {
    return this.file.trace ?? needs('a trace');
  }
  taps(): Promise<never> {
    return needs('an activation');
  }
  device(): Promise<never> {
    return needs('what the engine holds');
  }
  verify(): Promise<never> {
    return needs('a check');
  }
}

/** The run in a file's text, or in what `JSON.parse` made of it. Throws RunFileError. */
export const replayed = async (file: unknown): Promise<RecordedRun> =>
  new RecordedRun((await import('./file.ts')).readRunFile(file));

/** A recorded run at an address. Throws RunFileError, or what `fetch` throws. */
export async function fetchRun(address: string, signal?: AbortSignal): Promise<RecordedRun> {
  const response = await fetch(address, signal ? { signal } : {});
  if (!response.ok) throw new Error(`${address}: the server answered ${response.status}`);
  return replayed(await response.text());
}

/**
 * The recording that lies beside a shipped model, which the package's tests have read: a visitor need not wait for what checks files of
 * others. Undefined when it is of another version.
 */
export async function shippedRecording(json: unknown): Promise<RunFile | undefined> {
  const file = json as RunFile;
  if (file.schema !== SCHEMA || (file.version as number) !== 1) return undefined;
  if (file.attention) return (await import('./file.ts')).readRunFile(json); // its rows are text
  const { lens } = file;
  if (!lens) return file;
  // JSON has no NaN: it stands as null
  const columns = lens.columns.map(({ top, actual }) => ({ top, actual: actual.map((p: number | null) => p ?? NaN) }));
  return { ...file, lens: { ...lens, columns } };
}
