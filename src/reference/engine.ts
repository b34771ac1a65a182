/**
 * The oracle: runs a Plan on the plain loops with every float held in f64. Slow and exact; tests hold the other engines against it.
 */
import { Arenas } from '../plan/arenas.ts';
import {
  type Arena,
  type Counters,
  type Elem,
  type Engine,
  type Facts,
  newCounters,
  type Plan,
  type Region,
  type Runner,
  type RunOptions,
  type Scope,
} from '../plan/types.ts';
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
type Store = Readonly<Record<Elem, Float64Array | Uint32Array>> & { readonly bytes: number };

export class ReferenceEngine implements Engine {
  readonly facts = referenceFacts;
  readonly counters: Counters = newCounters();
  readonly lost = new Promise<string>(() => undefined);
  readonly #scopes = new Set<ReferenceScope>();

  open(name: string, lent: readonly Scope[] = []): ReferenceScope {
    const scope = new ReferenceScope(this, name, lent as readonly ReferenceScope[]);
    this.#scopes.add(scope);
    return scope;
  }

  async idle(): Promise<void> {}

  close(): void {
    for (const scope of this.#scopes) scope.close();
  }
}

/** A runner whose numbers can be looked at and set in place. */
export interface ReferenceRunner extends Runner {
  numbers(region: Region): Numbers;
}

export class ReferenceScope implements Scope {
  readonly name: string;
  readonly engine: Engine;
  readonly #arenas: Arenas<Store>;
  /** Work arenas of the plans loaded here. */
  readonly #loaded = new Set<ReferenceScope>();

  constructor(engine: Engine, name: string, lent: readonly ReferenceScope[]) {
    this.name = name;
    this.engine = engine;
    const memory = {
      take: ({ bytes }: Arena) => {
        engine.counters.bytesAllocated += bytes;
        return {
          bytes,
          f32: new Float64Array(bytes / 4),
          f16: new Float64Array(bytes / 2),
          u32: new Uint32Array(bytes / 4),
        };
      },
      give: ({ bytes }: Store) => void (engine.counters.bytesAllocated -= bytes),
    };
    this.#arenas = new Arenas(
      name,
      memory,
      lent.map((scope) => scope.#arenas),
    );
  }

  get bytes(): number {
    return this.#arenas.bytes;
  }

  allocate(...arenas: readonly Arena[]): void {
    this.#arenas.allocate(arenas);
  }

  async load(plan: Plan): Promise<ReferenceRunner> {
    this.allocate(...plan.arenas.filter((a) => a.kind === 'shared'));
    const work = new ReferenceScope(this.engine, `${this.name}/${plan.name}`, [this]);
    work.allocate(...plan.arenas.filter((a) => a.kind === 'work'));
    this.#loaded.add(work);
    const find = (region: Region) => (work.#arenas.find(region.arena) ? work : this).numbers(region);
    return {
      plan,
      messages: [],
      numbers: find,
      run: (options) => run(plan, find, options),
      write: (region, data, offset) => writeNumbers(find(region), region.elem, data, offset),
      read: async (...regions) => regions.map((region) => bytesOf(find(region), region.elem)),
      close: () => {
        this.#loaded.delete(work);
        work.close();
      },
    };
  }

  /** The region's numbers in place: f64 for float tensors. */
  numbers(region: Region): Numbers {
    const store = this.#arenas.find(region.arena);
    if (!store) throw new Error(`there is no arena "${region.arena}" in scope "${this.name}"`);
    const size = region.elem === 'f16' ? 2 : 4;
    return store[region.elem].subarray(region.offset / size, (region.offset + region.bytes) / size);
  }

  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset?: number): void {
    writeNumbers(this.numbers(region), region.elem, data, offset);
  }

  async read(...regions: readonly Region[]): Promise<ArrayBuffer[]> {
    return regions.map((region) => bytesOf(this.numbers(region), region.elem));
  }

  copy(source: Scope | Runner, pairs: readonly { from: Region; to: Region }[]): void {
    const own = source as (Scope | Runner) & { numbers(region: Region): Numbers };
    for (const { from, to } of pairs) this.numbers(to).set(own.numbers(from));
  }

  close(): void {
    for (const work of this.#loaded) work.close();
    this.#arenas.close();
  }
}

function run(plan: Plan, find: (region: Region) => Numbers, { times = 1, copies, steps }: RunOptions = {}): void {
  for (let i = 0; i < times; i++) {
    for (const { from, to } of copies?.(i) ?? []) find(to).set(find(from));
    for (const step of plan.steps.slice(steps?.from, steps?.to)) {
      const ports = Object.fromEntries(Object.entries(step.ports).map(([name, region]) => [name, find(region)]));
      findReference(step.op)(ports, step.dims, step.options, step.scalars);
    }
  }
}

function writeNumbers(numbers: Numbers, elem: Elem, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
  const size = elem === 'f16' ? 2 : 4;
  const n = data.byteLength / size;
  const target = numbers.subarray(offset / size, offset / size + n);
  if (elem === 'f16') target.set(Float64Array.from(new Uint16Array(data.buffer, data.byteOffset, n), fromHalf));
  else
    target.set(
      elem === 'u32'
        ? new Uint32Array(data.buffer, data.byteOffset, n)
        : new Float32Array(data.buffer, data.byteOffset, n),
    );
}

function bytesOf(values: Numbers, elem: Elem): ArrayBuffer {
  if (elem === 'u32') return Uint32Array.from(values).buffer;
  return elem === 'f16' ? Uint16Array.from(values, toHalf).buffer : Float32Array.from(values).buffer;
}
