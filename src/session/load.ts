/**
 * From files to what a session needs: configuration, tokenizer, weights. Takes shipped folders, your own files, addresses and hub names.
 * Everything read from a file is right, or it is refused with the name of what is wrong.
 */
import type { DownloadOptions } from '../files/download.ts';
import { type Folder, openWeights, recordOf, textOf } from '../files/folder.ts';
import { parseRecord } from '../files/json.ts';
import { fetchListed, type RemoteModel } from '../files/listed.ts';
import { DownloadError } from '../files/transfer.ts';
import { FileFormatError, type TensorFile } from '../files/types.ts';
import { type ModelConfig, readConfig } from '../model/config.ts';
import { readWeights, type Weights, WeightsError } from '../model/weights.ts';
import { withEnds } from '../tokens/ends.ts';
import { openTokenizer } from '../tokens/open.ts';
import { padTokenizer } from '../tokens/padded.ts';
import { type Tokenizer, TokenizerError } from '../tokens/types.ts';
import { shippedFiles } from './shipped.ts';

export interface LoadedModel {
  readonly title: string;
  readonly config: ModelConfig;
  /** Ids of the model without a token here have a name but no text; `special.ends` are all tokens that end a text. */
  readonly tokenizer: Tokenizer;
  readonly weights: Weights;
  /** Bytes of all files. */
  readonly bytes: number;
  readonly fromCache: boolean;
  /** What a person should know about these files, in sentences; usually empty. */
  readonly notes: readonly string[];
  /** Tensors of the file that the model does not use. */
  readonly unused: readonly string[];
  /** What a shipped model says, most probable token by most probable token: an engine that says something else is wrong. */
  readonly golden?: { readonly prompt: string; readonly tokens: readonly number[] } | undefined;
}

export type FileSource =
  | { readonly kind: 'shipped'; readonly name: string }
  | { readonly kind: 'files'; readonly files: readonly File[] }
  /** `owner/name` on the hub, the address of its page, or the address of any folder in Hugging Face's layout. */
  | { readonly kind: 'url'; readonly url: string };

export interface LoadOptions extends Pick<DownloadOptions, 'signal'> {
  /** Address of the shipped models. Default: beside the package's code. */
  readonly models?: string | URL | undefined;
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
  /** Tests bring their own. Default: the page's `fetch` and cache. */
  readonly download?: Pick<DownloadOptions, 'cache' | 'fetch' | 'discard'>;
}

/**
 * Loads and checks everything. Models that are complete in the cache open without a connection.
 * @throws FileFormatError, WeightsError, TokenizerError or DownloadError saying what is wrong where, and what to do
 */
export async function loadModel(source: FileSource, options: LoadOptions = {}): Promise<LoadedModel> {
  if (source.kind === 'files') {
    const { folderOf } = await import('../files/chosen.ts');
    return openFiles(folderOf(source.files), source.files.map((f) => f.name).join(', '), false);
  }
  const { models, download, signal, onProgress } = options;
  const remote = { ...download, signal, onProgress };
  let title: string;
  let got: RemoteModel;
  let known: ModelConfig | undefined;
  let golden: LoadedModel['golden'];
  if (source.kind === 'shipped') {
    const shipped = shippedFiles(source.name, models);
    title = shipped.title;
    known = ourConfig(shipped.config);
    ({ golden } = shipped);
    got = await fetchListed(shipped.files, remote);
  } else {
    title = source.url;
    const { fetchModel } = await import('../files/remote.ts');
    got = await fetchModel(source.url, remote);
  }
  return { ...(await openFiles(got.folder, title, got.fromCache, known)), golden };
}

/** Opens a set of files by their names and their contents; `known`: what config.json says, read before. */
export async function openFiles(
  files: Folder,
  title: string,
  fromCache: boolean,
  known?: ModelConfig,
): Promise<LoadedModel> {
  try {
    const tensorFile = await openWeights(files);
    const { config, unknown, embedded } = known
      ? { config: known, unknown: [], embedded: undefined }
      : await readConfiguration(files, tensorFile);
    const own = await readTokenizer(files, embedded, config);
    const { weights, unused, notes } = await readWeights(config, tensorFile);
    const bytes = [...files.values()].reduce((n, f) => n + f.size, 0);
    return {
      title,
      config,
      tokenizer: padTokenizer(await findEnds(files, own, config), config.vocab),
      weights,
      bytes,
      fromCache,
      unused,
      notes: [...notes, ...unknownNotes(unknown), ...surplusNotes(own, config)],
    };
  } catch (error) {
    throw isTyped(error)
      ? error
      : new FileFormatError(title, `it cannot be opened: ${error instanceof Error ? error.message : String(error)}`, {
          cause: error,
        });
  }
}

function isTyped(error: unknown): boolean {
  return [FileFormatError, WeightsError, TokenizerError, DownloadError].some((type) => error instanceof type);
}

interface Configuration {
  readonly config: ModelConfig;
  /** Unknown settings. */
  readonly unknown: readonly string[];
  /** A tokenizer inside the file of weights. */
  readonly embedded: string | undefined;
}

/** config.json (Hugging Face's or our own), the file's header, or what our own trainer wrote into the metadata. */
async function readConfiguration(files: Folder, file: TensorFile): Promise<Configuration> {
  const { config: own, tokenizer: embedded } = file.metadata;
  if (own) return { config: ourConfig(parseRecord(own, 'config in the metadata')), unknown: [], embedded };
  // only models from elsewhere need it
  const hub = () => import('../model/hub_config.ts');
  if (file.format !== 'safetensors') {
    const { configFromHeader } = await hub();
    return { config: configFromHeader(file.format, file.config), unknown: [], embedded };
  }
  const json = await recordOf(files, 'config.json');
  if (json === undefined)
    throw new FileFormatError(
      [...files.keys()].join(', '),
      'config.json is missing: it says how many layers and heads the weights make',
    );
  if ('family' in json) return { config: ourConfig(json), unknown: [], embedded };
  const { readHubConfig } = await hub();
  return { ...readHubConfig(json), embedded };
}

function ourConfig(json: Record<string, unknown>): ModelConfig {
  try {
    return readConfig(json);
  } catch (cause) {
    throw new FileFormatError('config.json', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function readTokenizer(files: Folder, embedded: string | undefined, config: ModelConfig): Promise<Tokenizer> {
  const tokenizer = await openAnyTokenizer(files, embedded, config);
  if (tokenizer.size > config.vocab + allowedSurplus(config))
    throw new FileFormatError(
      'tokenizer',
      `it has ${tokenizer.size} tokens, the model predicts ${config.vocab}: they do not belong together`,
    );
  return tokenizer;
}

async function openAnyTokenizer(files: Folder, embedded: string | undefined, config: ModelConfig): Promise<Tokenizer> {
  if (embedded) return openTokenizer(embedded);
  const json = await textOf(files, 'tokenizer.json');
  const settings = (await recordOf(files, 'tokenizer_config.json')) ?? {};
  if (json !== undefined) return openTokenizer(json, settings);
  const vocab = (await textOf(files, 'vocab.json')) ?? (await textOf(files, 'encoder.json'));
  const merges = (await textOf(files, 'merges.txt')) ?? (await textOf(files, 'vocab.bpe'));
  if (vocab !== undefined && merges !== undefined)
    return (await import('../tokens/gpt2.ts')).openGpt2(vocab, merges, settings);
  const pieces = [...files].find(([name]) => /^tok\w*\.bin$/.test(name));
  if (pieces)
    return (await import('../tokens/sentencepiece.ts')).openLlama2c(await pieces[1].arrayBuffer(), config.vocab);
  throw new FileFormatError(
    [...files.keys()].join(', '),
    'a tokenizer is missing: tokenizer.json, or vocab.json with merges.txt, or llama2.c’s tok….bin',
  );
}

/** Tokens that people add to a tokenizer without new rows in the model. More than this means another model's tokenizer. */
function allowedSurplus({ vocab }: ModelConfig): number {
  return 16 + Math.floor(vocab / 20);
}

/** The tokens that end a text, from every file that names one. */
async function findEnds(files: Folder, tokenizer: Tokenizer, config: ModelConfig): Promise<Tokenizer> {
  const named = async (key: string, ...names: readonly string[]): Promise<unknown[]> => {
    const values: unknown[] = [];
    for (const name of names) values.push((await recordOf(files, name))?.[key]);
    return values;
  };
  return withEnds(
    tokenizer,
    {
      texts: await named('eos_token', 'tokenizer_config.json', 'special_tokens_map.json'),
      ids: await named('eos_token_id', 'generation_config.json', 'config.json'),
    },
    config.vocab,
  );
}

function unknownNotes(unknown: readonly string[]): string[] {
  if (unknown.length === 0) return [];
  return [`config.json has settings that are not known here and have no effect: ${unknown.join(', ')}.`];
}

function surplusNotes({ size }: Tokenizer, { vocab }: ModelConfig): string[] {
  if (size === vocab) return [];
  return [
    size > vocab
      ? `The tokenizer has ${size} tokens, the model ${vocab}: those from ${vocab} on cannot be used.`
      : `The model has ${vocab} tokens, the tokenizer ${size}: those from ${size} on have no text.`,
  ];
}
