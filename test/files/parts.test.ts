/** What safetensors files are made of: 16-bit floats and JSON; and models in several files. */
import { describe, expect, test } from 'vitest';
import { fromBfloats, fromHalves, toBfloat, toHalf } from '../../src/files/half.ts';
import { duplicateKey } from '../../src/files/json.ts';
import { openSafetensors } from '../../src/files/safetensors.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { openSharded } from '../../src/files/sharded.ts';
import { readAll } from '../../src/files/tensors.ts';
import { FileFormatError } from '../../src/files/types.ts';
import { tensors } from './made.ts';

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
    ['a way out of the folder', { weight_map: { a: '../secret' } }, 'expected a plain file name'],
    ['another host', { weight_map: { a: 'https://example.org/x' } }, 'expected a plain file name'],
    ['a hidden file', { weight_map: { a: '.env' } }, 'expected a plain file name'],
    ['a number', { weight_map: { a: 5 } }, 'its file is 5'],
  ])('%s', async (_, index, message) => {
    const failure = openSharded(index, open, 'index.json');
    await expect(failure).rejects.toThrow(FileFormatError);
    await expect(failure).rejects.toThrow(message);
  });
});
