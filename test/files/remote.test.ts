/** A model from the network: any server will do, the cache holds what parsed and opens offline, and errors say what to do. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { modelAddress } from '../../src/files/address.ts';
import { cacheList, download } from '../../src/files/download.ts';
import { fetchListed } from '../../src/files/listed.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { memoryStore } from '../../src/files/store.ts';
import { DownloadError } from '../../src/files/transfer.ts';
import { FileFormatError } from '../../src/files/types.ts';
import { loadModel, type FileSource } from '../../src/session/load.ts';
import { GPT2, randomTensors } from '../model/hub_files.ts';

const FOLDER = 'https://models.test/mini/';
const tensors = randomTensors(GPT2);
const good: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = {
  'config.json': JSON.stringify(GPT2),
  'model.safetensors': writeSafetensors(tensors),
  'tokenizer.json': '{"kind": "bytes"}',
};

/** A server of these files; a list of the requests that it saw. */
class Server {
  files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>> = good;
  online = true;
  /** Answers everything else with a page. */
  page = false;
  status = 404;
  headers: Record<string, string> = {};
  readonly seen: string[] = [];

  readonly fetch = async (address: unknown, init?: RequestInit): Promise<Response> => {
    const url = String(address);
    this.seen.push(`${init?.method ?? 'GET'} ${url}`);
    if (!this.online) throw new TypeError('Failed to fetch');
    if (init?.method !== undefined && init.method !== 'GET') return new Response(null, { status: 405 });
    const name = url.slice(url.lastIndexOf('/') + 1);
    const body = this.files[name] ?? (this.page ? '<!doctype html><p>app</p>' : undefined);
    return body === undefined
      ? new Response('', { status: this.status })
      : new Response(body, { headers: this.headers });
  };
}

let server = new Server();
let cache = memoryStore();
afterEach(() => {
  server = new Server();
  cache = memoryStore();
});

const load = (source: FileSource = { kind: 'url', url: FOLDER }, models?: string) =>
  loadModel(source, { models, download: { cache, fetch: server.fetch } });

const kept = async (): Promise<string[]> => (await cacheList(cache)).filter((f) => f.complete).map(({ url }) => url.slice(url.lastIndexOf('/') + 1)).sort(); // prettier-ignore

describe('a folder', () => {
  test('opens with requests for files alone, and again without a connection', async () => {
    expect((await load()).fromCache).toBe(false);
    expect(server.seen.every((request) => request.startsWith(`GET ${FOLDER}`))).toBe(true);
    expect(await kept()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    server.online = false;
    const again = await load();
    expect(again.fromCache).toBe(true);
    expect(again.weights.get('wpe.weight')).toEqual(tensors.get('wpe.weight')!.data);
  });

  test('in several files likewise', async () => {
    const half = (from: number) => new Map([...tensors].filter((_, i) => i % 2 === from));
    const names = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const weight_map = Object.fromEntries([...tensors.keys()].map((name, i) => [name, names[i % 2]]));
    const { 'model.safetensors': _, ...others } = good;
    server.files = { ...others, 'model.safetensors.index.json': JSON.stringify({ weight_map }), [names[0]]: writeSafetensors(half(0)), [names[1]]: writeSafetensors(half(1)) }; // prettier-ignore
    await load();
    server.online = false;
    expect((await load()).fromCache).toBe(true);
    server.online = true;
    server.files = { ...server.files, 'model.safetensors.index.json': '{"weight_map": {"a": "../secret"}}' };
    server.headers = { etag: '"2"' };
    await expect(load()).rejects.toThrow('expected a plain file name');
  });

  test('is asked for a newer version, which replaces the old one', async () => {
    server.headers = { etag: '"1"' };
    await load();
    expect((await load()).fromCache).toBe(true);
    server.files = { ...good, 'config.json': JSON.stringify({ ...GPT2, layer_norm_epsilon: 0.1 }) };
    expect((await load()).config.eps).toBe(1e-5); // the same version, says the server
    server.headers = { etag: '"2"' };
    const newer = await load();
    expect([newer.config.eps, newer.fromCache]).toEqual([0.1, false]);
    server.online = false;
    expect((await load()).config.eps).toBe(0.1);
  });

  test('a newer version that does not parse leaves the old one', async () => {
    server.headers = { etag: '"1"' };
    await load();
    server.files = { ...good, 'config.json': '<!doctype html>' };
    server.headers = { etag: '"2"' };
    await expect(load()).rejects.toThrow(FileFormatError);
    server.online = false;
    expect((await load()).fromCache).toBe(true);
  });
});

describe('nothing is kept that does not parse', () => {
  test('a page in the place of every file', async () => {
    server.files = {};
    server.page = true;
    await expect(load()).rejects.toThrow(`${FOLDER}: there is no config.json here (a web page came instead)`);
    expect(await kept()).toEqual([]);
    server.files = good;
    expect((await load()).fromCache).toBe(false);
  });

  test.each<[string, string | Uint8Array<ArrayBuffer>]>([
    ['config.json', '{"model_type": "gpt2", '],
    ['config.json', ''],
    ['config.json', '[]'],
    ['tokenizer.json', '{"kind": "by'],
    ['model.safetensors', (good['model.safetensors'] as Uint8Array<ArrayBuffer>).slice(0, -5)],
    ['model.safetensors', 'Entry not found, and some more text to be long enough'],
  ])('%s of a moment: %.20s', async (name, broken) => {
    server.files = { ...good, [name]: broken };
    await expect(load()).rejects.toThrow(FileFormatError);
    expect(await kept()).not.toContain(name);
    server.files = good;
    await load();
    expect(await kept()).toContain(name);
  });

  test('what an earlier version of this program kept is thrown out', async () => {
    server.files = { ...good, 'config.json': '<html>' };
    await download(`${FOLDER}config.json`, { cache, fetch: server.fetch });
    expect(await kept()).toEqual(['config.json']);
    server.files = good;
    expect((await load()).config.layers).toBe(2);
  });

  test('servers of applications, which have a page for what they do not have', async () => {
    server.page = true;
    await load();
    expect(await kept()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
  });
});

describe('shipped models', () => {
  const open = () => load({ kind: 'shipped', name: 'char-mini' }, 'https://models.test/copies');
  const shipped = () =>
    Object.fromEntries(
      Object.keys(good).map((name) => [name, new Uint8Array(readFileSync(`models/char-mini/${name}`))]),
    );

  test('from a folder of copies, by their sums, and again without a connection', async () => {
    server.files = shipped();
    expect(await open()).toMatchObject({ title: 'King James Bible, by character', fromCache: false });
    expect(server.seen).toContain('GET https://models.test/copies/char-mini/config.json');
    server.online = false;
    expect(await open()).toMatchObject({ fromCache: true });
  });

  test('another file in the place of one is refused', async () => {
    server.files = { ...shipped(), 'tokenizer.json': '{"kind":"bytes"}' };
    await expect(open()).rejects.toThrow('its sha256 is not 3986a538');
  });

  test('what lies on disk or in the script is at hand', async () => {
    const [config, tokenizer] = ['config.json', 'tokenizer.json'].map((name) =>
      readFileSync(`models/char-mini/${name}`),
    );
    const urls = {
      'config.json': `data:application/json;base64,${config.toString('base64')}`,
      'tokenizer.json': `data:application/json,${encodeURIComponent(tokenizer.toString())}`,
      'model.safetensors': new URL('../../models/char-mini/model.safetensors', import.meta.url).href,
    };
    const files = Object.entries(urls).map(([name, url]) => ({ name, url, bytes: 1, sha256: '0'.repeat(64) }));
    const { folder } = await fetchListed(files, { fetch: server.fetch });
    expect(server.seen).toEqual([]);
    expect(await folder.get('config.json')!.text()).toBe(config.toString());
    expect(await folder.get('tokenizer.json')!.text()).toBe(tokenizer.toString());
    expect(folder.get('model.safetensors')!.size).toBe(902_856);
  });
});

describe('what is missing is said', () => {
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(good).filter(([name]) => !names.includes(name)));

  test.each<[string, Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>, RegExp]>([
    ['config.json', without('config.json'), /there is no config\.json here \(the server answered 404\); is this the folder of a model\?/],
    ['weights', without('model.safetensors'), /there is no model\.safetensors here \(the server answered 404\)/],
    ['weights but for a pickle', { ...without('model.safetensors'), 'pytorch_model.bin': 'PK' }, /there is no model\.safetensors here, only pytorch_model\.bin: it is a pickle, which can run code; convert/],
    ['weights but for an adapter', { ...without('model.safetensors'), 'adapter_model.safetensors': 'x' }, /only adapter_model\.safetensors: an adapter alone is not a model/],
    ['the tokenizer', without('tokenizer.json'), /there is no tokenizer\.json, nor vocab\.json with merges\.txt, here/],
  ])('%s', async (_, files, message) => {
    server.files = files;
    await expect(load()).rejects.toThrow(message);
  }); // prettier-ignore

  test('vocab.json with merges.txt is a tokenizer', async () => {
    const vocab = JSON.stringify({ a: 0, b: 1, ab: 2, '<|endoftext|>': 3 });
    server.files = { ...without('tokenizer.json'), 'vocab.json': vocab, 'merges.txt': '#version: 0.2\na b\n' };
    const { tokenizer } = await load();
    expect([...tokenizer.encode('ab')]).toEqual([2]);
    expect(tokenizer.special.ends).toEqual([3]);
    expect(tokenizer.label(200)).toBe('<unused 200>');
  });

  test('no connection, nothing kept: the address, what may be wrong, what to try', async () => {
    server.online = false;
    const error = await load().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DownloadError);
    expect((error as Error).message).toMatch(/^https:\/\/models\.test\/mini\/config\.json: no answer: is the address right, is there a connection, does the server allow other sites \(CORS\)\? Open it in a tab to see/); // prettier-ignore
  });

  test('a part that was never fetched is missed offline', async () => {
    const { 'tokenizer.json': _, ...some } = good;
    server.files = some;
    await load().catch(() => undefined);
    server.online = false;
    await expect(load()).rejects.toThrow(DownloadError);
  });

  test('a login', async () => {
    server.files = {};
    server.status = 401;
    await expect(load({ kind: 'url', url: 'nobody/nothing' })).rejects.toThrow(
      'https://huggingface.co/nobody/nothing/resolve/main/config.json: the server answered 401; it may need a login, or be a name that does not exist',
    );
  });
});

describe('addresses', () => {
  const hub = (name: string, branch = 'main', path = ''): string =>
    `https://huggingface.co/${name}/resolve/${branch}/${path}`;
  test.each<[string, string, string?]>([
    ['openai-community/gpt2', hub('openai-community/gpt2')],
    [' gpt2 ', hub('gpt2')],
    ['https://huggingface.co/openai-community/gpt2', hub('openai-community/gpt2')],
    ['https://huggingface.co/openai-community/gpt2/', hub('openai-community/gpt2')],
    ['https://huggingface.co/gpt2', hub('gpt2')],
    ['https://huggingface.co/gpt2/tree/main', hub('gpt2')],
    ['huggingface.co/a/b', hub('a/b')],
    ['https://hf.co/a/b?library=transformers#files', hub('a/b')],
    ['https://huggingface.co/a/b/tree/refs', hub('a/b', 'refs')],
    ['https://huggingface.co/a/b/tree/main/checkpoint-500', hub('a/b', 'main', 'checkpoint-500/')],
    ['https://huggingface.co/a/b/blob/main/model.safetensors', hub('a/b'), 'model.safetensors'],
    ['https://huggingface.co/a/b/resolve/main/config.json', hub('a/b')],
    ['https://host.test/models/mini', 'https://host.test/models/mini/'],
    ['https://host.test/models/mini/?a=b', 'https://host.test/models/mini/'],
    ['https://host.test/models/mini/other.safetensors', 'https://host.test/models/mini/', 'other.safetensors'],
    ['https://host.test/models/v1.5', 'https://host.test/models/v1.5/'],
    ['host.test/models/mini', 'https://host.test/models/mini/'],
    ['./mini', 'https://page.test/demo/mini/'],
    ['/models/mini/', 'https://page.test/models/mini/'],
  ])('%s', (text, folder, weights) => {
    const found = modelAddress(text, 'https://page.test/demo/');
    expect([found.folder, found.weights]).toEqual([folder, weights]);
  });

  test.each([
    ['', 'this is not an address: write owner/name for a model on the hub'],
    ['https://', 'this is not an address'],
    ['file:///models/mini', 'file: cannot be fetched'],
    ['https://huggingface.co/', 'this page of the hub is not a model'],
    ['https://huggingface.co/datasets/a/b', 'this page of the hub is not a model'],
    ['https://host.test/model.gguf', 'weights are fetched as safetensors'],
    ['https://huggingface.co/a/b/blob/main/pytorch_model.bin', 'weights are fetched as safetensors'],
    ['a/b/c d', 'this is not an address'],
  ])('%s is none', (text, message) => {
    expect(() => modelAddress(text)).toThrow(DownloadError);
    expect(() => modelAddress(text)).toThrow(message);
  });
});
