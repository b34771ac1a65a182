/** Records: what is written can be read, what is wrong is refused by name; comparison pairs rows. */
import { describe, expect, test } from 'vitest';
import { section } from '../../bench/render.ts';
import { kernelTable, modelTable, table } from '../../bench/tables.ts';
import { compareRecords } from '../../src/bench/compare.ts';
import {
  adapterTitle,
  type BenchRecord,
  type KernelRow,
  parseRecord,
  RecordError,
  type Times,
} from '../../src/bench/record.ts';
import { referenceFacts } from '../../src/reference/engine.ts';

const times = (samples: readonly number[]): Times => ({
  median: samples[1],
  interval: [samples[0], samples[2]],
  min: samples[0],
  samples,
  reps: 8,
  dropped: 0,
});

function kernel(variant: string, samples: readonly number[], more: Partial<KernelRow> = {}): KernelRow {
  const row = {
    op: 'matmul',
    variant,
    knobs: { WG: 8 },
    dims: { Z: 1, M: 4, N: 4, K: 4 },
    options: { TB: 1 },
    cache: 'hot' as const,
    check: '',
    against: 'f64 reference',
  };
  return {
    ...row,
    times: times(samples),
    flops: 128,
    bytes: 192,
    intensity: 128 / 192,
    ofRoof: { value: 0.5, interval: [0.4, 0.6] },
    ...more,
  };
}

function record(kernels: readonly KernelRow[], more: Partial<BenchRecord> = {}): BenchRecord {
  return {
    schema: 'nextoken-bench',
    version: 1,
    date: '2026-01-02T03:04:05.678Z',
    method: 'as it should be',
    host: { node: 'v20' },
    adapter: referenceFacts,
    clock: { kind: 'wall', quantum: 1e-6, why: 'there is no other' },
    roofs: [{ name: 'fma_peak/vec4', kind: 'fma', rate: 1e10, times: times([1, 2, 3]) }],
    kernels,
    models: [{ model: 'mini', what: 'decode', unit: 'tokens/s', value: 100, check: '', counters: { dispatches: 23 } }],
    bars: [{ bar: 'matmul', wanted: '≥ 2', measured: 3, unit: '×', pass: true, note: '' }],
    ...more,
  };
}

describe('records', () => {
  test('come back from JSON as they were', () => {
    const made = record([
      kernel('direct', [1, 2, 3]),
      kernel('naive', [], { check: 'out[0]: got 1, want 2', times: undefined as never }),
    ]);
    expect(parseRecord(JSON.parse(JSON.stringify(made)))).toEqual(JSON.parse(JSON.stringify(made)));
  });

  test.each([
    ['another program', { schema: 'other' }, /schema/],
    ['a newer version', { version: 2 }, /version: 1/],
    ['no date', { date: 5 }, /record\.date/],
    ['kernels that are no list', { kernels: {} }, /record\.kernels/],
    ['a roof without a rate', { roofs: [{ name: 'x', kind: 'fma', times: times([1, 2, 3]) }] }, /roofs\[0\]\.rate/],
    [
      'a rate that is not finite',
      { roofs: [{ name: 'x', kind: 'fma', rate: Infinity, times: times([1, 2, 3]) }] },
      /finite/,
    ],
    [
      'a number for a wrong kernel',
      { kernels: [kernel('direct', [1, 2, 3], { check: 'out[0] is wrong' })] },
      /no number for a kernel that failed/,
    ],
    [
      'no number for a right kernel',
      { kernels: [kernel('direct', [], { times: undefined as never })] },
      /times for a kernel that passed/,
    ],
    [
      'a bar that is neither met nor missed',
      { bars: [{ bar: 'x', wanted: '1', measured: 1, unit: '', pass: 'yes', note: '' }] },
      /bars\[0\]\.pass/,
    ],
  ])('%s is refused', (_what, fault, message) => {
    const broken: unknown = { ...record([]), ...fault };
    expect(() => parseRecord(broken)).toThrow(RecordError);
    expect(() => parseRecord(broken)).toThrow(message);
  });

  test('a software adapter is never called a GPU without saying so', () => {
    expect(adapterTitle({ ...referenceFacts, engine: 'gpu', description: 'llvmpipe' })).toBe(
      'llvmpipe (software: a CPU playing a GPU)',
    );
    expect(adapterTitle({ ...referenceFacts, engine: 'cpu', description: 'wasm' })).toMatch(/^CPU engine/);
    expect(section('x.json', record([]))).toContain('### CPU engine');
  });
});

describe('compare', () => {
  test('pairs samples, so that a drift that both saw goes out', () => {
    const a = record([kernel('direct', [1, 2, 4])]);
    const b = record([kernel('direct', [3, 6, 12], { ofRoof: { value: 0.25, interval: [0.2, 0.3] } })]);
    const { rows, unpaired } = compareRecords(a, b);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ ratio: 3, interval: [3, 3], perRoof: 2 });
    expect(rows[0].name).toBe('matmul/direct Z=1 M=4 N=4 K=4 TB=1 WG=8 hot');
    expect(unpaired).toEqual([]);
  });

  test('says what has no partner, and why', () => {
    const a = record([kernel('direct', [1, 2, 3]), kernel('naive', [1, 2, 3])]);
    const b = record([
      kernel('naive', [], { check: 'out[3]: got NaN', times: undefined as never }),
      kernel('tiled', [1, 2, 3]),
    ]);
    const { rows, unpaired } = compareRecords(a, b);
    expect(rows).toEqual([]);
    expect(unpaired.join('\n')).toMatch(/direct.*only in a\n.*naive.*got NaN\n.*tiled.*only in b/);
  });

  test('refuses two machines, if not asked to compare them anyway', () => {
    const other = record([], { adapter: { ...referenceFacts, description: 'another' } });
    expect(() => compareRecords(record([]), other)).toThrow(/"cpu plain loops in f64".*"cpu another"/);
    expect(compareRecords(record([]), other, true).rows).toEqual([]);
  });
});

test('tables align', () => {
  expect(
    table(
      ['a', 'b'],
      [
        ['xyz', '1.5'],
        ['é', '12'],
      ],
    ),
  ).toBe('| a   |   b |\n| --- | --: |\n| xyz | 1.5 |\n| é   |  12 |');
});

describe('a kernel in a table', () => {
  const cells = (text: string): string[][] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('| m'))
      .map((line) => line.split('|').map((cell) => cell.trim()));
  const rates = { gflops: 1.23456, gbps: 2.34567, intensity: 128 / 192 };
  const steady = kernel('quad', [0.98e-3, 1e-3, 1.02e-3], rates);
  const noisy = kernel('tiled', [1.4e-3, 2.15e-3, 2.9e-3], rates);

  test('has digits by its interval; a noisy one has a word, a range and no rates', () => {
    const text = kernelTable([steady, noisy]);
    const [quad, tiled] = cells(text);
    expect(quad.slice(5, 9)).toEqual(['1.00 ms ± 2 %', '0.000128', '0.000192', '0.667']);
    expect(tiled.slice(5, 8)).toEqual(['too busy: 1.4–2.9 ms', '–', '–']);
    expect(text).toContain(
      '- matmul/tiled Z=1 M=4 N=4 K=4 TB=1 hot: this machine is too busy: 1.4–2.9 ms; measure again when it is quiet',
    );
  });

  test('on a busy machine has a range and two digits', () => {
    expect(cells(kernelTable([steady], { busy: true }))[0].slice(5, 8)).toEqual([
      '≈ 1.0 ms (0.98–1.0)',
      '≈ 0.00013',
      '≈ 0.00019',
    ]);
  });

  test('that is wrong has its fault below; another measure than f64 is said', () => {
    const wrong = kernel('naive', [], { check: 'out[0]: got 1, want 2', times: undefined as never });
    const text = kernelTable([wrong, kernel('quad', [1, 1, 1], { against: 'naive, itself right on the small cases' })]);
    expect(cells(text)[0][5]).toBe('wrong');
    expect(text).toContain(
      '- matmul/naive Z=1 M=4 N=4 K=4 TB=1 hot: a wrong kernel has no speed: out[0]: got 1, want 2',
    );
    expect(text).toContain('checked against naive, itself right on the small cases, not f64');
  });
});

test('a quantity of a model: with its interval, or its size where it was taken once', () => {
  const row = { model: 'mini', check: '', what: 'decode', unit: 'tokens/s', value: 123.4 };
  const text = modelTable([
    { ...row, interval: [121, 126] },
    { ...row, what: 'weights to first token', unit: 's', value: 0.4123 },
    { ...row, check: 'other tokens' },
  ]);
  expect(text).toContain('| 123 tokens/s ± 2 % |');
  expect(text).toContain('| ≈ 410 ms ');
  expect(text).toContain('| wrong ');
});
