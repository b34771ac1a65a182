/**
 * Every op × variant × case on this adapter against the f64 reference: numbers, guard words, poisoned outputs, same bits twice. One file
 * per family of ops, because files run side by side: on a software adapter most of the time goes into compiling, on one core each.
 *
 *   NEXTOKEN_KERNELS=matmul/tiled,softmax   only these variants, or all of an op (npm run test:kernel sets it)
 *   NEXTOKEN_NEEDS=subgroups                only variants that need this feature
 *   NEXTOKEN_WIDE=1                         also the large cases, and every value of every knob instead of a twentieth
 *   NEXTOKEN_SEED=7                         another twentieth
 */
import { describe, expect, test } from 'vitest';
import { checkVariant, missingFeatures, takesCase } from '../../src/bench/check.ts';
import { type Case, caseName, cases } from '../../src/kernels/cases/index.ts';
import { obstacle } from '../../src/kernels/choose.ts';
import { defaultKnobs, fillOptions, findVariant, type GpuVariant, type Op } from '../../src/kernels/op.ts';
import { findOp, ops } from '../../src/kernels/registry.ts';
import { permutation, randomStream } from '../../src/sample/random.ts';
import { knobsIn, knobValues, twentieth } from './knob_values.ts';
import { sharedEngine } from './shared_engine.ts';

const { NEXTOKEN_KERNELS, NEXTOKEN_NEEDS, NEXTOKEN_WIDE, NEXTOKEN_SEED } = process.env;
const wide = NEXTOKEN_WIDE === '1';
const seed = Number(NEXTOKEN_SEED ?? 1);
/** Cases that each knob value runs on. */
const KNOB_CASES = 3;

const asked = NEXTOKEN_KERNELS?.split(',').map((name) => {
  const [op, variant] = name.split('/');
  if (variant !== undefined) findVariant(findOp(op), variant, { engine: 'gpu' }); // an unknown name throws
  return { op: findOp(op).name, variant };
});
const isAsked = (op: Op, variant?: GpuVariant): boolean =>
  !asked || asked.some((a) => a.op === op.name && (!variant || !a.variant || a.variant === variant.name));
const needsIt = (variant: GpuVariant): boolean =>
  !NEXTOKEN_NEEDS || Boolean(variant.needs?.some((need) => need === NEXTOKEN_NEEDS));

const chosenKnobs = wide ? new Set(knobValues) : twentieth(seed);
const smallCases = (op: Op): Case[] => cases.filter((c) => c.op === op.name && c.size !== 'wide');

/** The tests of the ops that `belongs` takes. */
export function kernelTests(belongs: (op: string) => boolean): void {
  const open = sharedEngine();

  test('the adapter grants what plans count on', async () => {
    const { vendor, architecture, description, f16, subgroups, subgroupMin, subgroupMax, limits } = (await open())
      .facts;
    const sizes = subgroups ? `of ${subgroupMin} to ${subgroupMax}` : 'false';
    console.log(`adapter: ${vendor} ${architecture} ${description}; f16 ${f16}, subgroups ${sizes}`);
    console.log(`${chosenKnobs.size} of ${knobValues.length} knob values, NEXTOKEN_SEED=${seed}`);
    expect(limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(2 ** 27);
    expect(limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
  });

  for (const op of ops.values()) {
    if (!belongs(op.name) || !isAsked(op)) continue;
    describe(op.name, () => {
      for (const variant of op.variants) {
        if (!isAsked(op, variant) || !needsIt(variant)) continue;
        test(variant.name, async (context) => {
          const engine = await open();
          const missing = missingFeatures(variant, engine.facts);
          if (missing) context.skip(`${engine.facts.description} lacks ${missing}`);
          let ran = 0;
          for (const c of cases) {
            if (c.op !== op.name || (c.size === 'wide' && !wide)) continue;
            context.signal.throwIfAborted();
            const problem = await checkVariant(engine, variant, c, 1);
            if (problem === 'unfit') continue;
            expect(problem, caseName(c)).toBe('');
            ran++;
          }
          expect(ran, 'cases that fit this variant').toBeGreaterThan(0);
        });
        for (const { knob, value } of knobsIn(chosenKnobs, op, variant))
          test(`${variant.name}, ${knob} = ${value}`, async (context) => {
            const engine = await open();
            const missing = missingFeatures(variant, engine.facts);
            if (missing) context.skip(`${engine.facts.description} lacks ${missing}`);
            const knobs = { ...defaultKnobs(variant), [knob]: value };
            const fitting = smallCases(op).filter(
              (c) => !obstacle(variant, knobs, c.dims, fillOptions(op, c.options ?? {}), engine.facts),
            );
            if (!fitting.length) context.skip(`${engine.facts.description} has too little for it`);
            const order = permutation(fitting.length, randomStream(seed, value));
            for (const i of order.subarray(0, KNOB_CASES)) {
              context.signal.throwIfAborted();
              expect(await checkVariant(engine, variant, fitting[i], seed, knobs), caseName(fitting[i])).toBe('');
            }
          });
      }
      test.skipIf(asked ?? NEXTOKEN_NEEDS)('has a variant for every case on this adapter', async () => {
        const { facts } = await open();
        for (const c of cases)
          if (c.op === op.name) {
            const fitting = op.variants.filter((v) => !missingFeatures(v, facts) && takesCase(v, c, facts));
            expect(
              fitting.map((v) => v.name),
              caseName(c),
            ).not.toEqual([]);
          }
      });
    });
  }
}
