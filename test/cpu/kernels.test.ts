import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CpuEngine, openCpuEngine } from '../../src/cpu/engine.ts';
import { kernelNumbers } from '../../src/cpu/kernels.ts';
import { cases, randomCase } from '../../src/kernels/cases/index.ts';
import { randomStream } from '../../src/sample/random.ts';
import { plainLoops } from '../../src/kernels/cpu.ts';
import { ops } from '../../src/kernels/registry.ts';
import { checkOnAll } from './check.ts';

const seed = Number(process.env.TEST_SEED ?? Date.now() % 1e6);

/** Engines that must give the same bits stand together. */
let engines: CpuEngine[][];
beforeAll(async () => {
  // `shareAll` shares out even the smallest step
  const open = (threads: number, fused: boolean) => openCpuEngine({ threads, fused, shareAll: true });
  engines = [
    await Promise.all([open(1, false), open(2, false), open(3, false)]),
    await Promise.all([open(1, true), open(2, true)]),
  ];
});
afterAll(() => {
  for (const engine of engines.flat()) engine.close();
});

it('node has fused multiply-add when asked', () => {
  expect(engines[1][0].facts.description).toBe('WebAssembly SIMD with fused multiply-add, 1 thread');
});

it('every kernel that a record names is in the module, and one that is not is an error that names it', () => {
  expect(() => kernelNumbers({})).toThrow(/variant "wasm" of op (\w+) calls kernel "\1", which the WebAssembly/);
  for (const op of ops.values()) expect(op.cpu.at(-1), op.name).toBe(plainLoops);
});

describe.each([...ops.keys()])('%s', (name) => {
  // millions of elements are about the grids of a GPU, and take the reference minutes
  const own = cases.filter((c) => c.op === name && (c.dims.N ?? 0) < 2 ** 22);

  it(`is right with plain and fused multiply-add, with the same bits on 1, 2 and 3 threads: ${own.length} cases`, async () => {
    expect(own.length).toBeGreaterThan(0);
    for (const c of own) await checkOnAll(engines, c, seed);
  });

  it('so it is on random dims and options', async () => {
    const random = randomStream(seed, 77);
    for (let i = 0; i < 12; i++) await checkOnAll(engines, randomCase(ops.get(name)!, random), seed + i);
  });
});
