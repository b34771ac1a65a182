/** How people name a model on the network: its name on the hub, or the address of its page, its folder, or a file in it. */
import { DownloadError } from './transfer.ts';

export interface ModelAddress {
  /** Ends in `/`. */
  readonly folder: string;
  /** The file of weights, where the address names one. */
  readonly weights?: string;
  /** Its name on the hub. */
  readonly hub?: string;
}

const HUB = 'https://huggingface.co/';
const WAYS =
  'write owner/name for a model on the hub, or the address of a folder with config.json and model.safetensors';

/**
 * `owner/name`, `name`, `https://huggingface.co/owner/name[/tree/branch]`, or any folder's address.
 * @param base what relative addresses start from; they begin with `./`, `../` or `/`
 * @throws DownloadError listing the ways to write one
 */
export function modelAddress(text: string, base?: string): ModelAddress {
  const given = text.trim();
  if (/^[\w.-]+(\/[\w.-]+)?$/.test(given) && !/^\.{1,2}(\/|$)/.test(given)) return onHub(given);
  let url: URL;
  try {
    url = new URL(/^[\w-]+(\.[\w-]+)+\//.test(given) ? `https://${given}` : given, base);
  } catch (cause) {
    throw new DownloadError('network', given, `this is not an address: ${WAYS}`, { cause });
  }
  if (!/^https?:$/.test(url.protocol))
    throw new DownloadError('network', given, `${url.protocol} cannot be fetched: ${WAYS}`);
  if (/^(www\.)?(huggingface\.co|hf\.co)$/.test(url.hostname)) {
    const [owner, name, view, branch, ...path] = url.pathname.split('/').filter(Boolean);
    if (owner === undefined || ['models', 'datasets', 'spaces', 'docs'].includes(owner))
      throw new DownloadError('network', given, `this page of the hub is not a model: ${WAYS}`);
    // gpt2 and some others have no owner, and their address then is /gpt2/tree/main
    if (/^(tree|blob|resolve|raw)$/.test(name ?? '')) return onHub(owner, view, [branch, ...path]);
    return onHub(name === undefined ? owner : `${owner}/${name}`, branch, path);
  }
  url.search = '';
  url.hash = '';
  const [, folder, file] = /^(.*\/)([^/]*)$/.exec(url.href)!;
  return /\.\w+$/.test(file) && isModelFile(file) ? inFolder(folder, file) : { folder: url.href.replace(/\/?$/, '/') };
}

function onHub(name: string, branch = 'main', path: readonly (string | undefined)[] = []): ModelAddress {
  const inside = path.filter((part) => part !== undefined);
  const file = isModelFile(inside.at(-1) ?? '') ? inside.pop() : undefined;
  const folder = `${HUB}${name}/resolve/${branch}/${inside.map((part) => `${part}/`).join('')}`;
  return { ...(file === undefined ? { folder } : inFolder(folder, file)), hub: name };
}

function isModelFile(name: string): boolean {
  return /\.(safetensors|json|txt|bin|gguf|pt|pth|ckpt|h5|md)$/i.test(name);
}

function inFolder(folder: string, file: string): ModelAddress {
  if (/\.(bin|gguf|pt|pth|ckpt|h5)$/i.test(file))
    throw new DownloadError('network', folder + file, `weights are fetched as safetensors: ${WAYS}`);
  return file.endsWith('.safetensors') ? { folder, weights: file } : { folder };
}
