/** The GPU engine's options and errors: everything that can be used without loading it. */
import type { CompilerMessage } from '../plan/types.ts';

/** What is missing where there is no GPU: WebGPU; any adapter; an adapter or device that the browser would give; or it failed otherwise. */
export type GpuUnavailable = 'webgpu' | 'adapter' | 'adapter-refused' | 'device-refused' | 'failed';

/**
 * No usable WebGPU here; the message says what is missing and what to do, and `missing` the same as a word.
 *
 * @example
 * if (error instanceof GpuUnavailableError) engine = await openCpuEngine();
 */
export class GpuUnavailableError extends Error {
  override readonly name = 'GpuUnavailableError';
  readonly missing: GpuUnavailable;

  constructor(message: string, { missing = 'failed', ...options }: ErrorOptions & { missing?: GpuUnavailable } = {}) {
    super(message, options);
    this.missing = missing;
  }
}

/**
 * A kernel or command that WebGPU refused; the message names op, variant and dims.
 *
 * @example
 * if (error instanceof GpuError) console.error(error.message);
 */
export class GpuError extends Error {
  override readonly name: string = 'GpuError';
}

/**
 * A kernel's text that the compiler refused.
 *
 * @example
 * if (error instanceof ShaderError)
 *   for (const { line, column, message } of error.messages) console.log(`${line}:${column} ${message}`);
 */
export class ShaderError extends GpuError {
  override readonly name = 'ShaderError';
  /** What the compiler said, in the lines of the text as its author sees it. */
  readonly messages: readonly CompilerMessage[];

  constructor(message: string, messages: readonly CompilerMessage[]) {
    super(message);
    this.messages = messages;
  }
}

/**
 * The part of WebGPU's `GPU` that opening an engine needs: `navigator.gpu`, or Dawn's `create([])` in node. It is not lib.dom's type, so
 * that the package's declarations compile where there are no WebGPU types (TypeScript before 6 without @webgpu/types).
 */
export interface GpuEntry {
  /** Gives an adapter, or null where there is none. */
  requestAdapter(options?: { powerPreference?: 'low-power' | 'high-performance' }): Promise<object | null>;
}

/**
 * How a GPU device is opened.
 *
 * @example
 * const options: OpenDeviceOptions = { powerPreference: 'low-power' };
 */
export interface OpenDeviceOptions {
  /** Default: `navigator.gpu`. */
  readonly gpu?: GpuEntry | undefined;
  /** Which of several GPUs. Default: the browser's choice. */
  readonly powerPreference?: 'low-power' | 'high-performance';
}
