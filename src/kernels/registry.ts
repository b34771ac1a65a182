/** Every op by name. A family of ops is a file here and has the same name in src/reference and in cases/. */
import * as activations from './activations.ts';
import * as adamw from './adamw.ts';
import * as attention from './attention.ts';
import { UnknownOpError } from './complete.ts';
import * as crossEntropy from './cross_entropy.ts';
import * as decode from './decode.ts';
import * as elementwise from './elementwise.ts';
import * as embedding from './embedding.ts';
import * as layernorm from './layernorm.ts';
import * as lstm from './lstm.ts';
import * as matmul from './matmul.ts';
import * as matvec from './matvec.ts';
import type { Op } from './op.ts';
import * as probe from './probe.ts';
import * as sample from './sample.ts';
import * as softmax from './softmax.ts';
import * as sums from './sums.ts';

/** What each file exports: its ops. */
const families: Readonly<Record<string, Readonly<Record<string, Op>>>> = {
  activations,
  adamw,
  attention,
  cross_entropy: crossEntropy,
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
};

/**
 * Every op by name.
 *
 * @example
 * for (const { name, about } of ops.values()) console.log(name, about);
 */
export const ops: ReadonlyMap<string, Op> = new Map(
  Object.values(families)
    .flatMap((family) => Object.values(family))
    .map((op) => [op.name, op]),
);

/**
 * The op of that name.
 *
 * @throws Error with the names there are, when this is none of them
 * @example
 * const { ports, flops } = findOp('matmul');
 * console.log(ports.map((port) => port.name), flops({ Z: 1, M: 64, N: 64, K: 64 }, {}));
 */
export function findOp(name: string): Op {
  const op = ops.get(name);
  if (!op) throw new UnknownOpError(`there is no op "${name}"; there are ${[...ops.keys()].join(', ')}`);
  return op;
}

/** The family of the op of that name: its file in src/kernels, src/reference and src/kernels/cases. */
export function familyOf(name: string): string {
  const op = findOp(name);
  return Object.keys(families).find((family) => Object.values(families[family]).includes(op))!;
}
