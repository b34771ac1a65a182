/**
 * Runs Plans without a GPU: WebAssembly SIMD on threads that share one memory, and plain loops for what has no kernel. At load, a
 * plan becomes a table of commands with byte addresses; a run plays it in WebAssembly, without JavaScript between steps.
 */
import { ops } from '../kernels/registry.ts';
import { ClosedError } from '../plan/errors.ts';
import { SettingsError } from '../plan/settings.ts';
import { type Counters, type Engine, type Facts, newCounters, type Plan, type Scope } from '../plan/types.ts';
import { type Checked, checkStep, CpuPlanError } from './commands.ts';
import { cpuFacts } from './facts.ts';
import { kernelNumbers } from './kernels.ts';
import { type Block, CpuMemory } from './memory.ts';
import { type CpuHost, CpuScope } from './scope.ts';
import {
  canShare,
  compileModule,
  cores,
  type CpuModule,
  type CpuThread,
  hasRelaxedSimd,
  maySleep,
  openCrew,
  spawnThread,
} from './threads.ts';
import type { CpuEngineOptions } from './types.ts';

/** Settings for tests, besides the public ones. */
export interface CpuInternals extends CpuEngineOptions {
  /** Starts src/cpu/thread.js as a worker. */
  readonly spawn?: () => CpuThread;
  /** Splits even steps that are too small to gain by it. */
  readonly shareAll?: boolean;
}

const MOST_THREADS = 8;
const MOST_BYTES = 2 ** 32;

/** Like `openCpuEngine` in open.ts, which returns only the contract; this one returns the whole class. */
export async function openCpuEngine(options: CpuInternals = {}): Promise<CpuEngine> {
  const wanted = options.threads ?? Math.min(MOST_THREADS, cores());
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 64)
    throw new SettingsError('threads', options.threads, 'a whole number from 1 to 64');
  const threads = canShare() ? wanted : 1;
  const fused = options.fused !== false && hasRelaxedSimd(options.fused === true);
  const memory = new CpuMemory(threads > 1, options.maxBytes ?? MOST_BYTES);
  const code = async (first: boolean) => {
    const module = await compileModule(threads > 1, fused, first);
    const { exports } = await WebAssembly.instantiate(module, { env: { memory: memory.wasm } });
    const wasm = exports as unknown as CpuModule;
    wasm.init(0, threads, maySleep() ? 1 : 0);
    return { module, wasm };
  };
  // threads stay in the module that they begin with
  const first = threads === 1;
  const { module, wasm } = await code(first);
  const crew = await openCrew(module, memory.wasm, threads, options.spawn ?? spawnThread);
  const whole = first ? async () => (await code(false)).wasm : undefined;
  return new CpuEngine(wasm, memory, crew, cpuFacts(threads, fused), options.shareAll ?? false, whole);
}

export class CpuEngine implements Engine, CpuHost {
  readonly facts: Facts;
  readonly counters: Counters = newCounters();
  readonly lost = new Promise<string>(() => undefined);
  wasm: CpuModule;
  readonly memory: CpuMemory;
  readonly shareAll: boolean;
  readonly #crew: readonly CpuThread[];
  readonly #scopes = new Set<CpuScope>();
  /** Brings the module with all kernels, while there is one with some. */
  #whole: (() => Promise<CpuModule>) | undefined;
  #completing: Promise<void> | undefined;
  #kernels: ReadonlyMap<string, number> | undefined;
  #known = 0;
  #scratch: Block | undefined;
  #closed = false;

  constructor(
    wasm: CpuModule,
    memory: CpuMemory,
    crew: readonly CpuThread[],
    facts: Facts,
    shareAll: boolean,
    whole: (() => Promise<CpuModule>) | undefined,
  ) {
    this.facts = facts;
    this.wasm = wasm;
    this.memory = memory;
    this.shareAll = shareAll;
    this.#crew = crew;
    this.#whole = whole;
  }

  /** Kernel name → its number in a command; made again when more records have come (kernels/complete.ts). */
  get kernels(): ReadonlyMap<string, number> {
    if (!this.#kernels || this.#known !== ops.size) this.#kernels = kernelNumbers(this.wasm, this.#whole !== undefined);
    this.#known = ops.size;
    return this.#kernels;
  }

  async complete(steps: readonly Checked[]): Promise<void> {
    if (!this.#whole || steps.every(({ variant: { kernel } }) => !kernel || this.kernels.has(kernel))) return;
    this.#completing ??= this.#whole().then((wasm) => {
      this.wasm = wasm; // same memory and same numbers: plans that are loaded go on in it
      this.#whole = this.#kernels = undefined;
    });
    this.#completing.catch(() => (this.#completing = undefined)); // the next plan tries again
    await this.#completing;
  }

  open(name: string, lent: readonly Scope[] = []): CpuScope {
    this.check();
    const own = lent.map((scope) => {
      if (!(scope instanceof CpuScope) || scope.engine !== this)
        throw new CpuPlanError(`scope "${scope.name}" cannot be lent to "${name}": it is of another engine`);
      return scope;
    });
    const scope = new CpuScope(this, name, own);
    this.#scopes.add(scope);
    return scope;
  }

  async idle(): Promise<void> {
    this.check();
  }

  check(): void {
    if (this.#closed) throw new ClosedError('this CPU engine was closed; open another');
  }

  get threads(): number {
    return this.#crew.length + 1;
  }

  count(): void {
    this.counters.bytesAllocated = this.memory.used;
  }

  get scratch(): { readonly at: number; readonly stride: number } {
    const { at, bytes } = this.#scratch ?? { at: 0, bytes: 0 };
    return { at, stride: Math.floor(bytes / this.threads / 256) * 256 };
  }

  reserveScratch(plan: Plan): void {
    const wanted = plan.steps.map(checkStep).map((c) => c.variant.scratch?.(c.step.dims, c.options) ?? 0);
    const each = Math.ceil(Math.max(0, ...wanted) / 256) * 256;
    const bytes = each * this.threads;
    if (bytes <= (this.#scratch?.bytes ?? 0)) return;
    const larger = this.memory.take(bytes, `scratch memory of plan "${plan.name}"`);
    if (this.#scratch) this.memory.give(this.#scratch);
    this.#scratch = larger;
  }

  forget(scope: CpuScope): void {
    this.#scopes.delete(scope);
    if (this.#scopes.size === 0 && this.#scratch) {
      this.memory.give(this.#scratch);
      this.#scratch = undefined;
    }
    this.count();
  }

  /** Ends the threads; the memory is freed when nothing refers to the engine. */
  close(): void {
    if (this.#closed) return;
    for (const scope of this.#scopes) scope.close();
    this.#closed = true;
    if (this.#crew.length) this.wasm.quit();
    for (const thread of this.#crew) thread.terminate();
  }
}
