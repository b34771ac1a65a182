/** A scope of the GPU engine: its arenas are buffers, its runners encode dispatches. */
import { OutOfMemoryError } from '../plan/errors.ts';
import { checkWrite, OwnedRunner, OwnedScope, type ScopeHost, type Work } from '../plan/scope.ts';
import type { LoadOptions, Plan, Region, Runner, RunOptions, Scope } from '../plan/types.ts';
import { type Binder, bindStep, type BoundStep, type Command, createParams } from './binding.ts';
import { createArena, destroyBuffer } from './memory.ts';
import { GpuError } from './types.ts';

/** What a scope needs from its engine. */
export interface GpuHost extends ScopeHost {
  readonly device: GPUDevice;
  readonly binder: Binder;
  /** The encoder that collects work until something needs its result. */
  encoder(): GPUCommandEncoder;
  flush(): void;
  readRegions(sources: readonly { buffer: GPUBuffer; region: Region }[]): Promise<ArrayBuffer[]>;
}

interface Copy {
  readonly from: Region;
  readonly to: Region;
}

export class GpuScope extends OwnedScope<GPUBuffer, GpuHost, GpuRunner> {
  /** Allocations that the device has not confirmed yet. */
  #unconfirmed: Promise<void>[] = [];

  /** A buffer whose out-of-memory error, which comes later, is kept for the next `load` or `read`. */
  protected override take(what: string, bytes: number): GPUBuffer {
    const { device, counters } = this.engine;
    device.pushErrorScope('out-of-memory');
    try {
      return createArena(device, counters, what, bytes);
    } finally {
      const confirmed = device.popErrorScope().then((error) => {
        if (error) throw new OutOfMemoryError(`${what}: ${bytes} bytes asked; ${error.message}`);
      });
      confirmed.catch(() => undefined); // reported to the caller that awaits it
      this.#unconfirmed.push(confirmed);
    }
  }

  override give(buffer: GPUBuffer): void {
    this.engine.flush(); // work queued earlier still runs
    destroyBuffer(this.engine.counters, buffer);
  }

  async #confirm(): Promise<void> {
    await Promise.all(this.#unconfirmed.splice(0));
  }

  protected override async make(plan: Plan, options: LoadOptions, work: Work<GPUBuffer>): Promise<GpuRunner> {
    const { binder, counters } = this.engine;
    const place = (region: Region) => this.place(region, work);
    const params = createParams(binder, plan);
    try {
      const [bound] = await Promise.all([
        Promise.all(plan.steps.map((step, i) => bindStep(binder, step, i, place, params, options))),
        this.#confirm(),
      ]);
      this.check();
      return new GpuRunner(this, plan, bound, work, params.buffer);
    } catch (error) {
      destroyBuffer(counters, params.buffer);
      throw error;
    }
  }

  /** The buffer behind a region: of a runner's work arenas, its own, or one it was lent. */
  place(region: Region, work?: Work<GPUBuffer>): GPUBuffer {
    const buffer = this.find(region.arena, work);
    if (!buffer)
      throw new GpuError(
        `there is no arena "${region.arena}" in scope "${this.name}": allocate it, or load a plan that has it`,
      );
    return buffer;
  }

  override writeTo(region: Region, data: ArrayBufferView<ArrayBuffer>, offset: number, work?: Work<GPUBuffer>): void {
    this.check();
    checkWrite(region, data.byteLength, offset);
    const buffer = this.place(region, work);
    this.engine.flush();
    const { device, counters } = this.engine;
    device.queue.writeBuffer(buffer, region.offset + offset, data.buffer, data.byteOffset, data.byteLength);
    counters.bytesWritten += data.byteLength;
  }

  override async readFrom(regions: readonly Region[], work?: Work<GPUBuffer>): Promise<ArrayBuffer[]> {
    this.check();
    if (!regions.length) {
      await this.#confirm();
      return [];
    }
    const sources = regions.map((region) => ({ buffer: this.place(region, work), region }));
    const [result] = await Promise.all([this.engine.readRegions(sources), this.#confirm()]);
    return result;
  }

  override copy(source: Scope | Runner, pairs: readonly Copy[]): void {
    this.check();
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
export class GpuRunner extends OwnedRunner<GPUBuffer> {
  readonly commands: readonly Command[];
  protected override readonly scope: GpuScope;
  readonly #params: GPUBuffer;

  constructor(scope: GpuScope, plan: Plan, bound: readonly BoundStep[], work: Work<GPUBuffer>, params: GPUBuffer) {
    super(
      plan,
      bound.flatMap((step) => step.messages),
      work,
    );
    this.commands = bound.flatMap((step) => step.commands);
    this.scope = scope;
    this.#params = params;
  }

  get engine(): GpuHost {
    return this.scope.engine;
  }

  place(region: Region): GPUBuffer {
    this.check();
    return this.scope.place(region, this.work);
  }

  override get bytes(): number {
    let sum = this.#params.size;
    for (const buffer of this.work.values()) sum += buffer.size;
    return sum;
  }

  override run({ times = 1, copies, steps }: RunOptions = {}): void {
    this.check();
    const encoder = this.engine.encoder();
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
      this.engine.counters.dispatches++;
      if (pipeline !== last) pass.setPipeline((last = pipeline));
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
    }
  }

  protected override release(): void {
    destroyBuffer(this.engine.counters, this.#params);
  }
}
