/**
 * Specialised texts compute the same bits as the kernels they are cut from: a case of each op, drawn by a seed, through every variant
 * that takes them. NEXTOKEN_SEED draws others; a wide run takes ten.
 */
import { expect, test } from 'vitest';
import { checkCase, missingFeatures, sameBytes } from '../../src/bench/check.ts';
import { type Case, caseName, cases } from '../../src/kernels/cases/index.ts';
import { defaultKnobs, fillOptions, type GpuVariant, type Op } from '../../src/kernels/op.ts';
import { ops } from '../../src/kernels/registry.ts';
import { specialise } from '../../src/kernels/specialise.ts';
import { loadSource } from '../../src/kernels/texts.ts';
import type { Facts } from '../../src/plan/types.ts';
import { permutation, randomStream } from '../../src/sample/random.ts';
import { sharedEngine } from './shared_engine.ts';

const seed = Number(process.env['NEXTOKEN_SEED'] ?? 1);
const CASES = process.env['NEXTOKEN_WIDE'] === '1' ? 10 : 1;

const open = sharedEngine();

/** The variant as this case alone needs it: its text has nothing left to fill in. */
async function specialised(
  op: Op,
  variant: GpuVariant,
  { dims, options: given = {} }: Case,
  facts: Facts,
): Promise<GpuVariant> {
  const knobs = defaultKnobs(variant);
  const options = fillOptions(op, given);
  const passes = variant.passes(dims, knobs, options, facts);
  const entries = passes.map(({ entry }) => entry);
  const { code } = specialise(await loadSource(op, variant), variant, { knobs, options, dims, entries });
  const { elems: _none, ...rest } = variant;
  const workspace = variant.workspace?.(dims, knobs, options);
  return {
    ...rest,
    wgsl: code,
    knobs: {},
    passes: () => passes,
    ...(workspace && { workspace: () => workspace }),
  };
}

for (const op of ops.values())
  test(op.name, async ({ signal }) => {
    const engine = await open();
    const own = cases.filter((c) => c.op === op.name && c.size !== 'wide');
    let compared = 0;
    for (const i of permutation(own.length, randomStream(seed)).subarray(0, CASES))
      for (const variant of op.variants) {
        if (missingFeatures(variant, engine.facts)) continue;
        signal.throwIfAborted();
        const whole = await checkCase(engine, variant, own[i], { seed });
        if (whole.problem === 'unfit') continue;
        const alone = await checkCase(engine, await specialised(op, variant, own[i], engine.facts), own[i], { seed });
        const where = `NEXTOKEN_SEED=${seed}: ${variant.name} of ${caseName(own[i])}`;
        expect(alone.problem, where).toBe('');
        for (const [port, bytes] of Object.entries(whole.outputs))
          expect(sameBytes(bytes, alone.outputs[port]), `${where}: ${port}`).toBe(true);
        compared++;
      }
    expect(compared).toBeGreaterThan(0);
  });
