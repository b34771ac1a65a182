/** Runs Plans on WebGPU: everything is made at load; a run only encodes, and all that is queued goes out in one submit. */
import { DeviceLostError, GpuError, openDevice, type OpenDeviceOptions } from './device.ts';
import { createArena, createBuffer, destroyBuffer, SharedArenas, Staging } from './memory.ts';
import { type BindingKind, declaredBindings, PipelineCache } from './pipelines.ts';
import type { Counters, Engine, Facts, Plan, Region, Runner, RunOptions, PlanStep } from '../plan/types.ts';
import { bindings, compose, foldGrid, paramsBytes } from '../kernels/compose.ts';
import type { Op, GpuVariant } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { loadText } from '../kernels/texts.ts';

export interface GpuEngineOptions extends OpenDeviceOptions {
  /** Writes dims into the shaders (fewer bounds checks, more pipelines). */
  readonly bake?: boolean;
  /** Finds variants beyond the shipped ones (an edited kernel). */
  readonly findVariant?: (op: Op, name: string) => GpuVariant | undefined;
}

/** Opens a GPU device and the engine on it. Throws GpuUnavailableError where there is none. */
export async function openGpuEngine(options: GpuEngineOptions = {}): Promise<GpuEngine> {
  const { device, facts } = await openDevice(options);
  return new GpuEngine(device, facts, options);
}

/** `matmul/tiled M=64 N=64 K=64 (h.0.attn.qkv)`: how errors name a dispatch. */
function stepName(step: PlanStep): string {
  const dims = Object.entries(step.dims).map(([k, v]) => `${k}=${v}`);
  return `${step.op}/${step.variant} ${dims.join(' ')} (${step.label})`;
}

interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number, number];
  readonly step: number;
}

export class GpuEngine implements Engine {
  readonly device: GPUDevice;
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
  readonly lost: Promise<string>;
  readonly pipelines: PipelineCache;
  readonly #options: GpuEngineOptions;
  readonly #shared: SharedArenas;
  readonly #work = new Map<string, GPUBuffer>();
  readonly #staging: Staging;
  readonly #dummyRead: GPUBuffer;
  readonly #dummyWrite: GPUBuffer;
  #pending: GPUCommandEncoder | undefined;
  #error: GpuError | undefined;
  #lostReason: string | undefined;

  constructor(device: GPUDevice, facts: Facts, options: GpuEngineOptions = {}) {
    this.device = device;
    this.facts = facts;
    this.#options = options;
    this.pipelines = new PipelineCache(device, this.counters);
    this.#shared = new SharedArenas(device, this.counters);
    this.#staging = new Staging(device, this.counters);
    this.#dummyRead = createArena(device, this.counters, { name: 'absent inputs', bytes: 256, kind: 'shared' });
    this.#dummyWrite = createArena(device, this.counters, { name: 'absent outputs', bytes: 16 * 256, kind: 'shared' });
    this.lost = device.lost.then((info) => (this.#lostReason = info.message || info.reason));
    device.onuncapturederror = (event) => {
      this.#error ??= new GpuError(event.error.message);
    };
  }

  async load(plan: Plan): Promise<GpuRunner> {
    const work = new Map<string, GPUBuffer>();
    const params = this.#params(plan);
    try {
      for (const arena of plan.arenas) if (arena.kind === 'shared') this.#shared.get(arena);
      for (const arena of plan.arenas)
        if (arena.kind === 'work') work.set(arena.name, createArena(this.device, this.counters, arena));
      const buffer = (region: Region) => this.#buffer(region, work);
      const commands = await Promise.all(plan.steps.map((step, i) => this.#commands(step, i, buffer, params)));
      this.#check();
      return new GpuRunner(this, plan, commands.flat(), work, params.buffer);
    } catch (error) {
      for (const b of work.values()) destroyBuffer(this.counters, b);
      destroyBuffer(this.counters, params.buffer);
      throw error;
    }
  }

  /** All steps' Params in one uniform buffer. */
  #params(plan: Plan): { buffer: GPUBuffer; stride: number } {
    const stride = Math.max(256, this.facts.limits.minUniformBufferOffsetAlignment);
    const bytes = new Uint8Array(Math.max(1, plan.steps.length) * stride);
    plan.steps.forEach((step, i) =>
      bytes.set(new Uint8Array(paramsBytes(findOp(step.op), step.dims, step.scalars)), i * stride),
    );
    const buffer = createBuffer(
      this.device,
      this.counters,
      `${plan.name} params`,
      bytes.byteLength,
      0x40 /* UNIFORM */ | 0x8 /* COPY_DST */,
    );
    this.device.queue.writeBuffer(buffer, 0, bytes);
    return { buffer, stride };
  }

  #buffer(region: Region, work?: ReadonlyMap<string, GPUBuffer>): GPUBuffer {
    const buffer = work?.get(region.arena) ?? this.#work.get(region.arena) ?? this.#shared.find(region.arena);
    if (!buffer) throw new GpuError(`there is no arena "${region.arena}": load the plan that has it first`);
    return buffer;
  }

  async #commands(
    step: PlanStep,
    index: number,
    buffer: (region: Region) => GPUBuffer,
    params: { buffer: GPUBuffer; stride: number },
  ): Promise<Command[]> {
    const op = findOp(step.op);
    const variant = this.#options.findVariant?.(op, step.variant) ?? op.variants.find((v) => v.name === step.variant);
    if (!variant)
      throw new GpuError(
        `${stepName(step)}: op ${op.name} has no variant "${step.variant}"; it has ${op.variants.map((v) => v.name).join(', ')}`,
      );
    const choice = { knobs: step.knobs, options: step.options, dims: step.dims };
    const text = await loadText(op, variant);
    const { code, constants } = compose(text, variant, this.#options.bake ? { ...choice, bake: step.dims } : choice);
    const access = bindings(op, step);
    const paramsBinding = op.ports.length + 1;
    const kinds = new Map<number, BindingKind>();
    const entries: GPUBindGroupEntry[] = [];
    const readArenas = new Map<GPUBuffer, string>();
    const writeArenas = new Map<GPUBuffer, string>();
    for (const binding of declaredBindings(code)) {
      if (binding === paramsBinding) {
        kinds.set(binding, 'uniform');
        entries.push({
          binding,
          resource: { buffer: params.buffer, offset: index * params.stride, size: params.stride },
        });
        continue;
      }
      const kind = access[binding];
      if (!kind)
        throw new GpuError(
          `${stepName(step)}: the shader declares binding ${binding}, the op has ${access.length} and params at ${paramsBinding}`,
        );
      kinds.set(binding, kind.endsWith('read') ? 'read' : 'write');
      const port = op.ports[binding]?.name ?? 'workspace';
      if (kind === 'absent-read')
        entries.push({ binding, resource: { buffer: this.#dummyRead, offset: 0, size: 256 } });
      else if (kind === 'absent-write')
        entries.push({ binding, resource: { buffer: this.#dummyWrite, offset: binding * 256, size: 256 } });
      else {
        const region = binding < op.ports.length ? step.ports[port] : step.workspace;
        if (!region) throw new GpuError(`${stepName(step)}: port ${port} has no region`);
        const from = buffer(region);
        (kind === 'read' ? readArenas : writeArenas).set(from, port);
        const size = Math.min(Math.ceil(region.bytes / 16) * 16, from.size - region.offset);
        if (region.bytes > this.facts.limits.maxStorageBufferBindingSize)
          throw new GpuError(
            `${stepName(step)}: port ${port} takes ${region.bytes} bytes, one binding holds ${this.facts.limits.maxStorageBufferBindingSize}`,
          );
        entries.push({ binding, resource: { buffer: from, offset: region.offset, size } });
      }
    }
    for (const [from, port] of writeArenas)
      if (readArenas.has(from))
        throw new GpuError(
          `${stepName(step)}: ports ${readArenas.get(from)} (read) and ${port} (written) lie in one arena; WebGPU wants two`,
        );
    const compiling = Promise.all(
      step.passes.map((pass) =>
        this.pipelines.get({ label: stepName(step), code, entry: pass.entry, constants, bindings: kinds }),
      ),
    );
    this.counters.bindGroups++;
    this.device.pushErrorScope('validation');
    const group = this.device.createBindGroup({
      label: stepName(step),
      layout: this.pipelines.layout(kinds),
      entries,
    });
    const [compiled, error] = await Promise.all([compiling, this.device.popErrorScope()]);
    if (error) throw new GpuError(`${stepName(step)}: ${error.message}`);
    return step.passes.map((pass, i) => ({
      pipeline: compiled[i],
      group,
      grid: foldGrid(pass, this.facts.limits.maxComputeWorkgroupsPerDimension, stepName(step)),
      step: index,
    }));
  }

  /** The encoder that collects work until something needs it done. Flushed at the end of the current task at the latest. */
  encoder(): GPUCommandEncoder {
    if (!this.#pending) {
      this.#pending = this.device.createCommandEncoder();
      queueMicrotask(() => this.flush());
    }
    return this.#pending;
  }

  /** Submits what is queued. */
  flush(): void {
    const encoder = this.#pending;
    if (!encoder) return;
    this.#pending = undefined;
    this.device.queue.submit([encoder.finish()]);
    this.counters.submits++;
  }

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    if (offset + data.byteLength > Math.ceil(region.bytes / 4) * 4)
      throw new GpuError(
        `write of ${data.byteLength} bytes at ${offset} into a region of ${region.bytes} bytes in "${region.arena}"`,
      );
    this.flush();
    this.device.queue.writeBuffer(
      this.#buffer(region),
      region.offset + offset,
      data.buffer,
      data.byteOffset,
      data.byteLength,
    );
    this.counters.bytesWritten += data.byteLength;
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    this.#check();
    const finish = this.#staging.encode(
      this.encoder(),
      regions.map((region) => ({ buffer: this.#buffer(region), region })),
    );
    this.flush();
    const result = await finish();
    this.#check();
    return result;
  }

  async idle(): Promise<void> {
    this.flush();
    await this.device.queue.onSubmittedWorkDone();
    this.#check();
  }

  /** Registers a runner's work arenas so that `read` and `write` find them by name. */
  adopt(work: ReadonlyMap<string, GPUBuffer>): void {
    for (const [name, buffer] of work) this.#work.set(name, buffer);
  }

  disown(work: ReadonlyMap<string, GPUBuffer>): void {
    for (const [name, buffer] of work) {
      if (this.#work.get(name) === buffer) this.#work.delete(name);
      destroyBuffer(this.counters, buffer);
    }
  }

  #check(): void {
    if (this.#lostReason !== undefined) throw new DeviceLostError(`the GPU device was lost: ${this.#lostReason}`);
    const error = this.#error;
    this.#error = undefined;
    if (error) throw error;
  }

  /** The buffer behind a region, for copies. */
  bufferOf(region: Region): GPUBuffer {
    return this.#buffer(region);
  }

  destroy(): void {
    this.#pending = undefined;
    this.#staging.destroy();
    this.#shared.destroy();
    for (const buffer of this.#work.values()) destroyBuffer(this.counters, buffer);
    this.#work.clear();
    destroyBuffer(this.counters, this.#dummyRead);
    destroyBuffer(this.counters, this.#dummyWrite);
    this.device.destroy();
  }
}

/** A plan with its pipelines, bind groups and work arenas. */
export class GpuRunner implements Runner {
  readonly plan: Plan;
  readonly commands: readonly Command[];
  readonly #engine: GpuEngine;
  readonly #work: ReadonlyMap<string, GPUBuffer>;
  readonly #params: GPUBuffer;

  constructor(
    engine: GpuEngine,
    plan: Plan,
    commands: readonly Command[],
    work: ReadonlyMap<string, GPUBuffer>,
    params: GPUBuffer,
  ) {
    this.plan = plan;
    this.commands = commands;
    this.#engine = engine;
    this.#work = work;
    this.#params = params;
    engine.adopt(work);
  }

  run({ times = 1, copies }: RunOptions = {}): void {
    const encoder = this.#engine.encoder();
    let pass: GPUComputePassEncoder | undefined;
    for (let i = 0; i < times; i++) {
      const list = copies?.(i) ?? [];
      if (list.length) {
        pass?.end();
        pass = undefined;
        for (const { from, to } of list)
          encoder.copyBufferToBuffer(
            this.#engine.bufferOf(from),
            from.offset,
            this.#engine.bufferOf(to),
            to.offset,
            Math.ceil(from.bytes / 4) * 4,
          );
      }
      pass ??= encoder.beginComputePass({ label: this.plan.name });
      this.encode(pass);
    }
    pass?.end();
  }

  /** Puts every dispatch of the plan into an open pass. */
  encode(pass: GPUComputePassEncoder): void {
    let last: GPUComputePipeline | undefined;
    for (const { pipeline, group, grid } of this.commands) {
      if (pipeline !== last) pass.setPipeline((last = pipeline));
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
    }
    this.#engine.counters.dispatches += this.commands.length;
  }

  destroy(): void {
    this.#engine.disown(this.#work);
    destroyBuffer(this.#engine.counters, this.#params);
  }
}
