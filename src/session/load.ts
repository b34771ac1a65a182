/** From files to what a session needs: configuration, tokenizer, weights. Shipped folders, own files, addresses and hub names. */
import { download, type DownloadOptions } from '../files/download.ts';
import { openTensors } from '../files/open.ts';
import { openSharded } from '../files/sharded.ts';
import { FileFormatError, type TensorFile } from '../files/types.ts';
import { makeConfig, type ModelConfig } from '../model/config.ts';
import {
  configFromHeader,
  configFromHub,
  fromHub,
  llama2cToHub,
  type NamedTensor,
  type Weights,
} from '../model/weights.ts';
import { openGpt2 } from '../tokens/gpt2.ts';
import { openTokenizer } from '../tokens/open.ts';
import { openLlama2c } from '../tokens/sentencepiece.ts';
import type { Tokenizer } from '../tokens/types.ts';

export interface LoadedModel {
  readonly title: string;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly weights: Weights;
  /** Bytes of all files. */
  readonly bytes: number;
  readonly fromCache: boolean;
}

export type ModelSource =
  | { readonly kind: 'shipped'; readonly name: string }
  | { readonly kind: 'files'; readonly files: readonly File[] }
  | { readonly kind: 'url'; readonly url: string };

export interface LoadOptions extends Pick<DownloadOptions, 'signal'> {
  /** Folder of the shipped models, ending in `/`. */
  readonly base: string;
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
  /** `fetch` and cache of the page unless told (tests). */
  readonly download?: Pick<DownloadOptions, 'cache'>;
}

/** An entry of the shipped models' index.json. */
export interface ShippedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

type Files = ReadonlyMap<string, Blob>;

/** Loads and checks everything; throws FileFormatError, WeightsError, TokenizerError or DownloadError saying what is wrong where. */
export async function loadModel(source: ModelSource, options: LoadOptions): Promise<LoadedModel> {
  switch (source.kind) {
    case 'files':
      return openFiles(
        new Map(source.files.map((f) => [f.name, f])),
        source.files.map((f) => f.name).join(', '),
        false,
      );
    case 'shipped': {
      const index = await fetchJson<{ name: string; title: string; files: readonly ShippedFile[] }[]>(
        `${options.base}index.json`,
        options,
      );
      const entry = index.find((m) => m.name === source.name);
      if (!entry)
        throw new FileFormatError(
          'models/index.json',
          `there is no model "${source.name}"; there are ${index.map((m) => m.name).join(', ')}`,
        );
      const got = await downloadAll(`${options.base}${source.name}/`, entry.files, options);
      return openFiles(got.files, entry.title, got.fromCache);
    }
    case 'url': {
      const folder = /^[\w.-]+\/[\w.-]+$/.test(source.url)
        ? `https://huggingface.co/${source.url}/resolve/main/`
        : source.url.replace(/\/?$/, '/');
      const got = await downloadAll(folder, await remoteFiles(folder, options), options);
      return openFiles(got.files, source.url, got.fromCache);
    }
  }
}

async function fetchJson<T>(url: string, { signal }: LoadOptions): Promise<T> {
  const response = await fetch(url, signal ? { signal } : {});
  if (!response.ok) throw new FileFormatError(url, `the server answered ${response.status} ${response.statusText}`);
  return (await response.json()) as T;
}

/** The files a folder in Hugging Face's layout has: weights in one piece or in shards, one tokenizer. */
async function remoteFiles(
  folder: string,
  options: LoadOptions,
): Promise<(Pick<ShippedFile, 'name'> & Partial<ShippedFile>)[]> {
  const has = async (name: string) => {
    const response = await fetch(folder + name, { method: 'HEAD', ...(options.signal && { signal: options.signal }) });
    return response.ok;
  };
  const names = ['config.json'];
  if (await has('model.safetensors')) names.push('model.safetensors');
  else {
    const index = await fetchJson<{ weight_map?: Record<string, string> }>(
      `${folder}model.safetensors.index.json`,
      options,
    );
    names.push('model.safetensors.index.json', ...new Set(Object.values(index.weight_map ?? {})));
  }
  if (await has('tokenizer.json')) {
    names.push('tokenizer.json');
    if (await has('tokenizer_config.json')) names.push('tokenizer_config.json');
  } else names.push('vocab.json', 'merges.txt');
  return names.map((name) => ({ name }));
}

async function downloadAll(
  folder: string,
  list: readonly (Pick<ShippedFile, 'name'> & Partial<ShippedFile>)[],
  options: LoadOptions,
): Promise<{ files: Files; fromCache: boolean }> {
  const files = new Map<string, Blob>();
  const known = list.every((f) => f.bytes !== undefined) ? list.reduce((n, f) => n + f.bytes!, 0) : undefined;
  let before = 0;
  let fromCache = true;
  for (const { name, sha256 } of list) {
    const got = await download(folder + name, {
      ...options.download,
      ...(options.signal && { signal: options.signal }),
      ...(sha256 && { sha256 }),
      onProgress: ({ loaded, total }) =>
        options.onProgress?.(before + loaded, known ?? (total === undefined ? undefined : before + total)),
    });
    files.set(name, got.blob);
    fromCache &&= got.from === 'cache';
    before += got.blob.size;
  }
  return { files, fromCache };
}

const text = async (files: Files, name: string): Promise<string | undefined> => files.get(name)?.text();

/** Opens a set of files by their names and their contents. */
export async function openFiles(files: Files, title: string, fromCache: boolean): Promise<LoadedModel> {
  const tensorFile = await openWeights(files);
  const { config, tokenizerJson } = await readConfig(files, tensorFile);
  const tokenizer = await readTokenizer(files, tokenizerJson, config);
  if (tokenizer.size > config.vocab)
    throw new FileFormatError(
      'tokenizer',
      `it has ${tokenizer.size} tokens, the model predicts ${config.vocab}: they do not belong together`,
    );
  const weights = fromHub(config, await readTensors(tensorFile));
  const bytes = [...files.values()].reduce((n, f) => n + f.size, 0);
  return { title, config, tokenizer, weights, bytes, fromCache };
}

async function openWeights(files: Files): Promise<TensorFile> {
  const index = await text(files, 'model.safetensors.index.json');
  if (index !== undefined)
    return openSharded(
      JSON.parse(index),
      async (name) => openTensors(shard(files, name), name),
      'model.safetensors.index.json',
    );
  const found = [...files].filter(([name]) => /\.(safetensors|bin)$/.test(name) && !/^tok\w*\.bin$/.test(name));
  const json = [...files].find(([name]) => /model.*\.json$/.test(name) && !name.startsWith('tokenizer'));
  const file = found[0] ?? json;
  if (!file || found.length > 1)
    throw new FileFormatError(
      [...files.keys()].join(', '),
      `one file of weights was expected (.safetensors, llama2.c's .bin); ${found.length} are there`,
    );
  return openTensors(file[1], file[0]);
}

function shard(files: Files, name: string): Blob {
  const file = files.get(name);
  if (!file)
    throw new FileFormatError(
      'model.safetensors.index.json',
      `it names ${name}, which is not among ${[...files.keys()].join(', ')}`,
    );
  return file;
}

/** config.json (Hugging Face's or our own), the file's header, or what our own trainer wrote into the metadata. */
async function readConfig(
  files: Files,
  file: TensorFile,
): Promise<{ config: ModelConfig; tokenizerJson: string | undefined }> {
  const own = file.metadata['config'];
  const tokenizerJson = file.metadata['tokenizer'];
  if (own) return { config: makeConfig(JSON.parse(own) as ModelConfig), tokenizerJson };
  if (file.format !== 'safetensors') return { config: configFromHeader(file.format, file.config), tokenizerJson };
  const json = await text(files, 'config.json');
  if (json === undefined)
    throw new FileFormatError(
      [...files.keys()].join(', '),
      'config.json is missing: it says how many layers and heads the weights make',
    );
  const parsed = JSON.parse(json) as Record<string, unknown>;
  return {
    config: 'model_type' in parsed ? configFromHub(parsed) : makeConfig(parsed as unknown as ModelConfig),
    tokenizerJson,
  };
}

async function readTokenizer(files: Files, embedded: string | undefined, config: ModelConfig): Promise<Tokenizer> {
  if (embedded) return openTokenizer(embedded);
  const json = await text(files, 'tokenizer.json');
  if (json !== undefined) return openTokenizer(json, (await text(files, 'tokenizer_config.json')) ?? {});
  const vocab = (await text(files, 'vocab.json')) ?? (await text(files, 'encoder.json'));
  const merges = (await text(files, 'merges.txt')) ?? (await text(files, 'vocab.bpe'));
  if (vocab !== undefined && merges !== undefined) return openGpt2(vocab, merges);
  const pieces = [...files].find(([name]) => /^tok\w*\.bin$/.test(name));
  if (pieces) return openLlama2c(await pieces[1].arrayBuffer(), config.vocab);
  throw new FileFormatError(
    [...files.keys()].join(', '),
    'a tokenizer is missing: tokenizer.json, or vocab.json with merges.txt, or llama2.c’s tok….bin',
  );
}

/** Buffers that old GPT-2 files carry beside the weights. */
const BUFFERS = /\.attn\.(masked_)?bias$/;

async function readTensors(file: TensorFile): Promise<Map<string, NamedTensor>> {
  const result = new Map<string, NamedTensor>();
  for (const { name, shape } of file.tensors.values())
    if (!BUFFERS.test(name))
      result.set(file.format === 'llama2.c' ? llama2cToHub(name) : name, { shape, data: await file.f32(name) });
  return result;
}
