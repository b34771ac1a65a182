/** Which steps of a CPU plan run as WebAssembly and which as plain loops. Pure; the plan builder asks it. */
import type { Dims, Options } from '../plan/types.ts';

/** Ops with a kernel, in the order of the switch in src/cpu/wasm/main.ts. */
export const wasmOps = [
  'matmul',
  'matvec',
  'softmax',
  'softmax_dinp',
  'attention',
  'attention_dqkv',
  'attention_decode',
  'kv_write',
  'rope',
  'last_row',
  'layernorm',
  'layernorm_bwd',
  'gelu',
  'gelu_dinp',
  'silu_mul',
  'silu_mul_dinp',
  'add',
  'fill',
  'dropout',
  'sum',
  'sum_rows',
  'embedding',
  'embedding_dweight',
  'embedding_dpos',
  'cross_entropy',
  'grad_norm',
  'adamw',
  'sample',
  'top_n',
  'fma_peak',
  'copy',
  'attention_weights',
] as const;

/** The variant of a CPU step. `dims` and `options` as the step has them; an option that is absent has its default. */
export function cpuVariant(op: string, dims: Dims, options: Options): 'wasm' | 'reference' {
  if (!(wasmOps as readonly string[]).includes(op)) return 'reference';
  // f16 weights are read as they are; whole f16 activations and caches are not
  if (options.HALF) return 'reference';
  // these take a key head together with the query heads that share it
  const grouped = op === 'attention_dqkv' || op === 'attention_decode';
  return grouped && dims.NH % dims.NKV !== 0 ? 'reference' : 'wasm';
}
