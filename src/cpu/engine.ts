/**
 * Runs Plans without a GPU: WebAssembly SIMD on threads that share one memory, and plain loops for what has no kernel. At load, a
 * plan becomes a table of commands with byte addresses; a run plays it in WebAssembly, without JavaScript between steps.
 */
import type { Arena, Counters, Engine, Facts, Plan, Region, Runner, RunOptions } from '../plan/types.ts';
import { portPresent } from '../kernels/op.ts';
import {
  type Checked,
  checkStep,
  COMMAND_WORDS,
  commandCount,
  CpuPlanError,
  encodeStep,
  placeBarriers,
  worthSharing,
} from './commands.ts';
import { type Block, CpuMemory } from './memory.ts';
import { cpuFacts } from './facts.ts';
import { kernelNumbers } from './kernels.ts';
import { runPlainLoops } from './plain_loops.ts';
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

export interface CpuEngineOptions {
  /** Threads that compute, this one included; as many as there are cores (at most 8) unless told. 1 without shared memory. */
  readonly threads?: number;
  /**
   * Fused multiply-add: by default where WebAssembly has it. `true` also asks for it in node before 22, through a flag of V8 that holds
   * for the whole process (training: a quarter faster); `false` gives the same bits everywhere.
   */
  readonly fused?: boolean;
  /** Starts src/cpu/thread.js as a worker; for bundlers that put it elsewhere. */
  readonly spawn?: () => CpuThread;
  /** Shares out even steps that are too small to gain by it: for tests. */
  readonly shareAll?: boolean;
  /** Where memory stops growing, in bytes; 4 GiB (all that WebAssembly can address) unless told. */
  readonly maxBytes?: number;
}

const MOST_THREADS = 8;
const MOST_BYTES = 2 ** 32;

/** Opens the CPU engine. In a page, open it inside a worker: a run returns when its work is done. */
export async function openCpuEngine(options: CpuEngineOptions = {}): Promise<CpuEngine> {
  const wanted = options.threads ?? Math.min(MOST_THREADS, cores());
  if (!Number.isInteger(wanted) || wanted < 1 || wanted > 64)
    throw new CpuPlanError(`threads is ${options.threads}; a whole number from 1 to 64 was expected`);
  const threads = canShare() ? wanted : 1;
  const fused = options.fused !== false && hasRelaxedSimd(options.fused === true);
  const module = await compileModule(threads > 1, fused);
  const memory = new CpuMemory(threads > 1, options.maxBytes ?? MOST_BYTES);
  const instance = await WebAssembly.instantiate(module, { env: { memory: memory.wasm } });
  const wasm = instance.exports as unknown as CpuModule;
  wasm.init(0, threads, maySleep() ? 1 : 0);
  const crew = await openCrew(module, memory.wasm, threads, options.spawn ?? spawnThread);
  return new CpuEngine(wasm, memory, crew, cpuFacts(threads, fused), options.shareAll ?? false);
}

/** A stretch of the plan: commands of the table that WebAssembly plays in one go, or one step of plain loops. */
type Stretch = { readonly at: number; readonly count: number; readonly crewed: boolean } | Checked;

export class CpuEngine implements Engine {
  readonly facts: Facts;
  readonly counters: Counters = {
    dispatches: 0,
    submits: 0,
    buffers: 0,
    pipelines: 0,
    bindGroups: 0,
    readbacks: 0,
    bytesRead: 0,
    bytesWritten: 0,
    bytesAllocated: 0,
  };
  readonly lost = new Promise<string>(() => undefined);
  readonly #wasm: CpuModule;
  readonly #kernels: ReadonlyMap<string, number>;
  readonly #memory: CpuMemory;
  readonly #crew: readonly CpuThread[];
  readonly #shared = new Map<string, Block>();
  readonly #work = new Map<string, Block>();
  readonly #shareAll: boolean;
  #scratch: Block | undefined;
  #destroyed = false;

  constructor(wasm: CpuModule, memory: CpuMemory, crew: readonly CpuThread[], facts: Facts, shareAll: boolean) {
    this.facts = facts;
    this.#wasm = wasm;
    this.#kernels = kernelNumbers(wasm);
    this.#memory = memory;
    this.#crew = crew;
    this.#shareAll = shareAll;
  }

  async load(plan: Plan): Promise<Runner> {
    this.#alive();
    const taken: Block[] = [];
    const take = (bytes: number, what: string) => {
      const block = this.#memory.take(bytes, what);
      taken.push(block);
      return block;
    };
    try {
      for (const arena of plan.arenas) if (arena.kind === 'shared') this.#share(arena);
      const work = new Map<string, Block>();
      for (const arena of plan.arenas)
        if (arena.kind === 'work') {
          work.set(arena.name, take(arena.bytes, `arena "${arena.name}" of plan "${plan.name}"`));
          this.counters.buffers++;
        }
      const place = (region: Region) => this.#place(region, work.get(region.arena));
      this.#reserveScratch(plan);
      const run = this.#compile(plan, place, take);
      for (const [name, block] of work) this.#work.set(name, block);
      this.#count();
      let live = true;
      return {
        plan,
        run: (options) => {
          if (!live) throw new CpuPlanError(`plan "${plan.name}" was destroyed; load it again`);
          this.#run(run, place, options);
        },
        destroy: () => {
          if (!live || this.#destroyed) return;
          live = false;
          for (const [name, block] of work) if (this.#work.get(name) === block) this.#work.delete(name);
          for (const block of taken) this.#memory.give(block);
          this.#count();
        },
      };
    } catch (error) {
      for (const block of taken) this.#memory.give(block);
      throw error;
    }
  }

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.#alive();
    if (offset + data.byteLength > Math.ceil(region.bytes / 4) * 4)
      throw new CpuPlanError(
        `write of ${data.byteLength} bytes at ${offset} into a region of ${region.bytes} bytes in "${region.arena}"`,
      );
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(this.#memory.wasm.buffer, this.#place(region) + offset, data.byteLength).set(source);
    this.counters.bytesWritten += data.byteLength;
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    this.#alive();
    this.counters.readbacks++;
    return regions.map((region) => {
      this.counters.bytesRead += region.bytes;
      const copy = new Uint8Array(region.bytes);
      copy.set(new Uint8Array(this.#memory.wasm.buffer, this.#place(region), region.bytes));
      return copy.buffer;
    });
  }

  async idle(): Promise<void> {}

  /** Ends the threads; the memory goes when nothing refers to the engine. */
  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    if (this.#crew.length) this.#wasm.quit();
    for (const thread of this.#crew) thread.terminate();
    this.#shared.clear();
    this.#work.clear();
  }

  #alive(): void {
    if (this.#destroyed) throw new CpuPlanError('this CPU engine was destroyed; open another');
  }

  #count(): void {
    this.counters.bytesAllocated = this.#memory.used;
  }

  /** Finds the shared arena or allocates it. */
  #share(arena: Arena): void {
    const found = this.#shared.get(arena.name);
    if (!found) {
      this.#shared.set(arena.name, this.#memory.take(arena.bytes, `arena "${arena.name}"`));
      this.counters.buffers++;
    } else if (found.bytes < arena.bytes)
      throw new CpuPlanError(
        `arena "${arena.name}" holds ${found.bytes} bytes, this plan wants ${arena.bytes}: load the larger plan first`,
      );
  }

  /** Byte address of a region; `own` is its block if it is a work arena of the plan that asks. */
  #place(region: Region, own?: Block): number {
    const block = own ?? this.#work.get(region.arena) ?? this.#shared.get(region.arena);
    if (!block) throw new CpuPlanError(`there is no arena "${region.arena}": load the plan that has it first`);
    if (region.offset % 4 || region.offset + region.bytes > block.bytes)
      throw new CpuPlanError(
        `region of ${region.bytes} bytes at ${region.offset} does not lie in arena "${region.arena}" of ${block.bytes} bytes on a multiple of 4`,
      );
    return block.at + region.offset;
  }

  /** Makes the threads' scratch memory large enough for every step of the plan. */
  #reserveScratch(plan: Plan): void {
    const wanted = plan.steps.map(checkStep).map((c) => c.variant.scratch?.(c.step.dims, c.options) ?? 0);
    const each = Math.ceil(Math.max(0, ...wanted) / 256) * 256;
    const bytes = each * (this.#crew.length + 1);
    if (bytes <= (this.#scratch?.bytes ?? 0)) return;
    const larger = this.#memory.take(bytes, `scratch memory of plan "${plan.name}"`);
    if (this.#scratch) this.#memory.give(this.#scratch);
    this.#scratch = larger;
  }

  /** The plan as stretches, its commands written into a table in memory. */
  #compile(plan: Plan, place: (region: Region) => number, take: (bytes: number, what: string) => Block): Stretch[] {
    const stretches: Stretch[] = [];
    const steps = plan.steps.map(checkStep);
    for (let from = 0; from < steps.length;) {
      const first = steps[from]!;
      if (!first.variant.kernel) {
        const { step, op, options } = first;
        for (const port of op.ports) if (portPresent(port, options)) place(step.ports[port.name]!);
        stretches.push(first);
        from++;
        continue;
      }
      let to = from;
      while (to < steps.length && steps[to]!.variant.kernel) to++;
      stretches.push(this.#table(steps.slice(from, to), place, take, plan.name));
      from = to;
    }
    return stretches;
  }

  #table(
    steps: readonly Checked[],
    place: (region: Region) => number,
    take: (bytes: number, what: string) => Block,
    name: string,
  ): Stretch {
    const count = steps.reduce((sum, checked) => sum + commandCount(checked), 0);
    const partial = Math.max(0, ...steps.map((c) => c.variant.sharedScratch?.(c.step.dims, c.options) ?? 0));
    const shared = partial ? take(partial, `partial sums of plan "${name}"`).at : 0;
    const table = take(count * COMMAND_WORDS * 4, `command table of plan "${name}"`);
    const words = new Uint32Array(count * COMMAND_WORDS);
    let at = 0;
    for (const checked of steps) {
      const share = this.#crew.length > 0 && (this.#shareAll || worthSharing(checked));
      encodeStep(words, at, checked, share, { kernels: this.#kernels, place, sharedScratch: shared });
      at += commandCount(checked) * COMMAND_WORDS;
    }
    const crewed = placeBarriers(words);
    new Uint32Array(this.#memory.wasm.buffer, table.at, words.length).set(words);
    return { at: table.at, count, crewed };
  }

  #run(stretches: readonly Stretch[], place: (region: Region) => number, { times = 1, copies }: RunOptions = {}): void {
    this.#alive();
    this.counters.submits++;
    const scratch = this.#scratch ?? { at: 0, bytes: 0 };
    const stride = Math.floor(scratch.bytes / (this.#crew.length + 1) / 256) * 256;
    for (let i = 0; i < times; i++) {
      for (const { from, to } of copies?.(i) ?? []) {
        const bytes = new Uint8Array(this.#memory.wasm.buffer);
        bytes.copyWithin(place(to), place(from), place(from) + from.bytes);
      }
      for (const stretch of stretches) {
        if ('op' in stretch) {
          runPlainLoops(stretch, place, this.#memory.wasm.buffer);
          this.counters.dispatches++;
        } else {
          this.#wasm.run(stretch.at, stretch.count, stretch.crewed ? 1 : 0, scratch.at, stride);
          this.counters.dispatches += stretch.count;
        }
      }
    }
  }
}
