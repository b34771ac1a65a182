/** Opens the WebAssembly module and the workers that share its memory: in node, in a page's worker, or alone. */
import { startWorker } from '../plan/start_worker.ts';
import threadSource from './thread.js?raw';

/** What src/cpu/wasm/main.ts exports. */
export interface CpuModule {
  init(id: number, threads: number, sleeps: number): void;
  run(table: number, count: number, crewed: number, scratch: number, stride: number): void;
  quit(): void;
}

/** What the engine needs from a worker, in node or in a page. */
export interface CpuThread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  /** Calls back when src/cpu/thread.js has answered, or with the reason why it cannot. */
  once(ready: () => void, failed: (reason: unknown) => void): void;
}

interface NodeWorker {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref(): void;
  once(event: string, listener: (value: unknown) => void): void;
}
interface NodeModules {
  'node:worker_threads': { Worker: new (source: string, options: { eval: true }) => NodeWorker };
  'node:os': { availableParallelism(): number };
  'node:v8': { setFlagsFromString(flags: string): void };
}
type NodeProcess = { getBuiltinModule?<K extends keyof NodeModules>(name: K): NodeModules[K] } | undefined;
const node = (globalThis as { process?: NodeProcess }).process;

/** Number of cores that this machine reports. */
export function cores(): number {
  return node?.getBuiltinModule?.('node:os')?.availableParallelism() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
}

/** Whether memory can be shared with workers here; a page needs cross-origin isolation (COOP and COEP headers). */
export function canShare(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && (globalThis.crossOriginIsolated ?? true);
}

/** Whether this thread may sleep until another wakes it; the main thread of a page may not. */
export function maySleep(): boolean {
  return typeof document === 'undefined';
}

/** Smallest module with a relaxed multiply-add: one function that drops the result. */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 20, 1, 18, 0, 65, 0, 253, 17, 65, 0, 253, 17, 65, 0,
  253, 17, 253, 133, 2, 26, 11,
]);

/**
 * True where WebAssembly has fused multiply-add: about a third faster in matmul, with results that differ by rounding. Node before 22
 * has it behind a flag of V8, which `insist` sets for the whole process.
 */
export function hasRelaxedSimd(insist: boolean): boolean {
  if (insist && !WebAssembly.validate(RELAXED_PROBE))
    node?.getBuiltinModule?.('node:v8')?.setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(RELAXED_PROBE);
}

/** A module as a script holds it, or where a build (tools/raw-wasm.mjs) has laid it: a quarter smaller on the way. */
interface WasmFile {
  readonly memoryFlagAt: number;
  readonly base64?: string;
  readonly url?: string;
}

async function bytesOf({ base64, url }: WasmFile): Promise<Uint8Array<ArrayBuffer>> {
  if (base64 !== undefined) return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const response = await fetch(url!);
  if (!response.ok)
    throw new Error(`the CPU engine's code is not at ${url} (${response.status}): copy the whole folder`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Machine code by what it multiplies with and how much it has; a bundler sees each import. */
const FILES = {
  relaxed: () => import('./wasm_relaxed.gen.ts'),
  plain: () => import('./wasm_plain.gen.ts'),
  'relaxed first': () => import('./wasm_relaxed_first.gen.ts'),
  'plain first': () => import('./wasm_plain_first.gen.ts'),
};

/**
 * The compiled module; `shared` says what kind of memory it will be given, `first` that the kernels which generate text are enough.
 * @throws Error naming the directive, when a page's Content-Security-Policy forbids WebAssembly
 */
export async function compileModule(shared: boolean, fused: boolean, first = false): Promise<WebAssembly.Module> {
  const file: WasmFile = (await FILES[`${fused ? 'relaxed' : 'plain'}${first ? ' first' : ''}`]()).default;
  const bytes = await bytesOf(file);
  if (!shared) bytes[file.memoryFlagAt] = 1;
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    if (!(cause instanceof Error) || !/\bCSP\b|Content.Security.Policy|unsafe-eval/i.test(cause.message)) throw cause;
    throw new Error(
      "this page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src directive",
      { cause },
    );
  }
}

/** Starts src/cpu/thread.js as a worker. */
export function spawnThread(): CpuThread {
  const threads = node?.getBuiltinModule?.('node:worker_threads');
  if (threads) {
    // from its text: beside a bundle there is no thread.js
    const worker = new threads.Worker(threadSource, { eval: true });
    worker.unref(); // an engine that was never closed must not keep the process alive
    return {
      postMessage: (message) => worker.postMessage(message),
      terminate: () => worker.terminate(),
      once: (ready, failed) => {
        worker.once('message', ready);
        worker.once('error', failed);
      },
    };
  }
  const worker = startWorker(() => new Worker(new URL('./thread.js', import.meta.url), { type: 'module' }));
  return {
    postMessage: (message) => worker.postMessage(message),
    terminate: () => worker.terminate(),
    once: (ready, failed) => {
      worker.addEventListener('message', () => ready(), { once: true });
      worker.addEventListener('error', (event) => failed(event.message || 'the worker script could not be loaded'), {
        once: true,
      });
    },
  };
}

/** Starts `threads` − 1 workers on the memory and waits until all are inside `work`. */
export async function openCrew(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  threads: number,
  spawn: () => CpuThread,
): Promise<CpuThread[]> {
  const crew: CpuThread[] = [];
  try {
    const ready: Promise<void>[] = [];
    for (let id = 1; id < threads; id++) {
      const thread = spawn();
      crew.push(thread);
      ready.push(
        new Promise<void>((resolve, reject) => {
          thread.once(resolve, (reason) =>
            reject(
              new Error(`thread ${id} of the CPU engine did not start: ${String(reason)}; open it with threads: 1`),
            ),
          );
        }),
      );
      thread.postMessage({ module, memory, id, threads });
    }
    await Promise.all(ready);
    return crew;
  } catch (error) {
    for (const thread of crew) thread.terminate();
    throw error;
  }
}
