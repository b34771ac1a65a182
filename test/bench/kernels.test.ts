/** The harness on the CPU engine: rows for right kernels, no number for anything else; instances; roofs. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  benchJobs,
  type Bench,
  instance,
  jobsOf,
  largestCase,
  openBench,
  type Progress,
  type Roofs,
} from '../../src/bench/index.ts';
import { openKernel, prepare } from '../../src/bench/kernel.ts';
import { commonStep, agree } from '../../src/bench/gpu_clock.ts';
import { fillCase } from '../../src/kernels/cases/index.ts';
import { findVariant } from '../../src/kernels/op.ts';
import { findOp, ops } from '../../src/kernels/registry.ts';

/** Roofs out of thin air: rates are measured elsewhere. */
const probe = {
  candidate: { name: 'roof', run: async (reps: number) => reps * 1e-3 },
  name: 'roof',
  amount: 1e9,
  close: () => undefined,
};
const wasmOf = (op: string) => findVariant(findOp(op), 'wasm', { engine: 'cpu' });
const softmax = wasmOf('softmax');
const roofs: Roofs = { fma: probe, copy: probe, copyCold: { ...probe } };

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('cpu', { cpu: { threads: 1 } });
});
afterAll(() => bench?.engine.close());

const quick = { samples: 3, shortest: 1e-3 };

test('a kernel gets its rates, its shares of the roofs and its hot and cold times', async () => {
  const { rows, roofs: measured } = await benchJobs(
    bench,
    roofs,
    jobsOf(bench, instance('softmax', { R: 64, C: 256 })),
    quick,
  );
  expect(rows.map((r) => r.cache)).toEqual(['hot', 'cold']);
  for (const row of rows) {
    expect(row).toMatchObject({
      op: 'softmax',
      variant: 'wasm',
      check: '',
      against: 'f64 reference',
      bytes: 2 * 4 * 64 * 256,
    });
    expect(row.gbps! * row.times!.median).toBeCloseTo(row.bytes / 1e9, 12);
    expect(row.gflops).toBeCloseTo(row.gbps! * row.intensity, 9);
    expect(row.ofRoof!.value).toBeGreaterThan(0);
    expect(row.times!.samples.length).toBeGreaterThanOrEqual(3);
  }
  expect(measured.map((r) => r.kind)).toEqual(['fma', 'copy', 'copy cold']);
});

test('progress is told, and what half of the budget does not reach is left out by name', async () => {
  const told: Progress[] = [];
  let clock = 0;
  const { rows, left } = await benchJobs(bench, roofs, jobsOf(bench, instance('softmax', { R: 8, C: 32 })), {
    ...quick,
    budget: 10,
    now: () => (clock += 6000), // every look at the clock takes six seconds
    onProgress: (progress) => told.push(progress),
  });
  expect(rows.map((row) => row.cache)).toEqual(['hot']);
  expect(left).toEqual(['softmax/wasm cold']);
  expect(told[0]).toEqual({ phase: 'check', name: 'softmax/wasm', done: 0, of: 2 });
  const warmed = told.filter((p) => p.phase === 'warm').map((p) => p.name);
  expect(warmed).toEqual(['roof', 'roof', 'roof', 'softmax/wasm']);
  expect(told.at(-1)).toMatchObject({ phase: 'measure', of: 3 });
});

test('a result that is not what the reference says gets no number', async () => {
  const c = instance('softmax', { R: 8, C: 32 });
  const exercise = await prepare(bench.engine, c, [softmax]);
  const wrong = {
    ...exercise,
    want: { out: exercise.want['out'].map((x, i) => (i === 5 ? x + 0.01 : x)) as Float64Array },
  };
  expect(await openKernel(bench, wrong, softmax)).toMatch(
    /wasm: out\[5\]: got .* want .*× the tolerance\) in softmax R=8 C=32/,
  );
  const right = await openKernel(bench, exercise, softmax);
  expect(right).not.toBeTypeOf('string');
});

test('outputs that change between the runs are noticed', async () => {
  const c = instance('softmax', { R: 8, C: 32 });
  const exercise = await prepare(bench.engine, c, [softmax]);
  const kernel = await openKernel(bench, exercise, softmax);
  if (typeof kernel === 'string') throw new Error(kernel);
  await kernel.candidate.run(3);
  expect(await kernel.consume()).toBe('');
  kernel.close();
});

describe('instances', () => {
  test.each([
    ['attention_dqkv', { B: 1, T: 4, S: 4, NH: 2, NKV: 2, HS: 8 }],
    ['cross_entropy', { R: 4, V: 16 }],
    ['embedding', { R: 4, T: 4, C: 8, V: 16, TMAX: 8 }],
    ['embedding_dweight', { R: 6, C: 4, V: 3 }],
    ['attention_decode', { B: 1, NH: 2, NKV: 2, HS: 8, TMAX: 8 }],
    ['adamw', { N: 8, ND: 4 }],
  ])('%s has inputs that make sense at any size', async (op, dims) => {
    const c = instance(op, dims);
    for (const [port, values] of Object.entries(fillCase(c, findOp(op), 1))) {
      const isInput = findOp(op).ports.find((p) => p.name === port)!.dir === 'in';
      if (isInput)
        expect(
          values.some((x) => x !== 0),
          port,
        ).toBe(true);
    }
    const kernel = await openKernel(bench, await prepare(bench.engine, c, [wasmOf(op)]), wasmOf(op));
    expect(kernel).not.toBeTypeOf('string');
  });

  test('missing dims and ports without numbers are told by name', () => {
    for (const [dims, message] of [
      [{ M: 1e6, N: 1e6, K: 8 }, /elements of out of matmul is 1000000000000/],
      [{ M: 0, N: 4, K: 4 }, /M of matmul \(dims Z M N K\) is 0/],
      [{ M: -4, N: 4, K: 4 }, /M of matmul .* is -4/],
      [{ M: 2.5, N: 4, K: 4 }, /M of matmul .* is 2\.5/],
      [{ M: 4, N: 4, K: 4, Q: 1 }, /a dim of matmul is "Q"; one of Z M N K was expected/],
    ] as const)
      expect(() => instance('matmul', dims)).toThrow(message);
    expect(instance('matmul', { M: 4, N: 4, K: 4 }).dims).toEqual({ Z: 1, M: 4, N: 4, K: 4 });
    expect(() => instance('softmax', { R: 8 })).toThrow(
      /C of softmax \(dims R C\) is missing; a whole number from 1 to/,
    );
    expect(() => instance('attention', { B: 1, T: 4, S: 4, NH: 1, NKV: 1, HS: 4 }, { MASK: 2 })).toThrow(/port spans/);
  });

  test('every op has a largest case', () => {
    for (const name of ops.keys()) expect(largestCase(name).op).toBe(name);
  });
});

test('the step of a clock and whether two clocks agree', () => {
  expect(commonStep([65536n * 3n, -65536n * 10n, 0n])).toBe(65536n);
  expect(commonStep([])).toBe(0n);
  expect(agree(0.0098, 0.01)).toBe(true);
  expect(agree(0.0001, 0.01)).toBe(false); // stamps taken before the work began
  expect(agree(0.02, 0.01)).toBe(false);
  expect(agree(0, 0.01)).toBe(false);
});
