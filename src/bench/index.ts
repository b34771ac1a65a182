/** The measuring harness, the same in node and in a page. bench/cli.ts shows how to use it. */
import { openCpuEngine } from '../cpu/engine.ts';
import type { CpuEngineOptions } from '../cpu/types.ts';
import { openGpuEngine } from '../gpu/engine.ts';
import type { OpenDeviceOptions } from '../gpu/types.ts';
import { planOf } from './one_step.ts';
import { findOp } from '../kernels/registry.ts';
import { choose } from '../kernels/choose.ts';
import { openGpuClock } from './gpu_clock.ts';
import type { Bench } from './kernel.ts';

export { benchJobs, bestRoofs, type GroupResult, type Job, jobsOf } from './bench.ts';
export { compareRecords, type Compared, type Comparison, rowName } from './compare.ts';
export { instance, largestCase } from './instance.ts';
export { type Bench, openKernel, prepare } from './kernel.ts';
export { type Contender, clockQuantum, measure, type MeasureOptions, type Timing } from './measure.ts';
export * from './record.ts';
export { openRoofs, type Probe, type Roofs } from './roofs.ts';
export { median, medianInterval, pairedRatio } from './stats.ts';
export { type Trace, type TraceOptions, type TraceRow, traceRunner, traceToken } from './trace.ts';

/** Opens an engine with the clock that its times are taken on. Throws GpuUnavailableError where there is no GPU. */
export async function openBench(
  kind: 'gpu' | 'cpu',
  options: { gpu?: OpenDeviceOptions; cpu?: CpuEngineOptions } = {},
): Promise<Bench> {
  if (kind === 'cpu') return { engine: await openCpuEngine(options.cpu) };
  const engine = await openGpuEngine(options.gpu);
  const op = findOp('fma_peak');
  const dims = engine.facts.software ? { N: 2 ** 13, I: 64 } : { N: 2 ** 22, I: 512 };
  const { variant } = choose(op, dims, {}, engine.facts);
  const plan = planOf({ op, dims, scalars: { a: 0.999, b: 0.001 }, facts: engine.facts, variant });
  const scope = engine.open('clock');
  const runner = await scope.load(plan);
  runner.write(plan.values['inp'], new Float32Array(dims.N).fill(0.5));
  const clock = await openGpuClock(engine, (pass) => {
    for (let i = 0; i < 4; i++) runner.encode(pass);
  });
  scope.close();
  return { engine, clock };
}
