/** What elements may ask of the page's engine, answered by its host. The host's worker starts with the first model or training. */
import { openHost } from '../host/open_host.ts';
import { shippedModels } from '../session/shipped.ts';
import { readRunFile, type RunFile } from './file.ts';
import { ComputedRun } from './live.ts';
import { fetchRun, RecordedRun } from './recorded.ts';
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
    replay: (file) => new RecordedRun(readRunFile(file)),
    poster: (source) => posterOf(source, models),
    shipped: shippedModels,
    facts: async (source) => {
      const shipped = shippedModels.find(({ name }) => name === source);
      const cached = await (await host()).cached().catch(() => []);
      const bytes = shipped?.bytes ?? 0;
      return {
        bytes,
        cached: typeof source === 'string' && cached.some(({ url }) => url.includes(`/${source}/model`)),
      };
    },
    cached: async () => (await host()).cached(),
    clearCache: async (address) => (await host()).clearCache(address),
    train: async (ask) => (await host()).train(ask),
  };
}

/** The recording that lies beside a shipped model's files. */
async function posterOf(source: Source, models: string | undefined): Promise<RunFile | undefined> {
  const shipped = shippedModels.find(({ name }) => name === source);
  if (!shipped || models === undefined) return undefined;
  const response = await fetch(new URL(`${shipped.name}/run.json`, models));
  return response.ok ? readRunFile(await response.text()) : undefined;
}
