/** Which engine answers: a real GPU if there is one, else WebAssembly. A software adapter only when asked: wasm is 10–50× faster. */
import { type CpuEngineOptions, openCpuEngine } from '../cpu/engine.ts';
import { GpuUnavailableError } from '../gpu/device.ts';
import { type GpuEngineOptions, openGpuEngine } from '../gpu/engine.ts';
import type { Engine } from '../plan/types.ts';

export type EnginePreference = 'auto' | 'gpu' | 'cpu';

export interface ChosenEngine {
  readonly engine: Engine;
  /** One sentence for people. */
  readonly why: string;
}

export interface EngineOptions {
  readonly gpu?: GpuEngineOptions;
  readonly cpu?: CpuEngineOptions;
}

export function adapterName(engine: Engine): string {
  const { description, device, vendor, architecture } = engine.facts;
  return description || device || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
}

/** Opens the engine. `gpu` throws GpuUnavailableError where there is none; `auto` never throws for that. */
export async function chooseEngine(
  preference: EnginePreference = 'auto',
  options: EngineOptions = {},
): Promise<ChosenEngine> {
  if (preference === 'cpu') return { engine: await openCpuEngine(options.cpu), why: 'CPU, as you chose' };
  if (preference === 'gpu') {
    const engine = await openGpuEngine(options.gpu);
    return {
      engine,
      why: engine.facts.software
        ? `${adapterName(engine)}, as you chose: a CPU playing a GPU`
        : `${adapterName(engine)}, as you chose`,
    };
  }
  let engine: Engine;
  try {
    engine = await openGpuEngine(options.gpu);
  } catch (error) {
    if (!(error instanceof GpuUnavailableError)) throw error;
    return { engine: await openCpuEngine(options.cpu), why: `CPU, because ${error.message}` };
  }
  if (!engine.facts.software) return { engine, why: `${adapterName(engine)}, this machine's GPU` };
  const name = adapterName(engine);
  engine.destroy();
  return {
    engine: await openCpuEngine(options.cpu),
    why: `CPU, because the only WebGPU adapter here (${name}) is software, and WebAssembly is faster`,
  };
}
