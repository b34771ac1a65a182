/** Which engine answers: a real GPU if there is one, else WebAssembly. A software adapter only when asked: wasm is 10–50× faster. */
import { openCpuEngine } from '../cpu/open.ts';
import type { CpuEngineOptions } from '../cpu/types.ts';
import { openGpuEngine } from '../gpu/open.ts';
import type { OpenDeviceOptions } from '../gpu/types.ts';
import { SettingsError } from '../plan/settings.ts';
import type { Engine } from '../plan/types.ts';

/** `auto`: a real GPU where there is one, else the CPU. `gpu`: any WebGPU adapter, software too. `cpu`: WebAssembly. */
export type EnginePreference = 'auto' | 'gpu' | 'cpu';

/** An engine and why it is this one. */
export interface ChosenEngine {
  readonly engine: Engine;
  /** One sentence for people. */
  readonly why: string;
}

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
  if (preference === 'cpu') return { engine: await openCpuEngine(options.cpu), why: 'CPU, as you chose' };
  if (preference === 'gpu') {
    const engine = await openGpuEngine(options.gpu);
    const name = adapterName(engine);
    return { engine, why: `${name}, as you chose${engine.facts.software ? ': a CPU playing a GPU' : ''}` };
  }
  if (preference !== 'auto') throw new SettingsError('engine', preference, "'auto', 'gpu' or 'cpu'");
  let engine: Engine;
  try {
    engine = await openGpuEngine(options.gpu);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { engine: await cpuInstead(why, options), why: `CPU, because ${why}` };
  }
  if (!engine.facts.software) return { engine, why: `${adapterName(engine)}, this machine's GPU` };
  const name = adapterName(engine);
  engine.close();
  return {
    engine: await openCpuEngine(options.cpu),
    why: `CPU, because the only WebGPU adapter here (${name}) is software, and WebAssembly is faster`,
  };
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
