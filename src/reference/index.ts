/**
 * Every op as plain loops: the oracle of the tests (in doubles) and the fallback of the CPU engine. Options are complete, as
 * `fillOptions` makes them. What an op means stands in its record in src/kernels, in the file of the same name.
 */
import * as activations from './activations.ts';
import * as adamw from './adamw.ts';
import * as attention from './attention.ts';
import * as crossEntropy from './cross_entropy.ts';
import * as decode from './decode.ts';
import * as elementwise from './elementwise.ts';
import * as embedding from './embedding.ts';
import * as layernorm from './layernorm.ts';
import * as lstm from './lstm.ts';
import * as matmul from './matmul.ts';
import * as matvec from './matvec.ts';
import * as probe from './probe.ts';
import * as sample from './sample.ts';
import * as softmax from './softmax.ts';
import * as sums from './sums.ts';
import type { Reference } from './types.ts';

const exported: ReadonlyMap<string, unknown> = new Map(
  [
    activations,
    adamw,
    attention,
    crossEntropy,
    decode,
    elementwise,
    embedding,
    layernorm,
    lstm,
    matmul,
    matvec,
    probe,
    sample,
    softmax,
    sums,
  ].flatMap((family) => Object.entries(family)),
);

/** The reference of that op: what a family exports under the op's name in camel case. Throws where none does. */
export function findReference(op: string): Reference {
  const name = op.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
  const found = exported.get(name) as Reference | undefined;
  if (!found)
    throw new Error(`there is no reference of op "${op}": no file that src/reference/index.ts lists exports ${name}`);
  return found;
}
