import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instance } from '../../src/bench/index.ts';
import { type CpuEngine, openCpuEngine } from '../../src/cpu/engine.ts';
import { choose } from '../../src/kernels/choose.ts';
import { fillOptions } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import type { Dims, Options } from '../../src/plan/types.ts';
import { cpuFacts } from '../../src/cpu/facts.ts';
import { checkOnAll } from './check.ts';

/** Engines that must give the same bits stand together. */
let engines: CpuEngine[][];
beforeAll(async () => {
  const open = (threads: number, fused: boolean) => openCpuEngine({ threads, fused, shareAll: true });
  engines = [await Promise.all([open(1, false), open(2, false)]), [await open(2, true)]];
});
afterAll(() => {
  for (const engine of engines.flat()) engine.close();
});

const chosen = (op: string, dims: Dims, options: Options = {}): string =>
  choose(findOp(op), dims, fillOptions(findOp(op), options), cpuFacts(2, true)).variant.name;

describe.each([1, 3, 4, 20, 22, 36, 40, 47])('heads of %i numbers', (HS) => {
  const self: Dims = { B: 2, T: 21, S: 21, NH: 4, NKV: 4, HS };
  const grouped: Dims = { ...self, NKV: 2 };
  const cross: Dims = { ...grouped, S: 3 };
  const shapes: [string, Dims, Options][] = [
    ['causal', self, { MASK: 1 }],
    ['grouped queries', grouped, { MASK: 1 }],
    ['across, few keys', cross, { MASK: 0, CROSS: 1 }],
  ];
  const forward = { SAVE_LSE: 1 };
  for (const [what, dims, options] of shapes)
    it.each([
      ['attention', forward],
      ['attention_dqkv', {}],
      ['attention_weights', {}],
    ] as const)(`%s is right in WebAssembly, ${what}`, async (op, more) => {
      const c = instance(op, dims, { ...options, ...more });
      expect(chosen(op, c.dims, c.options)).toBe('wasm');
      await checkOnAll(engines, c, HS);
    });

  it('attention_decode is right in WebAssembly', async () => {
    const c = instance('attention_decode', { B: 2, NH: 4, NKV: 2, HS, TMAX: 19 });
    expect(chosen('attention_decode', c.dims)).toBe('wasm');
    await checkOnAll(engines, c, HS);
  });
});
