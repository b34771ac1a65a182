/**
 * START READING HERE: what a page's worker owns. Engines, one of each kind; models, one for all requests for the same files; lanes, one
 * for each text; trainings. Requests come through ports (protocol.ts), one port for each client.
 */
import { cacheClear, cacheList } from '../files/download.ts';
import { completeOps } from '../kernels/complete.ts';
import { parameterCount } from '../model/layout.ts';
import { ClosedError, DeviceLostError, OutOfMemoryError } from '../plan/errors.ts';
import { chosen, type EngineOptions, type EnginePreference } from '../session/choose_engine.ts';
import type { LoadedModel } from '../session/load.ts';
import { loadSource, type OpenOptions, type OpenProgress } from '../session/open_model.ts';
import type { EngineReason } from '../session/reason.ts';
import { move, type Port, serve } from './channel.ts';
import { Engines } from './engines.ts';
import { Feed } from './feed.ts';
import { identityOf } from './identity.ts';
import { Lane } from './lane.ts';
import { Placement } from './placement.ts';
import type { HostRequests, LaneRecord, ModelReport, OpenAsk, SentFile } from './protocol.ts';
import { reportEngine } from './report.ts';
import { Schedule } from './schedule.ts';
import { type Share, Shared } from './shared.ts';
import type { HostTraining } from './training.ts';

export interface HostSettings extends EngineOptions {
  /** `fetch` and the cache of downloads. Default: those of the worker. */
  readonly download?: OpenOptions['download'];
  /** Kernel texts that replace shipped ones in every lane. */
  readonly variants?: OpenOptions['variants'];
}

/** Devices that may be lost while a model opens before it moves to the CPU. */
const MOST_LOST = 3;

/** A lane and what it holds. */
interface Opened {
  readonly lane: Lane;
  readonly reason: EngineReason;
  close(): Promise<void>;
}

export class Host {
  readonly #settings: HostSettings;
  readonly #engines: Engines;
  readonly #schedule = new Schedule();
  /** Files already read, by identity. */
  readonly #models = new Shared<LoadedModel, OpenProgress>();
  /** Weights in device memory, by identity, kind of engine and storage. */
  readonly #placements = new Shared<Placement>((placement) => placement.close());
  readonly #lanes = new Map<number, Lane>();
  readonly #trainings = new Map<number, HostTraining>();
  #next = 1;

  constructor(settings: HostSettings = {}) {
    this.#settings = settings;
    this.#engines = new Engines(settings);
  }

  /** Answers a client. Returns a function that ends everything the client has open. */
  serve(port: Port): () => void {
    return serve<HostRequests>(port, {
      open: (ask, signal) => this.#open(ask, signal),
      generate: (ask, signal) => this.#lane(ask.lane).generate(ask, signal),
      spell: async ({ lane, prompt }) => this.#lane(lane).spell(prompt),
      tokens: async ({ lane, prompt }) => this.#lane(lane).tokens(prompt),
      score: ({ lane, prompt }, signal) => this.#lane(lane).score(prompt, signal),
      lens: ({ lane, prompt, best }, signal) => this.#lane(lane).lens(prompt, best, signal),
      attention: async ({ lane, prompt }, signal) =>
        (await import('./lane_views.ts')).attentionOf(this.#lane(lane), prompt, signal),
      'attention-row': async ({ lane, layer, head, query }, signal) =>
        (await import('./lane_views.ts')).attentionRow(this.#lane(lane), layer, head, query, signal),
      gate: async ({ lane, layer, head, value }) => this.#lane(lane).model.gate(layer, head, value),
      taps: async ({ lane, prompt, names }, signal) =>
        (await import('./lane_views.ts')).taps(this.#lane(lane), prompt, names, signal),
      embedding: async ({ lane, ask }, signal) =>
        (await import('./lane_views.ts')).embedding(this.#lane(lane), ask, signal),
      merges: async ({ lane, text }) => (await import('./lane_views.ts')).merges(this.#lane(lane), text),
      neighbours: async ({ lane, token, near }, signal) =>
        (await import('./lane_views.ts')).neighbours(this.#lane(lane), token, near, signal),
      project: async ({ vectors, dim }, signal) =>
        (await import('./lane_views.ts')).projectVectors(vectors, dim, signal),
      words: async ({ lane, texts, word }, signal) =>
        (await import('./lane_views.ts')).words(this.#lane(lane), texts, word, signal),
      verify: async ({ lane }, signal) => {
        const verified = this.#lane(lane);
        const verification = await (await import('./lane_views.ts')).verify(verified, signal);
        return { verification, engine: reportEngine(verified.model) };
      },
      describe: async ({ lane }) => this.#lane(lane).model.describe(),
      plan: async ({ lane }) => (await import('./lane_views.ts')).plan(this.#lane(lane)),
      kernel: async ({ lane, index }) => (await import('./lane_views.ts')).kernel(this.#lane(lane), index),
      trace: async ({ lane, prompt }, signal) =>
        (await import('./lane_views.ts')).trace(this.#lane(lane), prompt, signal),
      device: async ({ lane }) => ({
        ...(await (await import('./lane_views.ts')).device(this.#lane(lane))),
        losses: this.#engines.losses,
      }),
      attend: async ({ lane, attention }) => this.#schedule.attend(this.#lane(lane), attention),
      train: (ask, signal) => this.#train(ask, signal),
      'train-pause': async ({ training, paused }) => this.#training(training).pause(paused),
      'train-stop': async ({ training }) => this.#training(training).stop(),
      'train-save': async ({ training }) => {
        const file = this.#training(training).save();
        return move(file, [file.buffer]);
      },
      'cache-list': () => cacheList(),
      'cache-clear': ({ url }) => cacheClear(url),
    });
  }

  #lane(number: number): Lane {
    const lane = this.#lanes.get(number);
    if (!lane) throw new ClosedError(`lane ${number} is closed; open the model again`);
    return lane;
  }

  #training(number: number): HostTraining {
    const training = this.#trainings.get(number);
    if (!training) throw new ClosedError(`training ${number} is forgotten; train again`);
    return training;
  }

  /** Opens a lane, reports on it until nobody wants it any more, and closes it. */
  async *#open(ask: OpenAsk, signal: AbortSignal): AsyncGenerator<LaneRecord, void, void> {
    const feed = new Feed<LaneRecord>(signal);
    const number = this.#next++;
    const opening = this.#ready(ask, signal, feed, number);
    opening.catch((error: unknown) => feed.fail(error));
    try {
      yield* feed.drain();
    } finally {
      this.#lanes.delete(number);
      await opening.then(
        (opened) => opened.close(),
        () => undefined, // it has closed what it had opened
      );
    }
  }

  async #ready(ask: OpenAsk, signal: AbortSignal, feed: Feed<LaneRecord>, number: number): Promise<Opened> {
    const { source, models } = ask;
    const progress = (record: OpenProgress) =>
      feed.push({ kind: 'progress', ...record }, (last) => last.kind === 'progress');
    const own = isTrained(source) ? this.#training(source.training) : undefined;
    const identity = isTrained(source)
      ? `training ${source.training}, step ${own!.step}`
      : await identityOf(source, models);
    const load = async (until: AbortSignal, onProgress: (record: OpenProgress) => void) =>
      own?.model() ??
      loadSource(sourceOf(source), {
        ...this.#settings,
        // who cancels wants nothing of it; what a closed page leaves is resumed
        download: { ...this.#settings.download, discard: true },
        models,
        signal: until,
        onProgress,
      });
    const files = await this.#models.take(identity, signal, load, progress);
    try {
      const { bytes } = files.value;
      progress({ phase: 'engine', loaded: bytes, total: bytes });
      const opened = await this.#place(ask, identity, files, signal, feed);
      this.#lanes.set(number, opened.lane);
      const { lane, reason } = opened;
      const engine = reportEngine(chosen(lane.model.engine, reason));
      feed.push({ kind: 'ready', lane: number, model: reportModel(identity, files.value, lane), engine });
      return opened;
    } catch (error) {
      files.release();
      throw error;
    }
  }

  /** A lane on an engine that can hold it: another one when the device is lost meanwhile, or is too small and was the host's choice. */
  async #place(
    ask: OpenAsk,
    identity: string,
    files: Share<LoadedModel>,
    signal: AbortSignal,
    feed: Feed<LaneRecord>,
  ): Promise<Opened> {
    let { engine: preference } = ask;
    let because: EngineReason | undefined;
    for (let lost = 1; ; lost++) {
      try {
        return await this.#openLane({ ...ask, engine: preference }, because, identity, files, signal, feed);
      } catch (error) {
        signal.throwIfAborted();
        const tooLarge = error instanceof OutOfMemoryError && preference === 'auto';
        if (!tooLarge && !(error instanceof DeviceLostError)) throw error;
        if (!tooLarge && lost < MOST_LOST) continue;
        preference = 'cpu';
        because = tooLarge ? { code: 'memory', detail: error.message } : { code: 'lost-opening', times: lost };
      }
    }
  }

  async #openLane(
    ask: OpenAsk & { readonly engine: EnginePreference },
    because: EngineReason | undefined,
    identity: string,
    files: Share<LoadedModel>,
    signal: AbortSignal,
    feed: Feed<LaneRecord>,
  ): Promise<Opened> {
    const engines = this.#engines;
    const { engine: preference, context, storage, attention, warm } = ask;
    const seat = await engines.take(preference);
    const kind = seat.engine.facts.engine;
    const reason = because ?? seat.reason;
    let placement: Share<Placement>;
    try {
      placement = await this.#placed(identity, preference, storage, files.value, signal, kind);
    } finally {
      engines.release(seat); // the placement has its own
    }
    let lane: Lane;
    try {
      lane = new Lane(placement.value, {
        reason,
        context,
        attention,
        schedule: this.#schedule,
        variants: this.#settings.variants,
        elsewhere: async (other, stored) => this.#placed(identity, other, stored, files.value, signal),
        onToken: () => engines.worked(),
        onLost: () => feed.push({ kind: 'lost', reason: 'the GPU device was lost' }),
        onRecover: (now, seconds) => feed.push({ kind: 'recovered', engine: reportEngine(now), seconds }),
      });
    } catch (error) {
      placement.release();
      throw error;
    }
    const close = async () => {
      await lane.close();
      placement.release();
    };
    try {
      const { bytes } = files.value;
      feed.push({ kind: 'progress', phase: 'compile', loaded: bytes, total: bytes });
      await Promise.all([lane.model.warm(warm), placement.value.weights.ready]);
      signal.throwIfAborted();
    } catch (error) {
      await close();
      throw error;
    }
    const closeAll = async () => {
      await close();
      files.release();
    };
    return { lane, reason, close: closeAll };
  }

  /** The model's weights on an engine, shared by all lanes that want them there. */
  #placed(
    identity: string,
    preference: EnginePreference,
    storage: OpenAsk['storage'],
    files: LoadedModel,
    signal: AbortSignal,
    kind: string = preference,
  ): Promise<Share<Placement>> {
    const make = async () => new Placement(this.#engines, await this.#engines.take(preference), files, storage);
    return this.#placements.take(`${identity} ${kind} ${storage ?? ''}`, signal, make);
  }

  async *#train(
    ask: HostRequests['train']['ask'],
    signal: AbortSignal,
  ): AsyncGenerator<HostRequests['train']['record'], void, void> {
    // loaded by whoever trains: a page that only generates does not fetch it
    const [{ HostTraining }] = await Promise.all([import('./training.ts'), completeOps()]);
    const earlier = ask.resume === undefined ? undefined : this.#training(ask.resume);
    const training = new HostTraining(this.#next++, this.#engines, this.#schedule, earlier);
    this.#trainings.set(training.id, training);
    try {
      yield* training.run(ask, signal);
    } finally {
      this.#trainings.delete(training.id);
    }
  }
}

/** A source as `openModel` takes it. */
function sourceOf(source: OpenAsk['source']): string | File[] {
  if (typeof source === 'string') return source;
  const files = source as readonly SentFile[];
  return files.map(({ name, path, content }) =>
    Object.defineProperty(new File([content], name), 'webkitRelativePath', { value: path }),
  );
}

const isTrained = (source: OpenAsk['source']): source is { readonly training: number } =>
  typeof source === 'object' && 'training' in source;

function reportModel(
  identity: string,
  { title, bytes, fromCache, notes, config }: LoadedModel,
  lane: Lane,
): ModelReport {
  const { vocab, layers, heads, width } = config;
  const { context } = lane.model;
  return {
    identity,
    title,
    parameters: parameterCount(config),
    context,
    vocab,
    layers,
    heads,
    width,
    bytes,
    fromCache,
    notes,
  };
}
