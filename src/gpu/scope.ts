/** A scope of the GPU engine: its arenas are buffers, its runners encode dispatches. */
import { Arenas } from '../plan/arenas.ts';
import { ClosedError, OutOfMemoryError } from '../plan/errors.ts';
import type {
  Arena,
  CompilerMessage,
  Counters,
  Engine,
  Facts,
  LoadOptions,
  Plan,
  Region,
  Runner,
  RunOptions,
  Scope,
} from '../plan/types.ts';
import { type Binder, bindStep, type BoundStep, type Command, createParams } from './binding.ts';
import { GpuError } from './types.ts';
import { createArena, destroyBuffer } from './memory.ts';

/** What a scope asks of its engine. */
export interface GpuHost extends Engine {
  readonly device: GPUDevice;
  readonly facts: Facts;
  readonly counters: Counters;
  readonly binder: Binder;
  /** The encoder that collects work until something needs it done. */
  encoder(): GPUCommandEncoder;
  flush(): void;
  /** Throws when the engine is closed or lost, or what went wrong since the last check. */
  check(): void;
  readRegions(sources: readonly { buffer: GPUBuffer; region: Region }[]): Promise<ArrayBuffer[]>;
  forget(scope: GpuScope): void;
}

export class GpuScope implements Scope {
  readonly name: string;
  readonly engine: GpuHost;
  readonly #arenas: Arenas<GPUBuffer>;
  /** Loads under way: while there are others, a failed one leaves the arenas that they may have found. */
  #loads = 0;
  readonly #runners = new Set<GpuRunner>();
  /** Allocations that the device has not confirmed yet. */
  #unconfirmed: Promise<void>[] = [];

  constructor(engine: GpuHost, name: string, lent: readonly GpuScope[]) {
    this.name = name;
    this.engine = engine;
    const memory = {
      take: (arena: Arena, owner: string) => this.#take(`${owner}/${arena.name}`, arena.bytes),
      give: (buffer: GPUBuffer) => destroyBuffer(engine.counters, buffer),
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

  /** A buffer whose out-of-memory error, which comes later, is kept for the next `load` or `read`. */
  #take(label: string, bytes: number): GPUBuffer {
    const { device, counters } = this.engine;
    device.pushErrorScope('out-of-memory');
    let buffer: GPUBuffer;
    try {
      buffer = createArena(device, counters, label, bytes);
    } finally {
      const confirmed = device.popErrorScope().then((error) => {
        if (error) throw new OutOfMemoryError(`${label}: ${bytes} bytes asked; ${error.message}`);
      });
      confirmed.catch(() => undefined); // said by whoever waits for it
      this.#unconfirmed.push(confirmed);
    }
    return buffer;
  }

  async #confirm(): Promise<void> {
    await Promise.all(this.#unconfirmed.splice(0));
  }

  allocate(...arenas: readonly Arena[]): void {
    this.#check();
    this.#arenas.allocate(arenas);
  }

  async load(plan: Plan, options: LoadOptions = {}): Promise<GpuRunner> {
    this.#check();
    const { binder, counters } = this.engine;
    const before = this.#runners.size;
    const undo = this.#arenas.allocate(plan.arenas.filter((a) => a.kind === 'shared'));
    this.#loads++;
    const work = new Map<string, GPUBuffer>();
    let params: { buffer: GPUBuffer; stride: number } | undefined;
    try {
      for (const arena of plan.arenas)
        if (arena.kind === 'work') work.set(arena.name, this.#take(`${plan.name}/${arena.name}`, arena.bytes));
      const place = (region: Region) => this.place(region, work);
      const made = (params = createParams(binder, plan));
      const [bound] = await Promise.all([
        Promise.all(plan.steps.map((step, i) => bindStep(binder, step, i, place, made, options))),
        this.#confirm(),
      ]);
      this.#check();
      const runner: GpuRunner = new GpuRunner(this, plan, bound, work, made.buffer, () => this.#runners.delete(runner));
      this.#runners.add(runner);
      return runner;
    } catch (error) {
      for (const buffer of work.values()) destroyBuffer(counters, buffer);
      if (params) destroyBuffer(counters, params.buffer);
      if (!this.#arenas.closed && this.#loads === 1 && this.#runners.size === before) undo();
      throw error;
    } finally {
      this.#loads--;
    }
  }

  /** The buffer behind a region: of a runner's work arenas, its own, or one it was lent. */
  place(region: Region, work?: ReadonlyMap<string, GPUBuffer>): GPUBuffer {
    const buffer = work?.get(region.arena) ?? this.#arenas.find(region.arena);
    if (!buffer)
      throw new GpuError(
        `there is no arena "${region.arena}" in scope "${this.name}": allocate it, or load a plan that has it`,
      );
    return buffer;
  }

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.writeTo(region, data, offset);
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    return this.readFrom(regions);
  }

  /** `write`, which finds a runner's work arenas as well. */
  writeTo(
    region: Region,
    data: ArrayBufferView<ArrayBuffer>,
    offset: number,
    work?: ReadonlyMap<string, GPUBuffer>,
  ): void {
    this.#check();
    if (offset + data.byteLength > Math.ceil(region.bytes / 4) * 4)
      throw new GpuError(
        `write of ${data.byteLength} bytes at ${offset} into a region of ${region.bytes} bytes in "${region.arena}"`,
      );
    const buffer = this.place(region, work);
    this.engine.flush();
    const { device, counters } = this.engine;
    device.queue.writeBuffer(buffer, region.offset + offset, data.buffer, data.byteOffset, data.byteLength);
    counters.bytesWritten += data.byteLength;
  }

  /** `read`, which finds a runner's work arenas as well. */
  async readFrom(regions: readonly Region[], work?: ReadonlyMap<string, GPUBuffer>): Promise<ArrayBuffer[]> {
    this.#check();
    const sources = regions.map((region) => ({ buffer: this.place(region, work), region }));
    const [result] = await Promise.all([this.engine.readRegions(sources), this.#confirm()]);
    return result;
  }

  copy(source: Scope | Runner, pairs: readonly Copy[]): void {
    this.#check();
    const own = source instanceof GpuScope || source instanceof GpuRunner;
    if (!own || source.engine !== this.engine)
      throw new GpuError(`a copy into scope "${this.name}" from another engine: read and write instead`);
    encodeCopies(
      this.engine.encoder(),
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
    this.engine.flush(); // what was asked for before still happens
    for (const runner of this.#runners) runner.close();
    this.#arenas.close();
    this.engine.forget(this);
  }
}

interface Copy {
  readonly from: Region;
  readonly to: Region;
}

function encodeCopies(
  encoder: GPUCommandEncoder,
  pairs: readonly Copy[],
  from: (region: Region) => GPUBuffer,
  to: (region: Region) => GPUBuffer,
): void {
  for (const pair of pairs) {
    const bytes = Math.ceil(pair.from.bytes / 4) * 4;
    encoder.copyBufferToBuffer(from(pair.from), pair.from.offset, to(pair.to), pair.to.offset, bytes);
  }
}

/** A plan with its pipelines, bind groups and work arenas. */
export class GpuRunner implements Runner {
  readonly plan: Plan;
  readonly commands: readonly Command[];
  readonly messages: readonly CompilerMessage[];
  readonly #scope: GpuScope;
  readonly #work: ReadonlyMap<string, GPUBuffer>;
  readonly #params: GPUBuffer;
  readonly #onClose: () => void;
  #closed = false;

  constructor(
    scope: GpuScope,
    plan: Plan,
    bound: readonly BoundStep[],
    work: ReadonlyMap<string, GPUBuffer>,
    params: GPUBuffer,
    onClose: () => void,
  ) {
    this.plan = plan;
    this.commands = bound.flatMap((step) => step.commands);
    this.messages = bound.flatMap((step) => step.messages);
    this.#scope = scope;
    this.#work = work;
    this.#params = params;
    this.#onClose = onClose;
  }

  get engine(): GpuHost {
    return this.#scope.engine;
  }

  place(region: Region): GPUBuffer {
    this.#check();
    return this.#scope.place(region, this.#work);
  }

  /** Bytes of its work arenas and Params. */
  get bytes(): number {
    let sum = this.#params.size;
    for (const buffer of this.#work.values()) sum += buffer.size;
    return sum;
  }

  run({ times = 1, copies, steps }: RunOptions = {}): void {
    this.#check();
    const { engine } = this.#scope;
    const encoder = engine.encoder();
    const place = (region: Region) => this.place(region);
    let pass: GPUComputePassEncoder | undefined;
    for (let i = 0; i < times; i++) {
      const list = copies?.(i) ?? [];
      if (list.length) {
        pass?.end();
        pass = undefined;
        encodeCopies(encoder, list, place, place);
      }
      pass ??= encoder.beginComputePass({ label: this.plan.name });
      this.encode(pass, steps);
    }
    pass?.end();
  }

  /** Puts the dispatches of the plan, or of some of its steps, into an open pass. */
  encode(
    pass: GPUComputePassEncoder,
    { from, to }: NonNullable<RunOptions['steps']> = { from: 0, to: Infinity },
  ): void {
    let last: GPUComputePipeline | undefined;
    for (const { pipeline, group, grid, step } of this.commands) {
      if (step < from || step >= to) continue;
      this.#scope.engine.counters.dispatches++;
      if (pipeline !== last) pass.setPipeline((last = pipeline));
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
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
    if (this.#closed) throw new ClosedError(`plan "${this.plan.name}" was closed; load it again`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { engine } = this.#scope;
    engine.flush();
    for (const buffer of this.#work.values()) destroyBuffer(engine.counters, buffer);
    destroyBuffer(engine.counters, this.#params);
    this.#onClose();
  }
}
