/** Opens what a benchmark runs on. */
import type { CpuEngineOptions } from '../cpu/types.ts';
import { openCpuEngine } from '../cpu/open.ts';
import type { GpuEngine } from '../gpu/engine.ts';
import type { OpenDeviceOptions } from '../gpu/types.ts';
import { choose } from '../kernels/choose.ts';
import { findOp } from '../kernels/registry.ts';
import type { Engine } from '../plan/types.ts';
import type { Bench } from './kernel.ts';
import { planOf } from './one_step.ts';

/**
 * How the engine of a benchmark is opened.
 *
 * @example
 * const options: BenchOptions = { cpu: { threads: 1 } };
 * const bench = await openBench('cpu', options);
 */
export interface BenchOptions {
  /** How a GPU is opened. Default: that of `openGpuEngine`. */
  readonly gpu?: OpenDeviceOptions;
  /** How the CPU engine is opened. Default: that of `openCpuEngine`. */
  readonly cpu?: CpuEngineOptions;
}

/**
 * Opens an engine with the clock that its times are taken on; `bench.engine.close()` closes both.
 *
 * @throws GpuUnavailableError where there is no GPU
 * @example
 * const bench = await openBench('gpu').catch(() => openBench('cpu'));
 */
export async function openBench(kind: 'gpu' | 'cpu', options: BenchOptions = {}): Promise<Bench> {
  if (kind === 'cpu') return { engine: await openCpuEngine(options.cpu) };
  const { openGpuEngine } = await import('../gpu/engine.ts');
  return benchOn(await openGpuEngine(options.gpu));
}

/** An engine that is open already, with the clock that its times are taken on. */
export async function benchOn(engine: Engine): Promise<Bench> {
  if (engine.facts.engine === 'cpu') return { engine };
  const gpu = engine as GpuEngine;
  const { openGpuClock } = await import('./gpu_clock.ts');
  const op = findOp('fma_peak');
  const dims = engine.facts.software ? { N: 2 ** 13, I: 64 } : { N: 2 ** 22, I: 512 };
  const { variant } = choose(op, dims, {}, engine.facts);
  const plan = planOf({ op, dims, scalars: { a: 0.999, b: 0.001 }, facts: engine.facts, variant });
  const scope = gpu.open('clock');
  const runner = await scope.load(plan);
  runner.write(plan.values['inp'], new Float32Array(dims.N).fill(0.5));
  const clock = await openGpuClock(gpu, (pass) => {
    for (let i = 0; i < 4; i++) runner.encode(pass);
  });
  scope.close();
  return { engine, clock };
}
