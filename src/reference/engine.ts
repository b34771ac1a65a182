/**
 * The oracle: runs a Plan on the plain loops with every float held in f64. Slow and exact; tests hold the other engines against it.
 */
import type { Counters, Elem, Engine, Facts, Plan, Region, Runner, RunOptions } from '../plan/types.ts';
import { fromHalf, toHalf } from '../files/half.ts';
import { findReference } from './index.ts';
import type { Numbers } from './types.ts';

const huge = 2 ** 40;

/** What plans for the oracle are compiled against: no GPU, no limits that matter. */
export const referenceFacts: Facts = {
  engine: 'cpu',
  vendor: '',
  architecture: 'f64',
  device: '',
  description: 'plain loops in f64',
  software: true,
  f16: false,
  subgroups: false,
  subgroupMin: 0,
  subgroupMax: 0,
  timestamps: false,
  limits: {
    maxStorageBufferBindingSize: huge,
    maxBufferSize: huge,
    maxStorageBuffersPerShaderStage: 64,
    maxComputeWorkgroupStorageSize: huge,
    maxComputeInvocationsPerWorkgroup: huge,
    maxComputeWorkgroupSizeX: huge,
    maxComputeWorkgroupsPerDimension: huge,
    minStorageBufferOffsetAlignment: 256,
    minUniformBufferOffsetAlignment: 256,
  },
};

/** One arena, three times: a region lives in the array of its element type, at byte offset / element size. */
type Store = Readonly<Record<Elem, Float64Array | Uint32Array>>;

export class ReferenceEngine implements Engine {
  readonly facts = referenceFacts;
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
  readonly #arenas = new Map<string, Store>();

  async load(plan: Plan): Promise<Runner> {
    for (const { name, bytes } of plan.arenas)
      if (!this.#arenas.has(name))
        this.#arenas.set(name, {
          f32: new Float64Array(bytes / 4),
          f16: new Float64Array(bytes / 2),
          u32: new Uint32Array(bytes / 4),
        });
    return { plan, run: (options) => this.#run(plan, options), destroy: () => undefined };
  }

  /** The region's numbers in place: f64 for float tensors. */
  numbers(region: Region): Numbers {
    const store = this.#arenas.get(region.arena);
    if (!store)
      throw new Error(`there is no arena "${region.arena}"; there are ${[...this.#arenas.keys()].join(', ')}`);
    const size = region.elem === 'f16' ? 2 : 4;
    return store[region.elem].subarray(region.offset / size, (region.offset + region.bytes) / size);
  }

  #run(plan: Plan, { times = 1, copies }: RunOptions = {}): void {
    for (let i = 0; i < times; i++) {
      for (const { from, to } of copies?.(i) ?? []) this.numbers(to).set(this.numbers(from));
      for (const step of plan.steps) {
        const ports = Object.fromEntries(
          Object.entries(step.ports).map(([name, region]) => [name, this.numbers(region)]),
        );
        findReference(step.op)(ports, step.dims, step.options, step.scalars);
      }
    }
  }

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    const size = region.elem === 'f16' ? 2 : 4;
    const n = data.byteLength / size;
    const target = this.numbers(region).subarray(offset / size, offset / size + n);
    if (region.elem === 'f16')
      target.set(Float64Array.from(new Uint16Array(data.buffer, data.byteOffset, n), fromHalf));
    else
      target.set(
        region.elem === 'u32'
          ? new Uint32Array(data.buffer, data.byteOffset, n)
          : new Float32Array(data.buffer, data.byteOffset, n),
      );
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    return regions.map((region) => {
      const values = this.numbers(region);
      if (region.elem === 'u32') return Uint32Array.from(values).buffer;
      return region.elem === 'f16' ? Uint16Array.from(values, toHalf).buffer : Float32Array.from(values).buffer;
    });
  }

  async idle(): Promise<void> {}

  destroy(): void {
    this.#arenas.clear();
  }
}
