/** Compiles compute pipelines, each once, under an error scope; the text is the key. */
import type { Counters } from '../plan/types.ts';
import { GpuError } from './device.ts';

export type BindingKind = 'read' | 'write' | 'uniform';

export interface PipelineRequest {
  /** Names op, variant and dims in errors. */
  readonly label: string;
  readonly code: string;
  readonly entry: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Kind of each binding of group 0 by number; a number that the code does not declare may be left out. */
  readonly bindings: ReadonlyMap<number, BindingKind>;
}

export interface CompiledPipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const TYPES = { read: 'read-only-storage', write: 'storage', uniform: 'uniform' } as const;

/** Binding numbers that the text declares in group 0. */
export function declaredBindings(code: string): number[] {
  const numbers = new Set<number>();
  for (const [, n] of code.matchAll(/@group\(0\)\s*@binding\((\d+)\)/g)) numbers.add(Number(n));
  return [...numbers].sort((a, b) => a - b);
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #counters: Counters;
  readonly #pipelines = new Map<string, Promise<CompiledPipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #modules = new Map<string, Promise<GPUShaderModule>>();

  constructor(device: GPUDevice, counters: Counters) {
    this.#device = device;
    this.#counters = counters;
  }

  /** Throws GpuError with the compiler's messages (line:column) when the text or the pipeline is refused. */
  get(request: PipelineRequest): Promise<CompiledPipeline> {
    const { code, entry, constants, bindings } = request;
    const layoutKey = [...bindings].map(([n, kind]) => `${n}${kind[0]}`).join(' ');
    const key = `${entry}|${JSON.stringify(constants)}|${layoutKey}|${code}`;
    let found = this.#pipelines.get(key);
    if (!found) {
      found = this.#compile(request, this.#layout(layoutKey, bindings));
      this.#pipelines.set(key, found);
      found.catch(() => this.#pipelines.delete(key));
    }
    return found;
  }

  #layout(key: string, bindings: ReadonlyMap<number, BindingKind>): GPUBindGroupLayout {
    let layout = this.#layouts.get(key);
    if (!layout) {
      layout = this.#device.createBindGroupLayout({
        label: key,
        entries: [...bindings].map(([binding, kind]) => ({
          binding,
          visibility: 4 /* COMPUTE */,
          buffer: { type: TYPES[kind] },
        })),
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  async #compile(request: PipelineRequest, layout: GPUBindGroupLayout): Promise<CompiledPipeline> {
    const { label, entry, constants } = request;
    const module = await this.#module(label, request.code);
    this.#counters.pipelines++;
    try {
      const pipeline = await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: entry, constants },
      });
      return { pipeline, layout };
    } catch (error) {
      throw new GpuError(
        `${label}: the pipeline was refused: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #module(label: string, code: string): Promise<GPUShaderModule> {
    let found = this.#modules.get(code);
    if (!found) {
      found = this.#createModule(label, code);
      this.#modules.set(code, found);
      found.catch(() => this.#modules.delete(code));
    }
    return found;
  }

  async #createModule(label: string, code: string): Promise<GPUShaderModule> {
    this.#device.pushErrorScope('validation');
    const module = this.#device.createShaderModule({ label, code });
    const error = await this.#device.popErrorScope();
    if (!error) return module;
    const info = await module.getCompilationInfo();
    const lines = info.messages.filter((m) => m.type === 'error').map((m) => `${m.lineNum}:${m.linePos} ${m.message}`);
    throw new GpuError(`${label}: the shader was refused: ${lines.join('; ') || error.message}`);
  }
}
