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
  const { openAdapter, openDevice } = await import('./device.ts');
  // where there is none, nothing else is loaded
  const adapter = await openAdapter(options);
  const engine = Promise.all([import('./engine.ts'), completeOps()]);
  engine.catch(() => undefined); // it is awaited below, unless there is no device
  const { device, facts } = await openDevice(adapter);
  try {
    const [{ GpuEngine }] = await engine;
    return new GpuEngine(device, facts);
  } catch (error) {
    device.destroy();
    throw error;
  }
}
