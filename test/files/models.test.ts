/** llama2.c, minGPT, and the door to all formats; the real files. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openLlama2cModel } from '../../src/files/llama2c.ts';
import { openMinGpt } from '../../src/files/mingpt.ts';
import { openTensors } from '../../src/files/open.ts';
import { openSafetensors } from '../../src/files/safetensors.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { readAll } from '../../src/files/tensors.ts';
import { FileFormatError } from '../../src/files/types.ts';
import { dataBytes, dataPath } from '../data.ts';
import { SEED, tensors } from './made.ts';

/** A llama2.c model of these sizes, weights 0, 1, 2, … */
function llama(sizes: number[], floats: number): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(28 + 4 * floats);
  new Int32Array(file.buffer, 0, 7).set(sizes);
  new Float32Array(file.buffer, 28).set(Float32Array.from({ length: floats }, (_, i) => i));
  return file;
}

describe('llama2.c', () => {
  // dim 4, hidden 6, 2 layers, 2 heads, 1 key head, 5 tokens, 3 positions
  const sizes = [4, 6, 2, 2, 1, 5, 3];
  const floats = 20 + 2 * (4 + 16 + 8 + 8 + 16 + 4 + 24 + 24 + 24) + 4 + 2 * 3;

  test('names and shapes, tied and untied', async () => {
    const tied = await openLlama2cModel(llama(sizes, floats));
    expect(tied.config).toEqual({
      dim: 4,
      hidden_dim: 6,
      n_layers: 2,
      n_heads: 2,
      n_kv_heads: 1,
      vocab_size: 5,
      seq_len: 3,
      tied: true,
    });
    expect(tied.tensors.size).toBe(2 + 2 * 9);
    expect(tied.tensors.get('layers.1.attention.wk.weight')?.shape).toEqual([2, 4]);
    expect(tied.tensors.get('layers.0.feed_forward.w2.weight')?.shape).toEqual([4, 6]);
    // embeddings take 20 numbers, then come the norms of both layers
    expect([...(await tied.f32('layers.1.attention_norm.weight'))]).toEqual([24, 25, 26, 27]);
    expect((await tied.f32('norm.weight'))[0]).toBe(floats - 6 - 4);
    const untied = await openLlama2cModel(llama(sizes.with(5, -5), floats + 20));
    expect(untied.config).toMatchObject({ vocab_size: 5, tied: false });
    expect((await untied.f32('output.weight'))[0]).toBe(floats);
  });

  test.each<[string, Uint8Array, string]>([
    ['a cut header', llama(sizes, 0).subarray(0, 27), 'its header alone takes 28'],
    ['no data', llama(sizes, 0), 'tensor "tok_embeddings.weight", bytes 28 … 108: shape [5, 4] in f32 does not fit'],
    ['a cut file', llama(sizes, floats - 1), 'does not fit: the file ends at'],
    [
      'too much data',
      llama(sizes, floats + 1),
      `account for ${28 + 4 * floats} bytes, the file has ${32 + 4 * floats}`,
    ],
    ['an untied head that is missing', llama(sizes.with(5, -5), floats), 'tensor "output.weight"'],
    ['no layers', llama(sizes.with(2, 0), floats), 'n_layers is 0'],
    [
      'two thousand million layers',
      llama(sizes.with(2, 2 ** 31 - 1), floats),
      'n_layers is 2147483647, the most is 1024',
    ],
    ['a huge width', llama([2 ** 30, 2 ** 30, 1, 1, 1, 2 ** 30, 1], 4), 'does not fit'],
    ['heads that do not divide', llama(sizes.with(3, 3), floats), 'do not go together'],
    ['a later version', llama([0x616b3432, 2, 0, 0, 0, 0, 0], 8), "this is version 2 of llama2.c's export"],
  ])('%s', async (_, file, message) => {
    const opened = openLlama2cModel(file, 'model.bin');
    await expect(opened).rejects.toThrow(FileFormatError);
    await expect(opened).rejects.toThrow(message);
  });

  test('mutated files', async () => {
    const good = llama(sizes, floats);
    const mutation = fc.tuple(fc.array(fc.tuple(fc.nat(27), fc.nat(255)), { maxLength: 3 }), fc.nat(good.length));
    const property = fc.asyncProperty(mutation, async ([bytes, cut]) => {
      const file = good.slice(0, cut > good.length / 2 ? good.length : cut);
      for (const [at, byte] of bytes) if (at < file.length) file[at] = byte;
      try {
        const all = await readAll(await openLlama2cModel(file));
        expect(all.size).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(FileFormatError);
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: 400 });
  });
});

describe('minGPT', () => {
  const base64 = (values: number[]): string =>
    btoa(String.fromCharCode(...new Uint8Array(Float32Array.from(values).buffer)));
  const good = {
    config: { n_layer: 1 },
    'transformer.wte.weight': { shape: [1, 2], dtype: 'torch.float32', data: base64([1, -2]) },
  };
  const entry = good['transformer.wte.weight'];
  const bytes = (json: unknown): Uint8Array<ArrayBuffer> =>
    new TextEncoder().encode(typeof json === 'string' ? json : JSON.stringify(json));

  test('reads config and numbers', async () => {
    const file = await openMinGpt(bytes(good));
    expect(file.config).toEqual({ n_layer: 1 });
    expect([...(await file.f32('transformer.wte.weight'))]).toEqual([1, -2]);
  });

  test.each<[string, unknown, string]>([
    ['a cut file', JSON.stringify(good).slice(0, 50), 'it is not JSON'],
    ['no config', { a: entry }, 'has no config'],
    ['an entry that is none', { ...good, a: 'x' }, 'tensor "a": its entry is "x"'],
    ['another type', { ...good, a: { ...entry, dtype: 'torch.int8' } }, 'its dtype is "torch.int8"'],
    [
      'a shape that does not fit',
      { ...good, a: { ...entry, shape: [3] } },
      '8 bytes for f32 of shape [3], which takes 12',
    ],
    ['a shape that overflows', { ...good, a: { ...entry, shape: [2 ** 40, 2 ** 40] } }, 'more than can be counted'],
    ['no data', { ...good, a: { ...entry, data: 5 } }, 'its data is 5'],
    [
      'a name twice',
      `{"config":{},"a":${JSON.stringify(entry)},"a":${JSON.stringify(entry)}}`,
      'tensor "a": it comes twice',
    ],
  ])('%s', async (_, json, message) => {
    const opened = openMinGpt(bytes(json), 'm.json');
    await expect(opened).rejects.toThrow(FileFormatError);
    await expect(opened).rejects.toThrow(message);
  });

  test('data that is no base64 is found when it is read', async () => {
    for (const data of ['*'.repeat(11), `${'A'.repeat(5)} ${'A'.repeat(5)}`]) {
      const file = await openMinGpt(bytes({ ...good, a: { ...entry, data } }));
      await expect(file.f32('a')).rejects.toThrow(FileFormatError);
    }
  });
});

describe('any file', () => {
  test.each<[string, string, string]>([
    ['GGUF', 'GGUF\x03\0\0\0\0\0\0\0', 'this is a GGUF file'],
    ['PyTorch', 'PK\x03\x04\0\0\0\0\0\0\0\0', 'PyTorch (zip) file, which can run code'],
    ['a pickle', '\x80\x02}q\0(X\0\0\0\0', 'Python pickle'],
    ['Git LFS', 'version https://git-lfs.github.com/spec/v1\noid sha256:…', 'Git LFS pointer'],
    ['a web page', '\n<!DOCTYPE html><html>', 'this is a web page'],
    ['noise', 'qwertyuiopasdfghjklzxcvbnmqwertyuiop', 'as a llama2.c model it fails'],
    ['next to nothing', 'ab', '2 bytes are too few'],
  ])('%s is told apart', async (_, text, message) => {
    const file = new File([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], 'dropped.bin');
    const opened = openTensors(file);
    await expect(opened).rejects.toThrow(FileFormatError);
    await expect(opened).rejects.toThrow('dropped.bin: ');
    await expect(opened).rejects.toThrow(message);
  });

  test('the three formats are recognised', async () => {
    expect((await openTensors(writeSafetensors(tensors({ a: [[1], [1]] })))).format).toBe('safetensors');
    expect((await openTensors(llama([4, 6, 1, 2, 1, 5, 3], 20 + 128 + 4 + 6))).format).toBe('llama2.c');
    expect((await openTensors(new Blob(['{"config": {}}']))).format).toBe('minGPT');
  });

  test('a file that shrinks while it is open', async () => {
    const blob = new Blob([writeSafetensors(tensors({ a: [[1], [1]] }))]);
    const file = await openSafetensors(blob);
    blob.slice = () => new Blob(['']);
    await expect(file.f32('a')).rejects.toThrow('the file has changed since it was opened');
    blob.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }) as Blob;
    await expect(file.f32('a')).rejects.toThrow('cannot be read: was the file changed or removed?');
  });
});

describe.skipIf(!dataPath('weights'))('real files', () => {
  test('tiny GPT-2 as Hugging Face writes it', async () => {
    const file = await openTensors(dataBytes('weights/tiny-gpt2-hub-layout/model.safetensors'));
    expect(file.metadata).toEqual({ format: 'pt' });
    expect(file.tensors.get('h.0.attn.c_attn.weight')?.shape).toEqual([2, 6]);
    expect(file.tensors.get('wpe.weight')?.shape).toEqual([1024, 2]);
    const all = await readAll(file);
    for (const { data } of all.values()) expect(data.every(Number.isFinite)).toBe(true);
    const again = await openSafetensors(writeSafetensors(all, { metadata: { ...file.metadata } }));
    for (const [name, { data }] of all) expect(await again.f32(name)).toEqual(data);
  });

  test('stories260K', async () => {
    const file = await openTensors(dataBytes('weights/stories260K/stories260K.bin'));
    expect(file.config).toMatchObject({
      dim: 64,
      hidden_dim: 172,
      n_layers: 5,
      n_heads: 8,
      n_kv_heads: 4,
      vocab_size: 512,
      seq_len: 512,
      tied: true,
    });
    expect(file.tensors.get('layers.4.attention.wv.weight')?.shape).toEqual([32, 64]);
    // norms start at 1 and stay near it: a wrong place in the file would not
    for (const name of ['layers.0.attention_norm.weight', 'layers.4.ffn_norm.weight', 'norm.weight']) {
      const values = await file.f32(name);
      expect(values.every((value) => value > 0.05 && value < 12)).toBe(true);
    }
  });

  test('gpt-nano', async () => {
    const file = await openTensors(dataBytes('weights/gpt-nano-sort/gpt-nano-sort-model.json'));
    expect(file.config).toMatchObject({ n_layer: 3, n_head: 3, n_embd: 48, vocab_size: 3, block_size: 11 });
    expect(file.tensors.get('transformer.h.2.attn.c_attn.weight')?.shape).toEqual([144, 48]);
    const wte = await file.f32('transformer.wte.weight');
    expect(wte).toHaveLength(144);
    expect(Math.abs(wte[0])).toBeLessThan(1);
  });
});
