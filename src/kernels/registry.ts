/** Every op by name. */
import { adamw, gradNorm } from './adamw.ts';
import { attention, attentionDqkv, attentionWeights } from './attention.ts';
import { crossEntropy } from './cross_entropy.ts';
import { attentionDecode, kvWrite, lastRow, rope } from './decode.ts';
import { add, dropout, fill, gelu, geluDinp, siluMul, siluMulDinp, sum, sumRows } from './elementwise.ts';
import { embedding, embeddingDpos, embeddingDweight } from './embedding.ts';
import { layernorm, layernormBwd } from './layernorm.ts';
import { matmul } from './matmul.ts';
import { matvec } from './matvec.ts';
import type { Op } from './op.ts';
import { copy, fmaPeak } from './probe.ts';
import { sample, topN } from './sample.ts';
import { softmax, softmaxDinp } from './softmax.ts';

const list: readonly Op[] = [
  matmul,
  matvec,
  softmax,
  softmaxDinp,
  attention,
  attentionDqkv,
  attentionWeights,
  attentionDecode,
  kvWrite,
  rope,
  lastRow,
  layernorm,
  layernormBwd,
  gelu,
  geluDinp,
  siluMul,
  siluMulDinp,
  add,
  fill,
  dropout,
  sum,
  sumRows,
  embedding,
  embeddingDweight,
  embeddingDpos,
  crossEntropy,
  gradNorm,
  adamw,
  sample,
  topN,
  fmaPeak,
  copy,
];

export const ops: ReadonlyMap<string, Op> = new Map(list.map((op) => [op.name, op]));

/** The op of that name; throws with the names there are. */
export function findOp(name: string): Op {
  const op = ops.get(name);
  if (!op) throw new Error(`there is no op "${name}"; there are ${[...ops.keys()].join(', ')}`);
  return op;
}
