/** One call from a name, an address, a path, files or parts in memory to a model that answers. */
import type { Folder } from '../files/folder.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Weights } from '../model/weights.ts';
import { SettingsError } from '../plan/settings.ts';
import type { Engine } from '../plan/types.ts';
import type { Tokenizer } from '../tokens/types.ts';
import { chooseEngine, chosen, type ChosenEngine, type EngineOptions, type EnginePreference } from './choose_engine.ts';
import { type LoadedModel, loadModel, type LoadOptions, openFiles } from './load.ts';
import { Model, type ModelOptions } from './model.ts';
import { isShipped } from './shipped.ts';

/**
 * A model that was made or changed here: nothing is read.
 *
 * @example
 * const source: ModelInMemory = { config, tokenizer, weights, title: 'mine' };
 * const model = await openModel(source);
 */
export interface ModelInMemory {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly weights: Weights;
  readonly title?: string;
}

/**
 * The name of a model in the package (`austen`, `tang`, `char-mini`); a folder or file as URL or relative address; `owner/name` on the
 * hub or the address of its page; a path in node; files a person chose; parts in memory.
 */
export type ModelSource = string | URL | readonly File[] | ModelInMemory;

/** Progress of opening. Bytes are those of the model's files only; `total` is undefined until a server gives it. */
export interface OpenProgress {
  readonly phase: 'download' | 'engine' | 'compile';
  /** Bytes so far. */
  readonly loaded: number;
  /** Bytes of all files. */
  readonly total: number | undefined;
}

/**
 * What `openModel` takes besides the model.
 *
 * @example
 * const options: OpenOptions = { engine: 'cpu', onProgress: ({ phase, loaded }) => console.log(phase, `${loaded} bytes`) };
 */
export interface OpenOptions extends ModelOptions, EngineOptions {
  /** An engine you pass in stays open when the model is closed. Default: 'auto', a real GPU if there is one, else WebAssembly. */
  readonly engine?: EnginePreference | Engine | undefined;
  /** Ends opening; `openModel` then throws its reason. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Called with the progress of opening: for every piece of a download, and before the engine and the kernels. Default: none. */
  readonly onProgress?: ((progress: OpenProgress) => void) | undefined;
  /** Called after a lost device was replaced by another one, with the seconds that this took. Default: none. */
  readonly onRecover?: (event: { readonly why: string; readonly seconds: number }) => void;
  /** Address of a folder with copies of the package's models, one folder each by name. Default: beside the package's code. */
  readonly models?: string | URL | undefined;
  /** `fetch` and the cache of downloads. Default: those of the page or of node. */
  readonly download?: LoadOptions['download'];
}

/** A model, and what its files say about themselves. */
export interface OpenedModel extends Model {
  readonly title: string;
  /** Bytes of its files; 0 for parts in memory. */
  readonly bytes: number;
  readonly fromCache: boolean;
  /** What a person should know about the files, in sentences. */
  readonly notes: readonly string[];
  /** Tensors of the files that the model does not use. */
  readonly unused: readonly string[];
}

/**
 * Opens a model and an engine for it. When the GPU's device is lost, the model continues on a new one with the same tokens.
 *
 * @throws FileFormatError, WeightsError, TokenizerError or DownloadError when the files do not make a model, OutOfMemoryError when it
 * is too large, GpuUnavailableError when a GPU was asked for and there is none, SettingsError, or the signal's reason.
 *
 * @example
 * const model = await openModel('austen');
 * for await (const { text } of model.generate('It was a', { maxTokens: 20 })) console.log(text);
 * await model.close();
 */
export async function openModel(source: ModelSource, options: OpenOptions = {}): Promise<OpenedModel> {
  const { signal, onProgress, onRecover, context, storage, table, variants } = options;
  signal?.throwIfAborted();
  const loaded = await loadSource(source, options);
  signal?.throwIfAborted();
  onProgress?.({ phase: 'engine', loaded: loaded.bytes, total: loaded.bytes });
  const { engine, why, reason, reopen } = await engineFor(options);
  try {
    signal?.throwIfAborted();
    const { config, tokenizer, weights } = loaded;
    const parts = { config, tokenizer, weights, engine, why, reason, context, storage, table, variants };
    const model = new Model(
      { ...parts, ...(reopen && { reopen }), ...(onRecover && { onRecover }) },
      reopen !== undefined,
    );
    try {
      onProgress?.({ phase: 'compile', loaded: loaded.bytes, total: loaded.bytes });
      await model.warm();
      signal?.throwIfAborted();
    } catch (error) {
      await model.close();
      throw error;
    }
    const { title, bytes, fromCache, notes, unused } = loaded;
    return Object.assign(model, { title, bytes, fromCache, notes, unused });
  } catch (error) {
    if (reopen) engine.close();
    throw error;
  }
}

const isInMemory = (source: ModelSource): source is ModelInMemory =>
  typeof source === 'object' && 'weights' in source && 'config' in source;

/** The files at a path rather than at an address or a name on the hub: `./models`, `/models`, `models` where it exists. */
async function filesAt(source: string | URL): Promise<Folder | undefined> {
  if (typeof source === 'string' ? /^[a-z][a-z+.-]+:/i.test(source) : source.protocol !== 'file:') return undefined;
  if (!('process' in globalThis)) return undefined; // no disk: a page need not load what reads one
  const { existsLocally, readLocal } = await import('../files/local.ts');
  return typeof source === 'string' && !existsLocally(source) ? undefined : readLocal(source);
}

/** The files of a model, read and checked, without an engine. */
export async function loadSource(source: ModelSource, options: OpenOptions): Promise<LoadedModel> {
  if (isInMemory(source)) return { title: 'in memory', bytes: 0, fromCache: false, notes: [], unused: [], ...source };
  const { signal, onProgress, download } = options;
  const settings: LoadOptions = {
    models: options.models,
    ...(signal && { signal }),
    ...(download && { download }),
    onProgress: (loaded, total) => onProgress?.({ phase: 'download', loaded, total }),
  };
  if (Array.isArray(source)) return loadModel({ kind: 'files', files: source }, settings);
  if (typeof source !== 'string' && !(source instanceof URL))
    throw new SettingsError(
      'model',
      source,
      'a name, an address, a path, a list of files, or {config, tokenizer, weights}',
    );
  if (typeof source === 'string' && isShipped(source)) return loadModel({ kind: 'shipped', name: source }, settings);
  const address = typeof source === 'string' && source.startsWith('file:') ? new URL(source) : source;
  const local = await filesAt(address);
  if (local) return openFiles(local, String(source), false);
  const relative = typeof source === 'string' && /^\.{0,2}\//.test(source);
  const url = relative && typeof document !== 'undefined' ? new URL(source, document.baseURI).href : String(source);
  return loadModel({ kind: 'url', url }, settings);
}

/** The model can reopen an engine of its own; only the owner can replace one that was passed in. */
async function engineFor({
  engine = 'auto',
  gpu,
  cpu,
}: OpenOptions): Promise<ChosenEngine & { reopen?: () => Promise<ChosenEngine> }> {
  if (typeof engine === 'object') return chosen(engine, { code: 'handed-in' });
  const options = { ...(gpu && { gpu }), ...(cpu && { cpu }) };
  const first = await chooseEngine(engine, options);
  // better to continue without the requested GPU than not at all
  const reopen = () => chooseEngine(engine, options).catch(() => chooseEngine('cpu', options));
  return { ...first, reopen };
}
