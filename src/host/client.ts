/**
 * A client of the host, on the page's side: lanes and trainings as objects. `openHost` (open_host.ts) gives one.
 */
import type { CachedFile } from '../files/download.ts';
import type { AttentionRow } from '../session/attention.ts';
import type { Lens, ScoredToken } from '../session/records.ts';
import type { ModelOptions } from '../session/model.ts';
import type { OpenProgress } from '../session/open_model.ts';
import type { EnginePreference } from '../session/choose_engine.ts';
import { Channel } from './channel.ts';
import { HostError } from './errors.ts';
import type {
  AttentionOverview,
  EngineReport,
  HostRequests,
  HostSource,
  LaneRecord,
  ModelReport,
  OpenAsk,
  Prompt,
  RunEnd,
  RunOptions,
  RunRecord,
  SentSource,
  TrainAsk,
  TrainingRecord,
} from './protocol.ts';
import type { Attention } from './schedule.ts';

export interface LaneOptions extends Pick<ModelOptions, 'context' | 'storage'> {
  /** Default: 'auto', a real GPU if there is one, else WebAssembly. */
  readonly engine?: EnginePreference;
  /** Address of the shipped models, ending in `/`. Default: beside the package's code. */
  readonly models?: string | URL;
  readonly attention?: Attention;
  /** What the first run will ask for, so that it need not wait for a compiler. */
  readonly warm?: OpenAsk['warm'];
  /** Cancels opening; once a lane is open, `close` closes it. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: OpenProgress) => void;
  /** A device was lost during a run, and another has replaced it. */
  readonly onEngine?: (event: Exclude<LaneRecord, { kind: 'progress' | 'ready' }>) => void;
}

/** A text on a model. */
export interface HostLane {
  readonly model: ModelReport;
  /** What runs it; another one after a device was lost. */
  readonly engine: EngineReport;
  /** Records of a run. Leave the loop or abort the signal to end it. */
  generate(
    prompt: Prompt,
    options?: RunOptions & { readonly signal?: AbortSignal },
  ): AsyncGenerator<RunRecord, RunEnd, void>;
  /** The text that each of `prompt.more` adds. */
  spell(prompt: Prompt): Promise<readonly string[]>;
  /** The tokens of a text, without running the model. */
  tokens(prompt: Prompt): Promise<readonly ScoredToken[]>;
  /** How probable the model finds each token of a text. */
  score(prompt: Prompt, signal?: AbortSignal): Promise<readonly ScoredToken[]>;
  /** What each layer would have said, `best` tokens per position. Default: 3. */
  lens(prompt: Prompt, best?: number, signal?: AbortSignal): Promise<Lens>;
  /** Which tokens attend to which, in bytes; `attentionRow` gives the exact numbers of this text until another is read. */
  attention(prompt: Prompt, signal?: AbortSignal): Promise<AttentionOverview>;
  attentionRow(layer: number, head: number, query: number): Promise<AttentionRow>;
  /** Scales a head, or without `head` a layer's MLP: 0 switches it off, 1 is as trained. */
  gate(layer: number, head: number | undefined, value: number): Promise<void>;
  /** The plan of one token as a table. */
  describe(): Promise<string>;
  attend(attention: Attention): Promise<void>;
  close(): void;
}

/** A training: its records, which can be read once, and what can be done meanwhile. */
export interface HostTrainingLane {
  /** Can be read once. Training runs no further ahead than they are read. */
  readonly records: AsyncGenerator<TrainingRecord, void, void>;
  /** For `open`, from the first checkpoint on. */
  readonly source: HostSource;
  pause(paused: boolean): Promise<void>;
  /** Ends after the current step; what was learned stays until `close`. */
  stop(): Promise<void>;
  /** A safetensors file with configuration and tokenizer. */
  save(): Promise<Uint8Array<ArrayBuffer>>;
  close(): void;
}

/** Where the host computes. */
export interface HostPlace {
  readonly thread: 'worker' | 'page';
  /** Why not in a worker; '' for one. */
  readonly why: string;
}

export class HostClient {
  readonly place: HostPlace;
  readonly #channel: Channel<HostRequests>;

  constructor(place: HostPlace, channel: Channel<HostRequests>) {
    this.place = place;
    this.#channel = channel;
  }

  /**
   * A lane on a model, which is loaded and placed once for all lanes. Throws what `openModel` throws, and GpuUnavailableError when a GPU
   * is requested and there is none.
   */
  async open(source: HostSource | URL, options: LaneOptions = {}): Promise<HostLane> {
    const { engine = 'auto', models, attention = 'visible', warm = {}, context, storage, signal } = options;
    const life = new AbortController();
    const leave = () => life.abort(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', leave);
    const ask: OpenAsk = {
      source: sentSource(source),
      engine,
      attention,
      warm,
      context,
      storage,
      models: models === undefined ? undefined : String(models),
    };
    const records = this.#channel.stream('open', ask, { signal: life.signal });
    try {
      for (;;) {
        const { done, value } = await records.next();
        if (done) throw new HostError('the host closed the model before it was open');
        if (value.kind === 'progress') options.onProgress?.(value);
        if (value.kind === 'ready') return new Lane(this.#channel, value, records, life, options.onEngine);
      }
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  }

  /** Trains a model on a text. Takes turns with the lanes. */
  async train(ask: Omit<TrainAsk, 'engine'> & { readonly engine?: EnginePreference }): Promise<HostTrainingLane> {
    const life = new AbortController();
    const records = this.#channel.stream('train', { engine: 'auto', ...ask }, { signal: life.signal });
    const first = await records.next();
    if (first.done || first.value.kind !== 'prepared') throw new HostError('the host did not begin to train');
    return new Training(this.#channel, first.value, records, life);
  }

  /** Files that this browser keeps. */
  cached(): Promise<readonly CachedFile[]> {
    return this.#channel.call('cache-list', undefined);
  }

  /** Forgets one address, or all. */
  clearCache(url?: string): Promise<void> {
    return this.#channel.call('cache-clear', url === undefined ? {} : { url });
  }

  /** Ends everything this client has open; the worker stays for others. */
  close(): void {
    this.#channel.close(new HostError('this client is closed; open the host again'));
  }
}

class Lane implements HostLane {
  readonly model: ModelReport;
  engine: EngineReport;
  readonly #channel: Channel<HostRequests>;
  readonly #number: number;
  readonly #life: AbortController;

  constructor(
    channel: Channel<HostRequests>,
    ready: LaneRecord & { kind: 'ready' },
    records: AsyncGenerator<LaneRecord, void, void>,
    life: AbortController,
    onEngine: LaneOptions['onEngine'],
  ) {
    this.model = ready.model;
    this.engine = ready.engine;
    this.#channel = channel;
    this.#number = ready.lane;
    this.#life = life;
    void this.#follow(records, onEngine);
  }

  async #follow(records: AsyncGenerator<LaneRecord, void, void>, onEngine: LaneOptions['onEngine']): Promise<void> {
    try {
      for await (const record of records) {
        if (record.kind === 'recovered') this.engine = record.engine;
        if (record.kind === 'recovered' || record.kind === 'lost') onEngine?.(record);
      }
    } catch {
      // closed, or the host has gone, which every request says
    }
  }

  generate(
    prompt: Prompt,
    { signal, ...options }: RunOptions & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<RunRecord, RunEnd, void> {
    return this.#channel.stream('generate', { lane: this.#number, prompt, options }, { signal });
  }

  spell(prompt: Prompt): Promise<readonly string[]> {
    return this.#channel.call('spell', { lane: this.#number, prompt });
  }

  tokens(prompt: Prompt): Promise<readonly ScoredToken[]> {
    return this.#channel.call('tokens', { lane: this.#number, prompt });
  }

  score(prompt: Prompt, signal?: AbortSignal): Promise<readonly ScoredToken[]> {
    return this.#channel.call('score', { lane: this.#number, prompt }, { signal });
  }

  lens(prompt: Prompt, best = 3, signal?: AbortSignal): Promise<Lens> {
    return this.#channel.call('lens', { lane: this.#number, prompt, best }, { signal });
  }

  attention(prompt: Prompt, signal?: AbortSignal): Promise<AttentionOverview> {
    return this.#channel.call('attention', { lane: this.#number, prompt }, { signal });
  }

  attentionRow(layer: number, head: number, query: number): Promise<AttentionRow> {
    return this.#channel.call('attention-row', { lane: this.#number, layer, head, query });
  }

  gate(layer: number, head: number | undefined, value: number): Promise<void> {
    return this.#channel.call('gate', { lane: this.#number, layer, head, value });
  }

  describe(): Promise<string> {
    return this.#channel.call('describe', { lane: this.#number });
  }

  attend(attention: Attention): Promise<void> {
    return this.#channel.call('attend', { lane: this.#number, attention });
  }

  close(): void {
    this.#life.abort();
  }
}

class Training implements HostTrainingLane {
  readonly records: AsyncGenerator<TrainingRecord, void, void>;
  readonly source: { readonly training: number };
  readonly #channel: Channel<HostRequests>;
  readonly #life: AbortController;

  constructor(
    channel: Channel<HostRequests>,
    prepared: TrainingRecord & { kind: 'prepared' },
    records: AsyncGenerator<TrainingRecord, void, void>,
    life: AbortController,
  ) {
    this.source = { training: prepared.training };
    this.records = recordsOf(prepared, records, life.signal);
    this.#channel = channel;
    this.#life = life;
  }

  pause(paused: boolean): Promise<void> {
    return this.#channel.call('train-pause', { ...this.source, paused });
  }

  stop(): Promise<void> {
    return this.#channel.call('train-stop', this.source);
  }

  save(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#channel.call('train-save', this.source);
  }

  close(): void {
    this.#life.abort();
  }
}

/** The records up to the end. Leaving the loop keeps what was learned; `close` discards it and ends them without an error. */
async function* recordsOf(
  first: TrainingRecord,
  rest: AsyncGenerator<TrainingRecord, void, void>,
  signal: AbortSignal,
): AsyncGenerator<TrainingRecord, void, void> {
  yield first;
  try {
    for (;;) {
      const { done, value } = await rest.next();
      if (done) return;
      yield value;
      if (value.kind === 'end') return;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A source as it crosses a port, with addresses that do not start from the worker's. */
function sentSource(source: HostSource | URL): SentSource {
  if (source instanceof URL) return source.href;
  if (typeof source !== 'string')
    return 'training' in source
      ? source
      : source.map((file) => ({ name: file.name, path: file.webkitRelativePath || file.name, content: file }));
  const relative = /^\.{0,2}\//.test(source) && typeof document !== 'undefined';
  return relative ? new URL(source, document.baseURI).href : source;
}
