/** Files of tensors: round trips, real files, and everything that can be wrong with one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBfloats, fromHalves, toBfloat, toHalf } from '../../src/files/half.ts';
import { duplicateKey } from '../../src/files/json.ts';
import { openLlama2cModel } from '../../src/files/llama2c.ts';
import { openMinGpt } from '../../src/files/mingpt.ts';
import { openTensors } from '../../src/files/open.ts';
import { openSafetensors, writeSafetensors } from '../../src/files/safetensors.ts';
import { openSharded } from '../../src/files/sharded.ts';
import { readAll } from '../../src/files/tensors.ts';
import { FileFormatError } from '../../src/files/types.ts';
import type { NamedTensor } from '../../src/files/types.ts';
import { dataBytes, dataPath } from '../data.ts';

const SEED = 20_260_923;

const tensors = (entries: Record<string, [number[], number[]]>): Map<string, NamedTensor> =>
  new Map(Object.entries(entries).map(([name, [shape, data]]) => [name, { shape, data: Float32Array.from(data) }]));

/** A safetensors file with any header and any data. */
function made(header: unknown, data = 0, length?: bigint): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

describe('16-bit floats', () => {
  test('all 65,536 halves go there and back; rounding is to the nearest even', () => {
    const words = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
    const values = fromHalves(words);
    const wrong = words.filter((word, i) =>
      Number.isNaN(values[i]) ? (toHalf(values[i]) & 0x7fff) <= 0x7c00 : toHalf(values[i]) !== word,
    );
    expect([...wrong]).toEqual([]);
    expect([values[0x3c00], values[1], values[0xfbff], values[0x7c00]]).toEqual([1, 2 ** -24, -65_504, Infinity]);
    const roundings: [number, number][] = [[1 + 2 ** -11, 0x3c00], [1 + 3 * 2 ** -11, 0x3c02], [65_519, 0x7bff], [65_520, 0x7c00], [2 ** -25, 0], [1.5 * 2 ** -24, 2], [-0, 0x8000]]; // prettier-ignore
    for (const [value, word] of roundings) expect(toHalf(value), String(value)).toBe(word);
  });

  test('bf16 likewise', () => {
    const words = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);
    const values = fromBfloats(words);
    const wrong = words.filter((word, i) =>
      Number.isNaN(values[i]) ? (toBfloat(values[i]) & 0x7fff) <= 0x7f80 : toBfloat(values[i]) !== word,
    );
    expect([...wrong]).toEqual([]);
    expect([1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, Infinity].map(toBfloat)).toEqual([0x3f80, 0x3f82, 0x7f80, 0x7f80]);
    expect(fromBfloats([toBfloat(Number.NaN)])[0]).toBeNaN();
  });
});

describe('safetensors', () => {
  const some = tensors({ a: [[2, 3], [1, -2, 3.5, 0, 1e-3, 6e4]], scalar: [[], [7]], none: [[0, 4], []] }); // prettier-ignore

  test.each(['F32', 'F16', 'BF16'] as const)('writes and reads %s', async (dtype) => {
    const file = await openSafetensors(
      writeSafetensors(some, { dtype, metadata: { format: 'pt', 'an "odd" key': '生' } }),
    );
    expect(file.metadata).toEqual({ format: 'pt', 'an "odd" key': '生' });
    expect([...file.tensors.keys()].toSorted()).toEqual(['a', 'none', 'scalar']);
    expect(file.tensors.get('a')).toMatchObject({ dtype, shape: [2, 3] });
    const read = await file.f32('a');
    const relative = { F32: 0, F16: 2 ** -11, BF16: 2 ** -8 }[dtype];
    for (const [i, value] of (some.get('a') as NamedTensor).data.entries()) {
      expect(Math.abs(read[i] - value)).toBeLessThanOrEqual(Math.abs(value) * relative);
    }
    expect([...(await file.f32('scalar'))]).toEqual([7]);
    expect(await file.f32('none')).toHaveLength(0);
    expect(await file.raw('a')).toHaveLength(6 * { F32: 4, F16: 2, BF16: 2 }[dtype]);
    expect((await readAll(file)).get('a')?.shape).toEqual([2, 3]);
  });

  test('any tensors come back bit by bit, from bytes, a Blob and a File', async () => {
    const any = fc.array(
      fc.tuple(fc.string({ unit: 'binary', maxLength: 12 }), fc.array(fc.nat(4), { maxLength: 3 }), fc.integer()),
      { maxLength: 6 },
    );
    const property = fc.asyncProperty(any, async (list) => {
      const map = new Map<string, NamedTensor>();
      for (const [name, shape, seed] of list) {
        const count = shape.reduce((a, b) => a * b, 1);
        const bits = Uint32Array.from({ length: count }, (_, i) => Math.imul(seed + i, 0x9e3779b1));
        // JSON cannot carry lone surrogates through UTF-8
        if (name !== '__metadata__' && !/\p{Surrogate}/u.test(name))
          map.set(name, { shape, data: new Float32Array(bits.buffer) });
      }
      const bytes = writeSafetensors(map);
      for (const data of [bytes, bytes.buffer, new Blob([bytes]), new File([bytes], 'x.safetensors')]) {
        const file = await openSafetensors(data);
        expect(file.tensors.size).toBe(map.size);
        for (const [name, { data }] of map) {
          expect(Buffer.from(data.buffer).equals(await file.raw(name)), name).toBe(true);
        }
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: 40 });
  });

  test('data that is not aligned, and bytes that lie inside a larger buffer', async () => {
    const header = {
      a: { dtype: 'F32', shape: [1], data_offsets: [1, 5] },
      b: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
    };
    const file = made(`${JSON.stringify(header)} `, 5);
    new DataView(file.buffer).setFloat32(file.length - 4, 2.5, true);
    const larger = new Uint8Array(file.length + 6);
    larger.set(file, 3);
    const open = await openSafetensors(larger.subarray(3, 3 + file.length));
    expect([...(await open.f32('a'))]).toEqual([2.5]);
    (await open.f32('a'))[0] = 9; // what is read is the reader's own
    expect([...(await open.f32('a'))]).toEqual([2.5]);
  });

  test('other element types: bytes, but no numbers', async () => {
    const file = await openSafetensors(
      made({ ids: { dtype: 'I64', shape: [2], data_offsets: [0, 16] } }, 16),
      'm.safetensors',
    );
    expect(await file.raw('ids')).toHaveLength(16);
    const failure = await file.f32('ids').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileFormatError);
    expect(failure).toMatchObject({ file: 'm.safetensors', tensor: 'ids' });
    expect((failure as Error).message).toContain(
      'its elements are I64, and only F32, F16 and BF16 are read as numbers',
    );
    expect((await readAll(file)).size).toBe(0);
    await expect(file.raw('other')).rejects.toThrow(
      'm.safetensors: tensor "other": it is not in the file, which has 1 tensors: "ids"',
    );
  });

  const one = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  test.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(0), '0 bytes are no safetensors file'],
    ['seven bytes', new Uint8Array(7), '7 bytes'],
    ['a cut header', made({ a: one }).subarray(0, 30), 'the file is cut short'],
    [
      'a header of 2⁶³ bytes',
      made('{}', 0, 1n << 63n),
      'a header of 9223372036854775808 bytes is asked for, the most is 100000000',
    ],
    ['a header of 99 MB in a file of 100 bytes', made('{}', 90, 99_000_000n), 'the file is cut short'],
    ['no JSON', made('{"a":'), 'is no JSON in UTF-8'],
    ['no UTF-8', made('{"a": 1}').fill(0xff, 11, 12), 'is no JSON in UTF-8'],
    ['a list', made([]), 'the header is []: want an object'],
    ['a space in front', made(` ${JSON.stringify({})}`), 'want an object'],
    ['metadata of numbers', made({ __metadata__: { a: 1 } }), '__metadata__ is {"a":1}: want an object of texts'],
    ['an entry that is none', made({ a: 5 }), 'tensor "a": its entry is 5'],
    ['an unknown dtype', made({ a: { ...one, dtype: 'Q4' } }, 8), 'its dtype is "Q4"'],
    ['a dtype of the prototype', made({ a: { ...one, dtype: 'toString' } }, 8), 'its dtype is "toString"'],
    ['a negative size', made({ a: { ...one, shape: [-2] } }, 8), 'its shape is [-2]'],
    ['half an element', made({ a: { ...one, shape: [1.5] } }, 8), 'its shape is [1.5]'],
    ['a size of text', made({ a: { ...one, shape: ['2'] } }, 8), 'its shape is ["2"]'],
    [
      'sizes that overflow',
      made({ a: { ...one, shape: [2 ** 52, 2 ** 52] } }, 8),
      'which takes more than can be counted',
    ],
    [
      'sizes that overflow to the right number',
      made({ a: { ...one, shape: [2 ** 32, 2 ** 32] } }, 8),
      'more than can be counted',
    ],
    ['one offset', made({ a: { ...one, data_offsets: [0] } }, 8), 'its data_offsets are [0]'],
    ['offsets that run backwards', made({ a: { ...one, data_offsets: [8, 0] } }, 8), 'they end before they begin'],
    ['offsets behind the end', made({ a: { ...one, data_offsets: [0, 8] } }, 4), 'the file ends at'],
    [
      'shape and bytes that disagree',
      made({ a: { ...one, shape: [3] } }, 8),
      '8 bytes for F32 of shape [3], which takes 12',
    ],
    ['an overlap', made({ a: one, b: { ...one, data_offsets: [4, 12] } }, 12), 'tensor "b", bytes'],
    ['the same place twice', made({ a: one, b: one }, 8), 'overlaps "a"'],
    ['a gap', made({ a: { ...one, data_offsets: [4, 12] } }, 12), 'leaves a gap behind the header'],
    ['data that belongs to nobody', made({ a: one }, 12), '4 bytes belong to no tensor'],
    [
      'a name twice',
      made(`{"a":${JSON.stringify(one)},"a":${JSON.stringify(one)}}`, 8),
      'tensor "a": the header names it twice',
    ],
    [
      'a name twice, spelled differently',
      made(`{"a":${JSON.stringify(one)},"\\u0061":${JSON.stringify(one)}}`, 8),
      'names it twice',
    ],
  ])('%s is an error', async (_, file, message) => {
    const opened = openSafetensors(file, 'bad.safetensors');
    await expect(opened).rejects.toThrow(FileFormatError);
    await expect(opened).rejects.toThrow('bad.safetensors: ');
    await expect(opened).rejects.toThrow(message);
  });

  test('errors carry tensor and offsets', async () => {
    const failure: unknown = await openSafetensors(made({ a: one }, 4)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ tensor: 'a', offsets: [62, 70] });
  });

  test('a name of the prototype is a name like any other', async () => {
    const file = await openSafetensors(made(`{"__proto__":${JSON.stringify(one)}}`, 8));
    expect([...file.tensors.keys()]).toEqual(['__proto__']);
    expect(await file.f32('__proto__')).toHaveLength(2);
    await expect(file.f32('toString')).rejects.toThrow('not in the file');
  });

  test('nothing is written that cannot be read', () => {
    expect(() => writeSafetensors(tensors({ __metadata__: [[1], [1]] }))).toThrow('this name is taken');
    expect(() => writeSafetensors(tensors({ a: [[3], [1, 2]] }))).toThrow(
      'tensor "a": 2 numbers do not fill shape [3]',
    );
    expect(() => writeSafetensors(tensors({ a: [[2], [1, 7e4]] }), { dtype: 'F16' })).toThrow(
      '70000 at 1 is too large for F16',
    );
    expect(writeSafetensors(tensors({ a: [[2], [Infinity, Number.NaN]] }), { dtype: 'F16' }).length % 2).toBe(0);
  });

  test('mutated files: an error of ours or a file that can be read, and no allocation beyond the file', async () => {
    const good = writeSafetensors(some, { dtype: 'F16', metadata: { format: 'pt' } });
    const mutation = fc.record({
      at: fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
      length: fc.option(fc.nat(good.length + 40)),
      digit: fc.option(fc.tuple(fc.nat(20), fc.constantFrom('0', '1', '9', '-', 'e', ',', '"', '{'))),
    });
    const property = fc.asyncProperty(mutation, async ({ at, length, digit }) => {
      const file = new Uint8Array(length ?? good.length);
      file.set(good.subarray(0, file.length));
      for (const [place, byte] of at) if (place < file.length) file[place] = byte;
      if (digit) {
        // somewhere in the header stands a number: change it
        const numbers = [...new TextDecoder('latin1').decode(file.subarray(8, 250)).matchAll(/\d/g)];
        const place = numbers.at(digit[0] % Math.max(1, numbers.length))?.index;
        if (place !== undefined && 8 + place < file.length) file[8 + place] = digit[1].charCodeAt(0);
      }
      try {
        const open = await openSafetensors(file);
        let bytes = 0;
        for (const name of open.tensors.keys()) bytes += (await open.raw(name)).length;
        expect(bytes).toBeLessThanOrEqual(file.length);
        for (const { data } of (await readAll(open)).values())
          expect(data.byteLength).toBeLessThanOrEqual(2 * file.length);
      } catch (error) {
        expect(error).toBeInstanceOf(FileFormatError);
      }
    });
    await fc.assert(property, { seed: SEED, numRuns: 1500 });
  });

  test('a header of many entries takes no quadratic time', async () => {
    const header = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, i) => [`t${i}`, { dtype: 'U8', shape: [1], data_offsets: [i, i + 1] }]),
    );
    const start = performance.now();
    expect((await openSafetensors(made(header, 50_000))).tensors.size).toBe(50_000);
    expect(performance.now() - start).toBeLessThan(20_000); // 0.3 s; quadratic would be minutes
  });
});

describe('keys that come twice', () => {
  test('are found at every depth, and strings that only look like keys are not', () => {
    expect(duplicateKey('{"a": {"b": 1, "c": "b", "b": 2}}')).toBe('b');
    expect(duplicateKey('{"a": ["x", "x", {"x": "x"}], "x": "a", "b": "{\\"a\\": 1, \\"a\\": 2}"}')).toBeUndefined();
    expect(duplicateKey('{"a\\"" : 1 , "a\\u0022" \n\t : 2}')).toBe('a"');
    expect(duplicateKey('"a"')).toBeUndefined();
  });
});

describe('several files', () => {
  const one = writeSafetensors(tensors({ a: [[2], [1, 2]] }), { metadata: { format: 'pt' } });
  const two = writeSafetensors(tensors({ b: [[1], [3]] }));
  const folder: Record<string, Uint8Array> = {
    'model-00001-of-00002.safetensors': one,
    'model-00002-of-00002.safetensors': two,
  };
  const opened: string[] = [];
  const open = (file: string) => {
    opened.push(file);
    return openSafetensors(folder[file], file);
  };
  const [first, second] = Object.keys(folder);

  test('read as one, each opened once', async () => {
    const file = await openSharded({ metadata: { total_size: 12 }, weight_map: { a: first, b: second } }, open);
    expect(opened).toEqual([first, second]);
    expect([...(await file.f32('a')), ...(await file.f32('b'))]).toEqual([1, 2, 3]);
    expect([...(await readAll(file)).keys()]).toEqual(['a', 'b']);
    expect(file.metadata).toEqual({ format: 'pt' });
    await expect(file.raw('toString')).rejects.toThrow('it is in none of the 2 files');
  });

  test.each<[string, unknown, string]>([
    ['no map', { metadata: {} }, 'weight_map is undefined'],
    [
      'a tensor that its file lacks',
      { weight_map: { c: first } },
      'tensor "c": model-00001-of-00002.safetensors, which should have it, does not',
    ],
    ['a way out of the folder', { weight_map: { a: '../secret' } }, 'want a plain file name'],
    ['another host', { weight_map: { a: 'https://example.org/x' } }, 'want a plain file name'],
    ['a hidden file', { weight_map: { a: '.env' } }, 'want a plain file name'],
    ['a number', { weight_map: { a: 5 } }, 'its file is 5'],
  ])('%s', async (_, index, message) => {
    const failure = openSharded(index, open, 'index.json');
    await expect(failure).rejects.toThrow(FileFormatError);
    await expect(failure).rejects.toThrow(message);
  });
});

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
    ['a cut file', JSON.stringify(good).slice(0, 50), 'it is no JSON'],
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
