/** What elements may ask of the page's engine, answered by its host. The host's worker starts with the first model or training. */
import { loadFacts } from '../host/facts.ts';
import { openHost } from '../host/open_host.ts';
import { recipeFor, recipeSizes } from '../host/recipes.ts';
import { shippedFiles, type ShippedModel, shippedModels } from '../session/shipped.ts';
import { ComputedRun } from './live.ts';
import { fetchRun, replayed, shippedRecording } from './recorded.ts';
import type { RunFile } from './recording.ts';
import type { Services, Source } from './services.ts';

/**
 * The services of a page. `models`: address of the shipped models, ending in `/`; default: beside the package's code.
 *
 * @example
 * provideServices(liveServices(new URL('models/', import.meta.url).href));
 */
export function liveServices(models?: string): Services {
  const host = () => openHost();
  return {
    live: (options) => new ComputedRun(host, { ...options, models }),
    recorded: fetchRun,
    replay: replayed,
    poster: (source) => posterOf(source, models),
    shipped: shippedModels,
    facts: async (source) => {
      const shipped = shippedModels.find(({ name }) => name === source);
      const cached = await (await host()).cached().catch(() => []);
      return { ...(await loadFacts(source, cached, models)), memory: shipped ? memoryOf(shipped) : 0 };
    },
    cached: async () => (await host()).cached(),
    clearCache: async (address) => (await host()).clearCache(address),
    place: async () => (await host()).place,
    sizes: recipeSizes,
    train: async ({ text, size, steps, engine = 'auto', resume }) =>
      (await host()).train({ text, recipe: recipeFor(size, steps), engine, resume }),
  };
}

/** Weights and cache, in f32. */
function memoryOf({ name, params }: ShippedModel): number {
  const { layers, context, width } = shippedFiles(name).config as Record<string, number>;
  return 4 * (params + 2 * layers * context * width);
}

/** Recordings of the shipped models. Each address is written out, because that is what bundlers look for. */
const RECORDINGS: Readonly<Record<string, () => URL>> = {
  austen: () => new URL('../../models/austen/run.json', import.meta.url),
  'char-mini': () => new URL('../../models/char-mini/run.json', import.meta.url),
  tang: () => new URL('../../models/tang/run.json', import.meta.url),
};

/** The recording that lies beside a shipped model's files. */
async function posterOf(source: Source, models: string | undefined): Promise<RunFile | undefined> {
  const name = shippedModels.find((model) => model.name === source)?.name;
  if (name === undefined) return undefined;
  const response = await fetch(models === undefined ? RECORDINGS[name]() : new URL(`${name}/run.json`, models));
  return response.ok ? shippedRecording(await response.json()) : undefined;
}
