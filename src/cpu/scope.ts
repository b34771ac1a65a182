/** A scope of the CPU engine: its arenas are blocks of the memory, its runners tables of commands with byte addresses. */
import { portPresent } from '../kernels/op.ts';
import { checkWrite, OwnedRunner, OwnedScope, type ScopeHost, type Work } from '../plan/scope.ts';
import type { LoadOptions, Plan, Region, Runner, RunOptions, Scope } from '../plan/types.ts';
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

/** What a scope needs from its engine. */
export interface CpuHost extends ScopeHost {
  readonly wasm: CpuModule;
  /** Kernel name → its number in a command. */
  readonly kernels: ReadonlyMap<string, number>;
  readonly memory: CpuMemory;
  /** Threads that compute, including the caller's. */
  readonly threads: number;
  readonly shareAll: boolean;
  /** Scratch memory: each thread has `stride` bytes from `at` on. */
  readonly scratch: { readonly at: number; readonly stride: number };
  /** Makes the threads' scratch memory large enough for every step of the plan. */
  reserveScratch(plan: Plan): void;
  /** Brings the machine code of every kernel that these steps call. */
  complete(steps: readonly Checked[]): Promise<void>;
  /** Brings `counters.bytesAllocated` up to date. */
  count(): void;
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

export class CpuScope extends OwnedScope<Block, CpuHost, CpuRunner> {
  protected override take(what: string, bytes: number): Block {
    const block = this.engine.memory.take(bytes, what);
    this.engine.counters.buffers++;
    this.engine.count();
    return block;
  }

  override give(block: Block): void {
    this.engine.memory.give(block);
    this.engine.count();
  }

  protected override async make(plan: Plan, { variants = [] }: LoadOptions, work: Work<Block>): Promise<CpuRunner> {
    if (variants.length)
      throw new CpuPlanError(
        `${variants.map((v) => `${v.op}/${v.name}`).join(', ')}: WGSL does not run on the CPU engine; load it on a GPU engine`,
      );
    const steps = plan.steps.map(checkStep);
    const [plainLoops] = await Promise.all([plainLoopsFor(steps), this.engine.complete(steps)]);
    this.engine.check();
    const tables: Block[] = [];
    const take = (bytes: number, what: string) => {
      const block = this.engine.memory.take(bytes, what);
      tables.push(block);
      return block;
    };
    try {
      this.engine.reserveScratch(plan);
      const stretches = compile(this.engine, plan, (region) => this.place(region, work), take, plainLoops);
      return new CpuRunner(this, plan, stretches, work, tables);
    } catch (error) {
      for (const block of tables) this.give(block);
      throw error;
    } finally {
      this.engine.count();
    }
  }

  /** Byte address of a region, in a runner's work arenas, an arena of its own, or one it was lent. */
  place(region: Region, work?: Work<Block>): number {
    const block = this.find(region.arena, work);
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

  override writeTo(region: Region, data: ArrayBufferView<ArrayBuffer>, offset: number, work?: Work<Block>): void {
    this.check();
    checkWrite(region, data.byteLength, offset);
    const { memory, counters } = this.engine;
    const source = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(memory.wasm.buffer, this.place(region, work) + offset, data.byteLength).set(source);
    counters.bytesWritten += data.byteLength;
  }

  override async readFrom(regions: readonly Region[], work?: Work<Block>): Promise<ArrayBuffer[]> {
    this.check();
    const { memory, counters } = this.engine;
    counters.readbacks++;
    return regions.map((region) => {
      counters.bytesRead += region.bytes;
      const copy = new Uint8Array(region.bytes);
      copy.set(new Uint8Array(memory.wasm.buffer, this.place(region, work), region.bytes));
      return copy.buffer;
    });
  }

  override copy(source: Scope | Runner, pairs: readonly { from: Region; to: Region }[]): void {
    this.check();
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
}

/** A plan as commands in memory. */
export class CpuRunner extends OwnedRunner<Block> {
  protected override readonly scope: CpuScope;
  readonly #stretches: readonly Stretch[];
  readonly #tables: readonly Block[];

  constructor(scope: CpuScope, plan: Plan, stretches: readonly Stretch[], work: Work<Block>, tables: readonly Block[]) {
    super(plan, [], work);
    this.scope = scope;
    this.#stretches = stretches;
    this.#tables = tables;
  }

  get engine(): CpuHost {
    return this.scope.engine;
  }

  place(region: Region): number {
    return this.scope.place(region, this.work);
  }

  override get bytes(): number {
    return [...this.work.values(), ...this.#tables].reduce((sum, block) => sum + block.bytes, 0);
  }

  override run({ times = 1, copies, steps = { from: 0, to: Infinity } }: RunOptions = {}): void {
    this.check();
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

  protected override release(): void {
    for (const block of this.#tables) this.scope.give(block);
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
async function plainLoopsFor(steps: readonly Checked[]): Promise<typeof runPlainLoops | undefined> {
  if (steps.every(({ variant }) => variant.kernel)) return undefined;
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
