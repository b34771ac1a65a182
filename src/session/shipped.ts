/** The models in the package: what is known about them before any download, and where their files are. */
import index from '../../models/index.json';
import type { ListedFile } from '../files/listed.ts';
import { SettingsError } from '../plan/settings.ts';

/** A model that comes with the package: `openModel(name)` opens it. */
export interface ShippedModel {
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Language of its text as a BCP 47 tag: `en`, `zh-Hans`. */
  readonly language: string;
  /** Bytes of the files that opening downloads. */
  readonly bytes: number;
  /** Parameters of the model. */
  readonly params: number;
  /** A beginning that it continues well. */
  readonly prompt: string;
}

/**
 * The models that come with the package, for a list to choose from.
 *
 * @example
 * for (const { name, title, bytes } of shippedModels) console.log(name, title, `${(bytes / 1e6).toFixed(1)} MB`);
 */
export const shippedModels: readonly ShippedModel[] = index;

/** The first tokens of the greedy text after a prompt. */
interface ShippedGolden {
  readonly prompt: string;
  readonly tokens: readonly number[];
}

type Addresses = Readonly<Record<string, URL>>;

/**
 * Their files. Each address is written out, because that is what bundlers look for: they copy the file and put its new address here.
 * Made on demand, because in a worker started from a text no address can be relative.
 */
const addresses: Readonly<Record<string, () => Addresses>> = {
  austen: () => ({
    'config.json': new URL('../../models/austen/config.json', import.meta.url),
    'model.safetensors': new URL('../../models/austen/model.safetensors', import.meta.url),
    'tokenizer.json': new URL('../../models/austen/tokenizer.json', import.meta.url),
  }),
  'char-mini': () => ({
    'config.json': new URL('../../models/char-mini/config.json', import.meta.url),
    'model.safetensors': new URL('../../models/char-mini/model.safetensors', import.meta.url),
    'tokenizer.json': new URL('../../models/char-mini/tokenizer.json', import.meta.url),
  }),
  tang: () => ({
    'config.json': new URL('../../models/tang/config.json', import.meta.url),
    'model.safetensors': new URL('../../models/tang/model.safetensors', import.meta.url),
    'tokenizer.json': new URL('../../models/tang/tokenizer.json', import.meta.url),
  }),
};

/** Whether a model of this name comes with the package. */
export function isShipped(name: string): boolean {
  return Object.hasOwn(addresses, name);
}

/**
 * A shipped model's title, its configuration as ours (config.json is Hugging Face's, which needs more code), and its files with their
 * expected checksums.
 * @param folder where the models are, if not beside the package's code: one folder each, by name
 */
export function shippedFiles(
  name: string,
  folder?: string | URL,
): { title: string; config: Record<string, unknown>; golden: ShippedGolden; files: readonly ListedFile[] } {
  const entry = index.find((model) => model.name === name);
  if (!entry) throw new SettingsError('model', name, index.map((model) => `"${model.name}"`).join(' or '));
  const own = folder === undefined ? addresses[name]() : undefined;
  const base = folder === undefined ? undefined : new URL(`${name}/`, folderAddress(folder));
  return {
    title: entry.title,
    config: entry.config,
    golden: entry.golden,
    files: entry.files.map((file) => ({ ...file, url: String(own?.[file.name] ?? new URL(file.name, base)) })),
  };
}

function folderAddress(folder: string | URL): URL {
  return new URL(String(folder).replace(/\/?$/, '/'), globalThis.document?.baseURI ?? globalThis.location?.href);
}
