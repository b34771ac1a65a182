/**
 * The files of a model at an address. Servers are asked only for files, never for lists or headers, so any server will do. A model that is
 * complete in the cache opens without a connection.
 */
import { type ModelAddress, modelAddress } from './address.ts';
import { parseRecord } from './json.ts';
import { type Fetcher, fetcherOf, type RemoteModel, type RemoteOptions } from './listed.ts';
import { DownloadError } from './transfer.ts';
import { FileFormatError } from './types.ts';

const INDEX = 'model.safetensors.index.json';
/** What a folder may hold instead of safetensors. */
const OTHERS = ['pytorch_model.bin', 'pytorch_model.bin.index.json', 'adapter_model.safetensors', 'tf_model.h5'];

/**
 * The files at an address as Hugging Face lays them out: configuration, weights in one piece or in shards, tokenizer, and the files
 * that name the end of a text.
 * @throws DownloadError without an answer; FileFormatError naming the file that is missing or wrong
 */
export async function fetchModel(text: string, options: RemoteOptions): Promise<RemoteModel> {
  const address = modelAddress(text, globalThis.location?.href);
  const fetcher = fetcherOf((name) => address.folder + name, options);
  if (!(await fetcher.find('config.json'))) throw missing(address, 'config.json', fetcher.problem());
  const weights = address.weights ?? 'model.safetensors';
  if (!(await fetcher.find(weights))) {
    const index = await fetcher.find(INDEX);
    if (!index) throw await withoutWeights(address, weights, fetcher, options);
    const { shardNames } = await import('./sharded.ts');
    for (const name of shardNames(parseRecord(await index.text(), INDEX), INDEX)) await fetcher.get(name);
  }
  const tokenizer =
    (await fetcher.find('tokenizer.json')) ??
    ((await fetcher.find('vocab.json')) && (await fetcher.find('merges.txt'))) ??
    ((await fetcher.find('encoder.json')) && (await fetcher.find('vocab.bpe')));
  if (!tokenizer) throw missing(address, 'tokenizer.json, nor vocab.json with merges.txt,', fetcher.problem());
  for (const name of ['tokenizer_config.json', 'special_tokens_map.json', 'generation_config.json'])
    await fetcher.find(name);
  return fetcher.done();
}

function missing({ folder, hub }: ModelAddress, what: string, cause: unknown): Error {
  if (cause instanceof DownloadError && cause.kind === 'network') return cause;
  const found = cause instanceof DownloadError ? `the server answered ${cause.status}` : 'a web page came instead';
  const advice = hub === undefined ? 'is this the folder of a model?' : `is ${hub} the name of a model on the hub?`;
  return new FileFormatError(folder, `there is no ${what} here (${found}); ${advice}`, { cause });
}

async function withoutWeights(
  address: ModelAddress,
  weights: string,
  fetcher: Fetcher,
  { fetch = globalThis.fetch, signal }: RemoteOptions,
): Promise<Error> {
  const error = missing(address, weights, fetcher.problem());
  if (!(error instanceof FileFormatError)) return error;
  for (const name of OTHERS) {
    const response = await fetch(address.folder + name, { signal: signal ?? null }).catch(() => undefined);
    await response?.body?.cancel();
    if (!response?.ok || response.headers.get('content-type')?.includes('text/html')) continue;
    const what = name.startsWith('adapter')
      ? 'an adapter alone is not a model; merge it into its base model'
      : 'it is a pickle, which can run code; convert the model to safetensors, or ask its author to';
    return new FileFormatError(address.folder, `there is no ${weights} here, only ${name}: ${what}`);
  }
  return error;
}
