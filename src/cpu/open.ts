/** The entry to the CPU engine: the engine and its WebAssembly are loaded only when one is opened. */
import type { Engine } from '../plan/types.ts';
import type { CpuEngineOptions } from './types.ts';

/**
 * Opens the engine that needs no GPU: WebAssembly with SIMD, on threads where memory may be shared. In a page, open it inside a worker:
 * a run returns when its work is done.
 *
 * @throws SettingsError for settings out of range; Error naming the directive when the page's Content-Security-Policy forbids WebAssembly
 * @example
 * const engine = await openCpuEngine({ threads: 2 });
 * console.log(engine.facts.description);
 * engine.close();
 */
export async function openCpuEngine(options: CpuEngineOptions = {}): Promise<Engine> {
  return (await import('./engine.ts')).openCpuEngine(options);
}
