/** What there is to choose from, and what a person wrote or chose. Pure. */
import type { CachedFile } from '../../files/download.ts';
import type { ShippedModel } from '../../session/shipped.ts';

/** Ways to a model of one's own. */
export type Way = 'file' | 'folder' | 'url';

/** A model whose files this browser keeps. */
export interface CachedModel {
  /** Where its files came from, ending in `/`. */
  readonly folder: string;
  readonly title: string;
  /** What opens it: its name on the hub, or the folder. */
  readonly source: string;
  readonly bytes: number;
  /** A download was cut; it goes on where it was. */
  readonly whole: boolean;
  readonly urls: readonly string[];
  /** Name of the shipped model that it is. */
  readonly shipped: string | undefined;
}

const HUB = /^https:\/\/huggingface\.co\/([\w.-]+(?:\/[\w.-]+)?)\/resolve\/[^/]+\/$/;

/** The cache by models: files of one folder are one model. */
export function cachedModels(files: readonly CachedFile[], shipped: readonly ShippedModel[]): CachedModel[] {
  const folders = byFolder(files);
  return [...folders].map(([folder, list]) => {
    const parts = new URL(folder).pathname.split('/').filter(Boolean);
    const hub = HUB.exec(folder)?.[1];
    const own = shipped.find(({ name }) => name === parts.at(-1));
    return {
      folder,
      title: own?.title ?? hub ?? decodeURIComponent(parts.at(-1) ?? new URL(folder).host),
      source: own?.name ?? hub ?? folder,
      bytes: list.reduce((sum, { bytes }) => sum + bytes, 0),
      whole: list.every(({ complete }) => complete),
      urls: list.map(({ url }) => url),
      shipped: own?.name,
    };
  });
}

function byFolder(files: readonly CachedFile[]): Map<string, CachedFile[]> {
  const folders = new Map<string, CachedFile[]>();
  for (const file of files) {
    const folder = new URL('.', file.url).href;
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return folders;
}

/** Weights by their names. */
const WEIGHTS = /\.(safetensors|bin|pt|pth|ckpt)$/i;

/** Chosen files without one that can hold weights: they cannot be a model. */
export const withoutWeights = (files: readonly { readonly name: string }[]): boolean =>
  !files.some(({ name }) => WEIGHTS.test(name));

/** Could this be an address or a name on the hub? The loader looks more closely. */
export function isAddress(text: string): boolean {
  const given = text.trim();
  if (/^[\w.-]+(\/[\w.-]+)?$/.test(given)) return true;
  if (/^\.{0,2}\//.test(given)) return true;
  try {
    return /^https?:$/.test(new URL(/^[\w-]+(\.[\w-]+)+\//.test(given) ? `https://${given}` : given).protocol);
  } catch {
    return false;
  }
}
