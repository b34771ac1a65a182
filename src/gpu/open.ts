/** The entry to the GPU engine: the engine and its shaders are loaded only when one is opened. */
import { completeOps } from '../kernels/complete.ts';
import type { Engine } from '../plan/types.ts';
import type { OpenDeviceOptions } from './types.ts';

/**
 * Opens a GPU device and the engine on it.
 *
 * @throws GpuUnavailableError, with the reason, where there is none
 * @example
 * const engine = await openGpuEngine({ powerPreference: 'high-performance' });
 * console.log(engine.facts.description);
 * engine.close();
 */
export async function openGpuEngine(options: OpenDeviceOptions = {}): Promise<Engine> {
  const [{ openGpuEngine: open }] = await Promise.all([import('./engine.ts'), completeOps()]);
  return open(options);
}
