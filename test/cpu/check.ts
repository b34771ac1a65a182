/** Runs one case through a CPU engine, behind the gate that the bench has too. */
import { checkCase } from '../../src/bench/check.ts';
import { cpuVariant } from '../../src/cpu/support.ts';
import type { Case } from '../../src/kernels/cases.ts';
import { fillOptions } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import type { Engine } from '../../src/plan/types.ts';

/** The outputs' bytes by port; throws with the first thing that is wrong. */
export async function runCase(engine: Engine, c: Case, seed: number): Promise<Readonly<Record<string, ArrayBuffer>>> {
  const variant = cpuVariant(c.op, c.dims, fillOptions(findOp(c.op), c.options ?? {}));
  const { problem, outputs } = await checkCase(engine, variant, c, { seed });
  if (problem) throw new Error(problem);
  return outputs;
}
