/** Which engine answers: a real GPU if there is one, else WebAssembly. A software adapter only when asked: wasm is 10–50× faster. */
import { openCpuEngine } from '../cpu/open.ts';
import type { CpuEngineOptions } from '../cpu/types.ts';
import { openGpuEngine } from '../gpu/open.ts';
import { type GpuUnavailable, GpuUnavailableError, type OpenDeviceOptions } from '../gpu/types.ts';
import { SettingsError } from '../plan/settings.ts';
import type { Engine } from '../plan/types.ts';
import { type EngineReason, whyOf } from './reason.ts';

/** `auto`: a real GPU where there is one, else the CPU. `gpu`: any WebGPU adapter, software too. `cpu`: WebAssembly. */
export type EnginePreference = 'auto' | 'gpu' | 'cpu';

/** An engine and why it is this one. */
export interface ChosenEngine {
  readonly engine: Engine;
  /** One sentence for people. */
  readonly why: string;
  /** The same as data. */
  readonly reason: EngineReason;
}

/** @internal */
export const chosen = (engine: Engine, reason: EngineReason): ChosenEngine => ({ engine, why: whyOf(reason), reason });

/** @internal What an error tells of a missing GPU. */
export const missingIn = (error: unknown): { readonly missing: GpuUnavailable; readonly detail: string } => ({
  missing: error instanceof GpuUnavailableError ? error.missing : 'failed',
  detail: error instanceof Error ? error.message : String(error),
});

/**
 * How to open each engine, if it is the one chosen.
 *
 * @example
 * const options: EngineOptions = { gpu: { powerPreference: 'low-power' }, cpu: { threads: 4 } };
 */
export interface EngineOptions {
  /** How a GPU is opened. Default: that of `openGpuEngine`. */
  readonly gpu?: OpenDeviceOptions;
  /** How the CPU engine is opened. Default: that of `openCpuEngine`. */
  readonly cpu?: CpuEngineOptions;
}

/**
 * The adapter's or processor's name, if the browser gives it.
 *
 * @example
 * const { engine } = await chooseEngine();
 * console.log(adapterName(engine));
 */
export function adapterName(engine: Engine): string {
  const { description, device, vendor, architecture } = engine.facts;
  return description || device || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
}

/**
 * Opens the engine and says why it is this one. `gpu` throws GpuUnavailableError where there is none; `auto` never throws for that.
 *
 * @example
 * const { engine, why } = await chooseEngine();
 */
export async function chooseEngine(
  preference: EnginePreference = 'auto',
  options: EngineOptions = {},
): Promise<ChosenEngine> {
  if (preference === 'cpu') return chosen(await openCpuEngine(options.cpu), { code: 'cpu-chosen' });
  if (preference === 'gpu') {
    const engine = await openGpuEngine(options.gpu);
    return chosen(engine, { code: 'gpu-chosen', name: adapterName(engine), software: engine.facts.software });
  }
  if (preference !== 'auto') throw new SettingsError('engine', preference, "'auto', 'gpu' or 'cpu'");
  let engine: Engine;
  try {
    engine = await openGpuEngine(options.gpu);
  } catch (error) {
    const missing = missingIn(error);
    return chosen(await cpuInstead(missing.detail, options), { code: 'no-gpu', ...missing });
  }
  const name = adapterName(engine);
  if (!engine.facts.software) return chosen(engine, { code: 'gpu', name });
  engine.close();
  return chosen(await openCpuEngine(options.cpu), { code: 'only-software', name });
}

/** The CPU where no GPU can be used; if that fails too, both reasons. */
async function cpuInstead(why: string, { cpu }: EngineOptions): Promise<Engine> {
  try {
    return await openCpuEngine(cpu);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${reason}; without that only a GPU can compute, and ${why}`, { cause });
  }
}
