/** One GPU engine for the tests of a file, replaced after each that fails. */
import { afterAll, afterEach } from 'vitest';
import { type GpuEngine, openGpuEngine } from '../../src/gpu/engine.ts';

/**
 * Compiled kernels are worth sharing, trouble is not: what a test that ran out of time still computes, or a device that it lost, would
 * spoil the next one. So a failed test's engine is closed, which ends its work, and the next test opens another.
 * @returns the engine of the moment
 */
export function sharedEngine(): () => Promise<GpuEngine> {
  let engine: Promise<GpuEngine> | undefined;
  const close = async () => {
    const old = engine;
    engine = undefined;
    await old?.then(
      (e) => e.close(),
      () => undefined, // it never opened: its test has said so
    );
  };
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await close();
  });
  afterAll(close);
  return () => (engine ??= openGpuEngine());
}
