/**
 * The CPU engine's roof for arithmetic: chains of multiply-adds on 128-bit vectors in a WebAssembly module written here byte by byte,
 * so that no compiler stands between. One thread is measured; the engine's roof is that times its threads.
 */

const CHAINS = 10; // 4 cycles of latency × 2 units = 8 in flight; with factor and summand 12 of 16 registers
const UNROLL = 8;

/** Floating-point operations of one iteration: chains × 4 lanes × multiply and add, unrolled. */
export const FLOPS_PER_ITERATION = CHAINS * 4 * 2 * UNROLL;

const V128 = 0x7b;
const I32 = 0x7f;
const F32 = 0x7d;
const simd = (opcode: number): number[] => [0xfd, ...leb(opcode)];

function leb(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value & 0x7f;
    value >>>= 7;
    bytes.push(value ? low | 0x80 : low);
  } while (value);
  return bytes;
}

function section(id: number, content: number[]): number[] {
  return [id, ...leb(content.length), ...content];
}

const localGet = (i: number): number[] => [0x20, ...leb(i)];
const localSet = (i: number): number[] => [0x21, ...leb(i)];

/** f(iterations, x, a, b) → sum of the chains' first lanes. */
function moduleBytes(fused: boolean): Uint8Array<ArrayBuffer> {
  const [COUNT, X, A, B] = [0, 1, 2, 3];
  const [VA, VB, FIRST] = [4, 5, 6];
  const splat = (from: number, to: number) => [...localGet(from), ...simd(0x13), ...localSet(to)];
  const step = (chain: number) =>
    fused
      ? [...localGet(VA), ...localGet(chain), ...localGet(VB), ...simd(0x105), ...localSet(chain)] // f32x4.relaxed_madd
      : [...localGet(VA), ...localGet(chain), ...simd(0xe6), ...localGet(VB), ...simd(0xe4), ...localSet(chain)]; // mul, add
  const chains = Array.from({ length: CHAINS }, (_, i) => FIRST + i);
  const body = [
    ...splat(A, VA),
    ...splat(B, VB),
    ...chains.flatMap((chain) => splat(X, chain)),
    ...[0x03, 0x40], // loop
    ...Array.from({ length: UNROLL }, () => chains.flatMap(step)).flat(),
    ...[...localGet(COUNT), 0x41, 1, 0x6b, 0x22, ...leb(COUNT), 0x0d, 0], // count − 1, again while not 0
    0x0b,
    ...chains.flatMap((chain, i) => [...localGet(chain), ...simd(0x1f), 0, ...(i ? [0x92] : [])]), // first lanes, added
    0x0b,
  ];
  const code = [1, ...leb(2 + CHAINS), V128, ...body]; // one group of locals, all v128
  const type = [1, 0x60, 4, I32, F32, F32, F32, 1, F32];
  const name = [...'run'].map((c) => c.charCodeAt(0));
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, type),
    ...section(3, [1, 0]),
    ...section(7, [1, name.length, ...name, 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

export interface WasmPeak {
  /** Does the iterations on this thread and returns what came out, so that nothing can be left out. */
  run(iterations: number): number;
  readonly fused: boolean;
}

/** Compiles the probe: fused multiply-add where this runtime has relaxed SIMD. */
export async function openWasmPeak(): Promise<WasmPeak> {
  const fused = WebAssembly.validate(moduleBytes(true));
  const { instance } = await WebAssembly.instantiate(moduleBytes(fused));
  const run = instance.exports['run'] as (iterations: number, x: number, a: number, b: number) => number;
  return { run: (iterations) => run(iterations, 0.7, 0.999, 0.001), fused };
}
