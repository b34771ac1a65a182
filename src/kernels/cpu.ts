/** The entries of a record's `cpu`: machine code in src/cpu/wasm, and the plain loops that run everything else. */
import type { CpuVariant, Dims } from './op.ts';

/** What a kernel may say of itself besides its name. */
type Special = Partial<Omit<CpuVariant, 'kernel' | 'knobs' | 'passes'>>;

/** The kernel that src/cpu/wasm/main.ts has under this name; the op's only one is called `wasm`. */
export function wasm(kernel: string, special: Special = {}): CpuVariant {
  return {
    name: 'wasm',
    about: 'WebAssembly SIMD, its chunks shared out among the threads',
    kernel,
    knobs: {},
    score: () => 10,
    passes: () => [],
    ...special,
    // f16 weights are read as they are; whole f16 activations and caches are not
    fits: (dims, options) => !options.HALF && (special.fits?.(dims, options) ?? true),
  };
}

/** The last resort of every op. */
export const plainLoops: CpuVariant = {
  name: 'reference',
  about: 'the loops of src/reference on the memory of the engine: any dims and options, one thread, slow',
  knobs: {},
  score: () => 1,
  passes: () => [],
};

/** What nearly every op has on the CPU engine: its kernel, and plain loops for the rest. */
export const wasmOrLoops = (kernel: string, special?: Special): readonly CpuVariant[] => [
  wasm(kernel, special),
  plainLoops,
];

/** Partial sums of `sum` and `grad_norm`: one f64 per stretch (STRETCH in src/cpu/wasm/stretch.ts), then one thread adds them up. */
export const inTwoPhases: Special = {
  phases: 2,
  sharedScratch: ({ N }: Dims) => Math.ceil(N / 8192) * 8,
};

/** Bytes of a head's row of numbers, padded to whole blocks of eight (paddedRow in src/cpu/wasm/attention.ts). */
export const paddedRow = ({ HS }: Dims): number => Math.ceil(HS / 8) * 32;

/** Kernels that take a key head together with the query heads that share it. */
export const evenGroups = ({ NH, NKV }: Dims): boolean => NH % NKV === 0;
