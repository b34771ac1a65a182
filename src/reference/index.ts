/**
 * Every op as plain loops: the oracle of the tests (in doubles) and the fallback of the CPU engine. Options are complete, as
 * `fillOptions` makes them. What an op means stands in its record in src/kernels.
 */
import { adamw, gradNorm } from './adamw.ts';
import { attention, attentionDqkv, attentionWeights } from './attention.ts';
import { crossEntropy } from './cross_entropy.ts';
import { attentionDecode, kvWrite, lastRow, rope } from './decode.ts';
import { add, dropout, fill, gelu, geluDinp, siluMul, siluMulDinp, sum, sumRows } from './elementwise.ts';
import { embedding, embeddingDpos, embeddingDweight } from './embedding.ts';
import { layernorm, layernormBwd } from './layernorm.ts';
import { matmul } from './matmul.ts';
import { matvec } from './matvec.ts';
import { copy, fmaPeak } from './probe.ts';
import { sample, topN } from './sample.ts';
import { softmax, softmaxDinp } from './softmax.ts';
import type { Reference } from './types.ts';

/** The reference of each op, by the op's name. */
export const references: ReadonlyMap<string, Reference> = new Map(
  Object.entries({
    matmul,
    matvec,
    softmax,
    softmax_dinp: softmaxDinp,
    attention,
    attention_dqkv: attentionDqkv,
    attention_weights: attentionWeights,
    attention_decode: attentionDecode,
    kv_write: kvWrite,
    rope,
    last_row: lastRow,
    layernorm,
    layernorm_bwd: layernormBwd,
    gelu,
    gelu_dinp: geluDinp,
    silu_mul: siluMul,
    silu_mul_dinp: siluMulDinp,
    add,
    fill,
    dropout,
    sum,
    sum_rows: sumRows,
    embedding,
    embedding_dweight: embeddingDweight,
    embedding_dpos: embeddingDpos,
    cross_entropy: crossEntropy,
    grad_norm: gradNorm,
    adamw,
    sample,
    top_n: topN,
    fma_peak: fmaPeak,
    copy,
  }),
);

/** The reference of that op; throws with the names there are. */
export function findReference(name: string): Reference {
  const reference = references.get(name);
  if (!reference)
    throw new Error(`there is no reference of op "${name}"; there are ${[...references.keys()].join(', ')}`);
  return reference;
}
