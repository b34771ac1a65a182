/** Compiles compute pipelines, each once, under an error scope; the text is the key. */
import type { CompilerMessage, Counters } from '../plan/types.ts';
import { GpuError, ShaderError } from './types.ts';

export type BindingKind = 'read' | 'write' | 'uniform';

export interface PipelineRequest {
  /** Names op, variant and dims in errors. */
  readonly label: string;
  readonly code: string;
  readonly entry: string;
  readonly constants: Readonly<Record<string, number>>;
  /** Kind of each binding of group 0 by number; numbers that the code does not declare may be left out. */
  readonly bindings: ReadonlyMap<number, BindingKind>;
}

interface Module {
  readonly module: GPUShaderModule;
  readonly error: Promise<GPUError | null>;
}

const TYPES = { read: 'read-only-storage', write: 'storage', uniform: 'uniform' } as const;

/** Binding numbers that the text declares in group 0. */
export function declaredBindings(code: string): number[] {
  const numbers = new Set<number>();
  for (const [, n] of code.matchAll(/@group\(0\)\s*@binding\((\d+)\)/g)) numbers.add(Number(n));
  return [...numbers].sort((a, b) => a - b);
}

const layoutKey = (bindings: ReadonlyMap<number, BindingKind>): string =>
  [...bindings].map(([n, kind]) => `${n}${kind[0]}`).join(' ');

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #counters: Counters;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #modules = new Map<string, Module>();

  constructor(device: GPUDevice, counters: Counters) {
    this.#device = device;
    this.#counters = counters;
  }

  /** Throws GpuError with the compiler's messages (line:column) when the text or the pipeline is refused. */
  get(request: PipelineRequest): Promise<GPUComputePipeline> {
    const { code, entry, constants, bindings } = request;
    const key = `${entry}|${JSON.stringify(constants)}|${layoutKey(bindings)}|${code}`;
    let found = this.#pipelines.get(key);
    if (!found) {
      found = this.#compile(request);
      this.#pipelines.set(key, found);
      found.catch(() => this.#pipelines.delete(key));
    }
    return found;
  }

  /** The layout of pipelines with these bindings; available at once, so that bind groups need not wait for the compiler. */
  layout(bindings: ReadonlyMap<number, BindingKind>): GPUBindGroupLayout {
    const key = layoutKey(bindings);
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

  /** What the compiler said about a text that was compiled. */
  async messages(code: string): Promise<CompilerMessage[]> {
    const found = this.#modules.get(code);
    return found ? messagesOf(found.module) : [];
  }

  async #compile({ label, code, entry, constants, bindings }: PipelineRequest): Promise<GPUComputePipeline> {
    // request the pipeline without waiting for anything: in a page, waiting would cost a round trip to the GPU process
    const { module, error: refused } = this.#module(label, code);
    this.#counters.pipelines++;
    try {
      return await this.#device.createComputePipelineAsync({
        label,
        layout: this.#device.createPipelineLayout({ label, bindGroupLayouts: [this.layout(bindings)] }),
        compute: { module, entryPoint: entry, constants },
      });
    } catch (error) {
      const shader = await refused;
      if (!shader)
        throw new GpuError(
          `${label}: the pipeline was refused: ${error instanceof Error ? error.message : String(error)}`,
        );
      this.#modules.delete(code);
      const messages = await messagesOf(module);
      const lines = messages.filter((m) => m.severity === 'error').map((m) => `${m.line}:${m.column} ${m.message}`);
      throw new ShaderError(`${label}: the shader was refused: ${lines.join('; ') || shader.message}`, messages);
    }
  }

  #module(label: string, code: string): Module {
    let found = this.#modules.get(code);
    if (!found) {
      this.#device.pushErrorScope('validation');
      const module = this.#device.createShaderModule({ label, code });
      // perhaps nobody is waiting when the device is lost; then the pipeline says so
      found = { module, error: this.#device.popErrorScope().catch(() => null) };
      this.#modules.set(code, found);
    }
    return found;
  }
}

/** The compiler's messages as data. Composing a text adds no lines, so its lines are the author's. */
async function messagesOf(module: GPUShaderModule): Promise<CompilerMessage[]> {
  const { messages } = await module.getCompilationInfo();
  return messages.map(({ type, lineNum, linePos, message }) => ({
    severity: type,
    line: lineNum,
    column: linePos,
    message,
  }));
}
