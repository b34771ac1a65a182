/** Runs one case through CPU engines, behind the gate that the bench has too. */
import { checkCase } from '../../src/bench/check.ts';
import { type Case, caseName, fillCase, runReference } from '../../src/kernels/cases/index.ts';
import { choose } from '../../src/kernels/choose.ts';
import { fillOptions } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import type { Engine } from '../../src/plan/types.ts';

/** Throws unless every engine's outputs are right and all of one group have the same bits. */
export async function checkOnAll(groups: readonly (readonly Engine[])[], c: Case, seed: number): Promise<void> {
  const op = findOp(c.op);
  // once for all engines: wide cases take the reference seconds
  const filled = fillCase(c, op, seed);
  const want = runReference(c, filled);
  for (const engines of groups) {
    let first: Readonly<Record<string, ArrayBuffer>> | undefined;
    for (const engine of engines) {
      const { variant } = choose(op, c.dims, fillOptions(op, c.options ?? {}), engine.facts);
      const { problem, outputs } = await checkCase(engine, variant, c, { seed, filled, want });
      if (problem) throw new Error(`${problem} on ${engine.facts.description}`);
      first ??= outputs;
      for (const [port, bytes] of Object.entries(outputs))
        if (Buffer.compare(Buffer.from(bytes), Buffer.from(first[port])) !== 0)
          throw new Error(`${caseName(c)}, seed ${seed}: ${port} has other bits on ${engine.facts.description}`);
    }
  }
}
