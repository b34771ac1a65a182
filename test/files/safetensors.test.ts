/** Safetensors in one file and in several: round trips, and everything that can be wrong with one. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openSafetensors } from '../../src/files/safetensors.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { readAll } from '../../src/files/tensors.ts';
import { FileFormatError } from '../../src/files/types.ts';
import type { NamedTensor } from '../../src/files/types.ts';
import { made, SEED, tensors } from './made.ts';

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
    ['nothing', new Uint8Array(0), '0 bytes are too few for a safetensors file'],
    ['seven bytes', new Uint8Array(7), '7 bytes'],
    ['a cut header', made({ a: one }).subarray(0, 30), 'the file is cut short'],
    [
      'a header of 2⁶³ bytes',
      made('{}', 0, 1n << 63n),
      'a header of 9223372036854775808 bytes is announced, the limit is 100000000',
    ],
    ['a header of 99 MB in a file of 100 bytes', made('{}', 90, 99_000_000n), 'the file is cut short'],
    ['no JSON', made('{"a":'), 'is not JSON in UTF-8'],
    ['no UTF-8', made('{"a": 1}').fill(0xff, 11, 12), 'is not JSON in UTF-8'],
    ['a list', made([]), 'the header is []; expected an object'],
    ['a space in front', made(` ${JSON.stringify({})}`), 'expected an object'],
    ['metadata of numbers', made({ __metadata__: { a: 1 } }), '__metadata__ is {"a":1}; expected an object of texts'],
    ['an entry that is none', made({ a: 5 }), 'tensor "a": its entry is 5'],
    ['a dtype that is no name', made({ a: { ...one, dtype: 4 } }, 8), 'its dtype is 4; expected a name'],
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
