/** A scope of the CPU engine: its arenas are blocks of the memory, its runners tables of commands with byte addresses. */
import { portPresent } from '../kernels/op.ts';
import { Arenas } from '../plan/arenas.ts';
import { ClosedError } from '../plan/errors.ts';
import type { Arena, Engine, LoadOptions, Plan, Region, Runner, RunOptions, Scope } from '../plan/types.ts';
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
import type { Block, CpuMemory } from './memory.ts';
import type { runPlainLoops } from './plain_loops.ts';
import type { CpuModule } from './threads.ts';

/** What a scope asks of its engine. */
export interface CpuHost extends Engine {
  readonly wasm: CpuModule;
  /** Kernel name → its number in a command. */
  readonly kernels: ReadonlyMap<string, number>;
  readonly memory: CpuMemory;
  /** Threads that compute, the caller's included. */
  readonly threads: number;
  readonly shareAll: boolean;
  /** Scratch memory: each thread has `stride` bytes from `at` on. */
  readonly scratch: { readonly at: number; readonly stride: number };
  /** Throws when the engine is closed. */
  check(): void;
  /** Makes the threads' scratch memory large enough for every step of the plan. */
  reserveScratch(plan: Plan): void;
  /** Brings `counters.bytesAllocated` up to date. */
  count(): void;
  forget(scope: CpuScope): void;
}

/** A stretch of the plan: commands of the table that WebAssembly plays in one go, or one step of plain loops. */
type Stretch = (Table | { readonly loops: (place: Place, memory: ArrayBufferLike) => void }) & {
  /** The plan's steps that it covers. */
  readonly from: number;
  readonly to: number;
};

interface Table {
  /** Byte address of the first command. */
  readonly at: number;
  /** Commands before each of its steps, and before the end. */
  readonly commands: readonly number[];
  readonly crewed: boolean;
}

type Place = (region: Region) => number;

export class CpuScope implements Scope {
  readonly name: string;
  readonly engine: CpuHost;
  readonly #arenas: Arenas<Block>;
  /** Loads under way: while there are others, a failed one leaves the arenas that they may have found. */
  #loads = 0;
  readonly #runners = new Set<CpuRunner>();

  constructor(engine: CpuHost, name: string, lent: readonly CpuScope[]) {
    this.name = name;
    this.engine = engine;
    const memory = {
      take: (arena: Arena, owner: string) => {
        engine.counters.buffers++;
        return engine.memory.take(arena.bytes, `arena "${arena.name}" of scope "${owner}"`);
      },
      give: (block: Block) => engine.memory.give(block),
    };
    this.#arenas = new Arenas(
      name,
      memory,
      lent.map((scope) => scope.#arenas),
    );
  }

  get bytes(): number {
    let sum = this.#arenas.bytes;
    for (const runner of this.#runners) sum += runner.bytes;
    return sum;
  }

  allocate(...arenas: readonly Arena[]): void {
    this.#check();
    this.#arenas.allocate(arenas);
    this.engine.count();
  }

  async load(plan: Plan, { variants = [] }: LoadOptions = {}): Promise<CpuRunner> {
    this.#check();
    if (variants.length)
      throw new CpuPlanError(
        `${variants.map((v) => `${v.op}/${v.name}`).join(', ')}: WGSL does not run on the CPU engine; load it on a GPU engine`,
      );
    const plainLoops = await plainLoopsFor(plan);
    this.#check();
    const { memory, counters } = this.engine;
    const before = this.#runners.size;
    const undo = this.#arenas.allocate(plan.arenas.filter((a) => a.kind === 'shared'));
    this.#loads++;
    const taken: Block[] = [];
    const take = (bytes: number, what: string) => {
      const block = memory.take(bytes, what);
      taken.push(block);
      return block;
    };
    try {
      const work = new Map<string, Block>();
      for (const arena of plan.arenas)
        if (arena.kind === 'work') {
          work.set(arena.name, take(arena.bytes, `arena "${arena.name}" of plan "${plan.name}"`));
          counters.buffers++;
        }
      const place = (region: Region) => this.place(region, work);
      this.engine.reserveScratch(plan);
      const stretches = compile(this.engine, plan, place, take, plainLoops);
      const runner: CpuRunner = new CpuRunner(this, plan, stretches, work, taken, () => this.#runners.delete(runner));
      this.#runners.add(runner);
      return runner;
    } catch (error) {
      for (const block of taken) memory.give(block);
      if (!this.#arenas.closed && this.#loads === 1 && this.#runners.size === before) undo();
      throw error;
    } finally {
      this.#loads--;
      this.engine.count();
    }
  }

  /** Byte address of a region, in a runner's work arenas, an arena of its own, or one it was lent. */
  place(region: Region, work?: ReadonlyMap<string, Block>): number {
    const block = work?.get(region.arena) ?? this.#arenas.find(region.arena);
    if (!block)
      throw new CpuPlanError(
        `there is no arena "${region.arena}" in scope "${this.name}": allocate it, or load a plan that has it`,
      );
    if (region.offset % 4 || region.offset + region.bytes > block.bytes)
      throw new CpuPlanError(
        `region of ${region.bytes} bytes at ${region.offset} does not lie in arena "${region.arena}" of ${block.bytes} bytes on a multiple of 4`,
      );
    return block.at + region.offset;
  }

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.writeTo(region, data, offset);
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    return this.readFrom(regions);
  }

  /** `write`, which finds a runner's work arenas as well. */
  writeTo(region: Region, data: ArrayBufferView<ArrayBuffer>, offset: number, work?: ReadonlyMap<string, Block>): void {
    this.#check();
    if (offset + data.byteLength > Math.ceil(region.bytes / 4) * 4)
      throw new CpuPlanError(
        `write of ${data.byteLength} bytes at ${offset} into a region of ${region.bytes} bytes in "${region.arena}"`,
      );
    const { memory, counters } = this.engine;
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(memory.wasm.buffer, this.place(region, work) + offset, data.byteLength).set(source);
    counters.bytesWritten += data.byteLength;
  }

  /** `read`, which finds a runner's work arenas as well. */
  readFrom(regions: readonly Region[], work?: ReadonlyMap<string, Block>): ArrayBuffer[] {
    this.#check();
    const { memory, counters } = this.engine;
    counters.readbacks++;
    return regions.map((region) => {
      counters.bytesRead += region.bytes;
      const copy = new Uint8Array(region.bytes);
      copy.set(new Uint8Array(memory.wasm.buffer, this.place(region, work), region.bytes));
      return copy.buffer;
    });
  }

  copy(source: Scope | Runner, pairs: readonly { from: Region; to: Region }[]): void {
    this.#check();
    const own = source instanceof CpuScope || source instanceof CpuRunner;
    if (!own || source.engine !== this.engine)
      throw new CpuPlanError(`a copy into scope "${this.name}" from another engine: read and write instead`);
    copyAll(
      this.engine.memory,
      pairs,
      (region) => source.place(region),
      (region) => this.place(region),
    );
  }

  #check(): void {
    this.engine.check();
    this.#arenas.check();
  }

  close(): void {
    if (this.#arenas.closed) return;
    for (const runner of this.#runners) runner.close();
    this.#arenas.close();
    this.engine.forget(this);
  }
}

/** A plan as commands in memory. */
export class CpuRunner implements Runner {
  readonly plan: Plan;
  readonly messages = [];
  readonly #scope: CpuScope;
  readonly #stretches: readonly Stretch[];
  readonly #work: ReadonlyMap<string, Block>;
  readonly #taken: readonly Block[];
  readonly #onClose: () => void;
  #closed = false;

  constructor(
    scope: CpuScope,
    plan: Plan,
    stretches: readonly Stretch[],
    work: ReadonlyMap<string, Block>,
    taken: readonly Block[],
    onClose: () => void,
  ) {
    this.plan = plan;
    this.#scope = scope;
    this.#stretches = stretches;
    this.#work = work;
    this.#taken = taken;
    this.#onClose = onClose;
  }

  get engine(): CpuHost {
    return this.#scope.engine;
  }

  place(region: Region): number {
    return this.#scope.place(region, this.#work);
  }

  /** Bytes of its work arenas and command tables. */
  get bytes(): number {
    return this.#taken.reduce((sum, block) => sum + block.bytes, 0);
  }

  run({ times = 1, copies, steps = { from: 0, to: Infinity } }: RunOptions = {}): void {
    this.#check();
    const { wasm, memory, counters, scratch } = this.engine;
    const place: Place = (region) => this.place(region);
    counters.submits++;
    for (let i = 0; i < times; i++) {
      const list = copies?.(i) ?? [];
      if (list.length) copyAll(memory, list, place, place);
      for (const stretch of this.#stretches) {
        const [from, to] = [Math.max(stretch.from, steps.from), Math.min(stretch.to, steps.to)];
        if (from >= to) continue;
        if ('loops' in stretch) {
          stretch.loops(place, memory.wasm.buffer);
          counters.dispatches++;
        } else {
          const first = stretch.commands[from - stretch.from];
          const count = stretch.commands[to - stretch.from] - first;
          const at = stretch.at + first * COMMAND_WORDS * 4;
          wasm.run(at, count, stretch.crewed ? 1 : 0, scratch.at, scratch.stride);
          counters.dispatches += count;
        }
      }
    }
  }

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.#check();
    this.#scope.writeTo(region, data, offset, this.#work);
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    this.#check();
    return this.#scope.readFrom(regions, this.#work);
  }

  #check(): void {
    this.#scope.engine.check();
    if (this.#closed) throw new ClosedError(`plan "${this.plan.name}" was closed; load it again`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { engine } = this.#scope;
    for (const block of this.#taken) engine.memory.give(block);
    this.#onClose();
    engine.count();
  }
}

function copyAll(memory: CpuMemory, pairs: readonly { from: Region; to: Region }[], from: Place, to: Place): void {
  const bytes = new Uint8Array(memory.wasm.buffer);
  for (const pair of pairs) {
    const at = from(pair.from);
    bytes.copyWithin(to(pair.to), at, at + pair.from.bytes);
  }
}

/** The reference's loops, loaded where a step has no kernel: inference has one for every step. */
async function plainLoopsFor(plan: Plan): Promise<typeof runPlainLoops | undefined> {
  if (plan.steps.every((step) => checkStep(step).variant.kernel)) return undefined;
  return (await import('./plain_loops.ts')).runPlainLoops;
}

/** The plan as stretches, its commands written into tables in memory. */
function compile(
  engine: CpuHost,
  plan: Plan,
  place: Place,
  take: (bytes: number, what: string) => Block,
  plainLoops: typeof runPlainLoops | undefined,
): Stretch[] {
  const stretches: Stretch[] = [];
  const steps = plan.steps.map(checkStep);
  for (let from = 0; from < steps.length;) {
    const first = steps[from]!;
    if (!first.variant.kernel) {
      const { step, op, options } = first;
      for (const port of op.ports) if (portPresent(port, options)) place(step.ports[port.name]!);
      stretches.push({ loops: (at, memory) => plainLoops!(first, at, memory), from, to: from + 1 });
      from++;
      continue;
    }
    let to = from;
    while (to < steps.length && steps[to]!.variant.kernel) to++;
    stretches.push({ ...table(engine, steps.slice(from, to), place, take, plan.name), from, to });
    from = to;
  }
  return stretches;
}

function table(
  { memory, kernels, threads, shareAll }: CpuHost,
  steps: readonly Checked[],
  place: Place,
  take: (bytes: number, what: string) => Block,
  name: string,
): Table {
  const count = steps.reduce((sum, checked) => sum + commandCount(checked), 0);
  const partial = Math.max(0, ...steps.map((c) => c.variant.sharedScratch?.(c.step.dims, c.options) ?? 0));
  const shared = partial ? take(partial, `partial sums of plan "${name}"`).at : 0;
  const block = take(count * COMMAND_WORDS * 4, `command table of plan "${name}"`);
  const words = new Uint32Array(count * COMMAND_WORDS);
  const commands = [0];
  let at = 0;
  for (const checked of steps) {
    const share = threads > 1 && (shareAll || worthSharing(checked));
    encodeStep(words, at, checked, share, { kernels, place, sharedScratch: shared });
    at += commandCount(checked) * COMMAND_WORDS;
    commands.push(at / COMMAND_WORDS);
  }
  const crewed = placeBarriers(words);
  new Uint32Array(memory.wasm.buffer, block.at, words.length).set(words);
  return { at: block.at, commands, crewed };
}
