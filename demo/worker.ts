/** Owns the engine, the model and the training, so that the page never waits. Messages in, records out (protocol.ts). */
import { type EnginePreference, chooseEngine } from '../src/session/choose_engine.ts';
import { type LoadedModel, loadModel } from '../src/session/load.ts';
import { Model } from '../src/session/model.ts';
import { cacheClear, cacheList } from '../src/files/download.ts';
import { parameterCount } from '../src/model/layout.ts';
import type { Reply, Request } from './protocol.ts';
import { Training } from './training.ts';

const post = (reply: Reply, transfer: Transferable[] = []) => postMessage(reply, { transfer });

/** Lets waiting messages in: the CPU engine's work blocks this thread between two of these. */
export const breath = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });

interface Open {
  readonly model: LoadedModel;
  readonly preference: EnginePreference;
  readonly session: Model;
}

let current: Open | undefined;
/** Grows with every request that makes earlier answers pointless. */
let generation = 0;
let predicting: AbortController | undefined;
let loading: AbortController | undefined;

const training = new Training(post, breath);

/** Candidates are asked for with every step: the plans are compiled for that. */
const CANDIDATES = 10;

async function open(request: Extract<Request, { type: 'open' }>): Promise<void> {
  const mine = ++generation;
  loading?.abort();
  predicting?.abort();
  loading = new AbortController();
  const { source, engine: preference } = request;
  const model =
    source.kind === 'trained'
      ? training.model()
      : await loadModel(source, {
          signal: loading.signal,
          onProgress: (loaded, total) => mine === generation && post({ type: 'progress', loaded, total }),
        });
  if (mine === generation) await start(model, preference, mine);
}

/** Opens an engine for the model; when the device is lost, once more with the weights at hand. */
async function start(model: LoadedModel, preference: EnginePreference, mine: number): Promise<void> {
  current?.session.engine.close();
  current = undefined;
  const { engine, why } = await chooseEngine(preference);
  const { config, tokenizer, weights } = model;
  const session = new Model({ config, weights, tokenizer, engine, why });
  await session.warm({ candidates: CANDIDATES, taps: [] });
  if (mine !== generation) return engine.close();
  current = { model, preference, session };
  void engine.lost.then(() => {
    if (current?.session === session) start(model, preference, ++generation).catch((error: unknown) => fail(error));
  });
  post({
    type: 'opened',
    model: {
      title: model.title,
      params: parameterCount(config),
      context: config.context,
      vocab: config.vocab,
      layers: config.layers,
      heads: config.heads,
      width: config.width,
      bytes: model.bytes,
      fromCache: model.fromCache,
    },
    engine: {
      engine: engine.facts.engine,
      why,
      facts: engine.facts,
      plan: await session.describe(),
      bytesAllocated: engine.counters.bytesAllocated,
    },
  });
}

async function predict({
  id,
  text,
  more,
  sampling,
  maxTokens,
  candidates,
}: Extract<Request, { type: 'predict' }>): Promise<void> {
  predicting?.abort();
  const controller = (predicting = new AbortController());
  const session = current?.session;
  if (!session) throw new Error('No model is loaded yet.');
  const { tokenizer } = session;
  const began = performance.now();
  const start = [...tokenizer.encode(text), ...more];
  const prompt = start.length ? start : '';
  try {
    for await (const step of session.generate(prompt, {
      ...sampling,
      maxTokens,
      candidates,
      signal: controller.signal,
    })) {
      post({ type: 'step', id, step });
      await breath();
      if (controller.signal.aborted) break;
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error;
  }
  post({
    type: 'done',
    id,
    reason: controller.signal.aborted ? 'stopped' : 'finished',
    seconds: (performance.now() - began) / 1000,
  });
}

function fail(error: unknown, id?: number): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  post({
    type: 'failed',
    message: error instanceof Error ? error.message : String(error),
    ...(id !== undefined && { id }),
  });
}

async function answer(request: Request): Promise<void> {
  switch (request.type) {
    case 'open':
      return open(request);
    case 'predict':
      return predict(request);
    case 'stop':
      return predicting?.abort();
    case 'train':
      return training.start(request);
    case 'train-pause':
      return training.pause();
    case 'train-resume':
      return training.resume();
    case 'train-stop':
      return training.stop();
    case 'train-save':
      return training.save();
    case 'cache-clear':
      await cacheClear();
      return post({ type: 'cache', entries: [] });
    case 'cache-list':
      return post({ type: 'cache', entries: await cacheList() });
  }
}

addEventListener('message', ({ data }: MessageEvent<Request>) => {
  answer(data).catch((error: unknown) => fail(error, data.type === 'predict' ? data.id : undefined));
});
