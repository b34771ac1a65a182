/**
 * The contract between what builds a Plan (src/graph) and what runs it (src/gpu, src/cpu, src/reference).
 * Plain data: rank 0.
 */

/** Sizes by letter (B batch, T time, C channels, V vocabulary, …), in elements. */
export type Dims = Readonly<Record<string, number>>;
/** What an op instance means (causal mask, bias, …): integers; a yes/no option is 0 or 1. They become `const` in WGSL. */
export type Options = Readonly<Record<string, number>>;
/** Real numbers that a kernel reads from its Params (epsilon, dropout rate, …). */
export type Scalars = Readonly<Record<string, number>>;
/** Tuning choices of a variant (tile sizes, workgroup size): they change speed, never meaning. */
export type Knobs = Readonly<Record<string, number>>;
/** Element type of a stored tensor. `f16` takes 2 bytes an element; regions are padded to whole 32-bit words. */
export type Elem = 'f32' | 'f16' | 'u32';

/** What a device can do; variant choice is a pure function of this, the dims and the options. */
export interface Facts {
  readonly engine: 'gpu' | 'cpu';
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** True if a CPU emulates the GPU (SwiftShader, lavapipe, WARP): barriers are expensive there, memory is flat. */
  readonly software: boolean;
  readonly f16: boolean;
  readonly subgroups: boolean;
  /** Range of subgroup sizes; 0 when there are no subgroups. */
  readonly subgroupMin: number;
  readonly subgroupMax: number;
  readonly timestamps: boolean;
  readonly limits: Limits;
}

/** The granted limits that plans are made against (names as in the WebGPU specification). */
export interface Limits {
  /** In bytes. */
  readonly maxStorageBufferBindingSize: number;
  /** In bytes. */
  readonly maxBufferSize: number;
  readonly maxStorageBuffersPerShaderStage: number;
  /** In bytes. */
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupSizeX: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  /** In bytes. */
  readonly minStorageBufferOffsetAlignment: number;
  /** In bytes. */
  readonly minUniformBufferOffsetAlignment: number;
}

/**
 * One block of memory. `shared` arenas (weights, gradients, cache, state, inputs) belong to a scope and outlive the plans loaded
 * there; `work` arenas belong to one plan.
 */
export interface Arena {
  readonly name: string;
  /** Its size in bytes. */
  readonly bytes: number;
  readonly kind: 'shared' | 'work';
}

/** A tensor's place: a byte range of an arena, aligned to 256 bytes. */
export interface Region {
  readonly arena: string;
  /** Bytes from the arena's start. */
  readonly offset: number;
  /** Its size in bytes. */
  readonly bytes: number;
  readonly elem: Elem;
  /** Sizes from slowest to fastest varying; row-major, no gaps. */
  readonly shape: readonly number[];
}

/** One entry point of a step's shader with its grid in workgroups. Most steps have one pass named `main`. */
export interface Pass {
  readonly entry: string;
  /** Workgroups in x, y and z. */
  readonly grid: readonly [number, number, number];
}

/** One op on placed tensors, with the variant that computes it. */
export interface PlanStep {
  readonly op: string;
  readonly variant: string;
  readonly knobs: Knobs;
  readonly dims: Dims;
  readonly options: Options;
  readonly scalars: Scalars;
  /** Port name → region. An optional port that the options switch off is absent. */
  readonly ports: Readonly<Record<string, Region>>;
  /** Scratch memory of the variant, if it asks for some. */
  readonly workspace?: Region;
  /** GPU dispatches in order; empty for a CPU plan. */
  readonly passes: readonly Pass[];
  /** For people: `h.3.attn.proj`. */
  readonly label: string;
  /** Floating-point operations of one run. */
  readonly flops: number;
  /** Bytes that one run must at least read and write. */
  readonly bytes: number;
}

/** A flat list of steps, built once and replayed for every token or training step. */
export interface Plan {
  readonly name: string;
  readonly facts: Facts;
  readonly arenas: readonly Arena[];
  readonly steps: readonly PlanStep[];
  /** Inputs, outputs, parameters and kept activations by name. */
  readonly values: Readonly<Record<string, Region>>;
}

/** What an engine has done since it was opened. Tests compare these numbers because they do not vary. */
export interface Counters {
  /** Kernels started: passes of a GPU, steps of the CPU engine. */
  dispatches: number;
  /** Submissions to the device. */
  submits: number;
  /** Buffers made. */
  buffers: number;
  /** Kernels compiled. */
  pipelines: number;
  /** Bind groups made. */
  bindGroups: number;
  /** Times that the host waited for results. */
  readbacks: number;
  /** Bytes from the device to the host. */
  bytesRead: number;
  /** Bytes from the host to the device. */
  bytesWritten: number;
  /** Bytes of all live arenas and staging buffers. */
  bytesAllocated: number;
}

/** The counters of a new engine. */
export const newCounters = (): Counters => ({
  dispatches: 0,
  submits: 0,
  buffers: 0,
  pipelines: 0,
  bindGroups: 0,
  readbacks: 0,
  bytesRead: 0,
  bytesWritten: 0,
  bytesAllocated: 0,
});

/** A plan made ready in a scope: memory allocated, kernels compiled. */
export interface Runner {
  readonly plan: Plan;
  /** The compiler's warnings and notes about the texts in `LoadOptions.variants`. */
  readonly messages: readonly CompilerMessage[];
  /** Runs all steps `times` times in order, in one submission. On a GPU it returns as soon as the work is queued. */
  run(options?: RunOptions): void;
  /** Like the scope's, but also finds the plan's own work arenas (`plan.values`). */
  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset?: number): void;
  /** As the scope's, likewise. */
  read(...regions: readonly Region[]): Promise<ArrayBuffer[]>;
  /** Frees the plan's work arenas. */
  close(): void;
}

/**
 * What one submission runs.
 *
 * @example
 * runner.run({ times: 10, steps: { from: 0, to: 1 } });
 */
export interface RunOptions {
  /** How often the whole plan is replayed in this submission. Default: 1. */
  readonly times?: number;
  /** Only the steps from `from` up to `to`, which is excluded: to time them one by one. Default: all. */
  readonly steps?: { readonly from: number; readonly to: number };
  /**
   * Copies made before each replay `i` (0-based): for micro-batches, whose data lies in one upload. Ranges must not overlap and are
   * multiples of 4 bytes. Default: none.
   */
  readonly copies?: (i: number) => readonly { from: Region; to: Region }[];
}

/**
 * The text of an edited GPU kernel: it replaces a shipped variant, or adds one.
 *
 * @example
 * const mine: KernelText = { op: 'softmax', name: 'online', wgsl };
 * const model = await openModel('austen', { engine: 'gpu', variants: [mine] });
 */
export interface KernelText {
  readonly op: string;
  /** The variant's name, as the plan's steps have it. */
  readonly name: string;
  readonly wgsl: string;
  /** Element types of its `alias … // elem` lines, as in a variant's record. */
  elems?(options: Options): Readonly<Record<string, 'f32' | 'f16'>>;
}

/** What a compiler says about a kernel's text. Lines and columns count from 1; 0 means no place. */
export interface CompilerMessage {
  readonly severity: 'error' | 'warning' | 'info';
  /** From 1; 0 means no place. */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 means no place. */
  readonly column: number;
  readonly message: string;
}

/**
 * How a plan is made ready.
 *
 * @example
 * const options: LoadOptions = { bake: true };
 */
export interface LoadOptions {
  /** Kernel texts for this load only. Every other step uses a shipped one. Default: none. */
  readonly variants?: readonly KernelText[];
  /** Writes dims into the shaders (fewer bounds checks, more pipelines). Default: false. */
  readonly bake?: boolean;
}

/**
 * Memory with an owner. A scope sees the arenas it owns and those of the scopes it borrows from, no others. It frees its own when it is
 * closed. Two models, or a model and its training, never clash by name.
 */
export interface Scope {
  readonly name: string;
  readonly engine: Engine;
  /** Bytes of the arenas it owns and of the plans loaded in it. */
  readonly bytes: number;
  /** Makes zero-filled arenas and keeps those that exist already. Throws OutOfMemoryError with nothing changed. */
  allocate(...arenas: readonly Arena[]): void;
  /** Makes a plan's missing shared arenas and its work arenas, and compiles what its steps need. A load that fails changes nothing. */
  load(plan: Plan, options?: LoadOptions): Promise<Runner>;
  /** Writes into a region; `offset` in bytes from the region's start. Default: 0. Ordered with `run`. Throws ClosedError after `close`. */
  write(region: Region, data: ArrayBufferView<ArrayBuffer>, offset?: number): void;
  /**
   * Reads regions after everything queued so far, in one readback. Of no region it only waits until the memory is known to be there.
   * Throws DeviceLostError when the device is gone, OutOfMemoryError when it had no room after all.
   */
  read(...regions: readonly Region[]): Promise<ArrayBuffer[]>;
  /** Copies on the device, from regions of another scope or of a runner to regions of this scope, each a multiple of 4 bytes. */
  copy(source: Scope | Runner, pairs: readonly { from: Region; to: Region }[]): void;
  /** Closes its runners and frees its arenas. Borrowed ones are freed when the last scope that holds them closes. */
  close(): void;
}

/** Runs plans. Implementations: WebGPU (src/gpu/engine.ts), WebAssembly (src/cpu/engine.ts), the f64 reference of the tests (src/reference/engine.ts). */
export interface Engine {
  readonly facts: Facts;
  readonly counters: Counters;
  /** A new scope. The scopes in `lent` stay alive at least as long as it does. */
  open(name: string, lent?: readonly Scope[]): Scope;
  /** Resolves when all queued work is done. */
  idle(): Promise<void>;
  /** Resolves, with the reason, when the device is lost; never for the CPU. */
  readonly lost: Promise<string>;
  /** Closes all scopes and gives the device back. */
  close(): void;
}
