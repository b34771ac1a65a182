import { expect, it } from 'vitest';
import { planOf } from '../../src/bench/one_step.ts';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { findVariant } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';

/** (M K)·(K N) of ones and counted rows, through an engine with that many threads. */
async function product(threads: number): Promise<{ description: string; out: Float32Array }> {
  const engine = await openCpuEngine({ threads, fused: false, shareAll: true });
  try {
    const [M, N, K] = [37, 29, 600];
    const op = findOp('matmul');
    const variant = findVariant(op, 'wasm', engine.facts);
    const plan = planOf({ op, dims: { Z: 1, M, N, K }, facts: engine.facts, variant });
    const runner = await engine.open('test').load(plan);
    runner.write(
      plan.values['a'],
      Float32Array.from({ length: M * K }, (_, i) => Math.floor(i / K)),
    );
    runner.write(plan.values['b'], new Float32Array(K * N).fill(1));
    runner.run({ times: 3 });
    const [bytes] = await runner.read(plan.values['out']);
    return { description: engine.facts.description, out: new Float32Array(bytes) };
  } finally {
    engine.close();
  }
}

it('computes in the page, alone and with workers on shared memory', async () => {
  const one = await product(1);
  const two = await product(2);
  expect(one.description).toBe('WebAssembly SIMD, 1 thread');
  expect(crossOriginIsolated).toBe(true);
  expect(two.description).toBe('WebAssembly SIMD, 2 threads');
  expect(one.out).toEqual(Float32Array.from({ length: 37 * 29 }, (_, i) => Math.floor(i / 29) * 600));
  expect(two.out).toEqual(one.out);
});
