/**
 * A client of the host, on the page's side: lanes and trainings as objects. `openHost` (open_host.ts) gives one.
 */
import type { CachedFile } from '../files/download.ts';
import type { EnginePreference } from '../session/choose_engine.ts';
import { Channel } from './channel.ts';
import { HostError } from './errors.ts';
import { type HostLane, Lane, type LaneOptions } from './lane_client.ts';
import type { PlaceReason } from './refusal.ts';
import type { HostRequests, HostSource, OpenAsk, SentSource, TrainAsk, TrainingRecord } from './protocol.ts';

export type { HostLane, LaneOptions };

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
  /** The same as data; undefined for a worker. */
  readonly reason?: PlaceReason | undefined;
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
