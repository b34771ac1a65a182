/**
 * Every op × variant × case on this adapter against the f64 reference: numbers, guard words, poisoned outputs, same bits twice. One file
 * per family of ops, because files run side by side: on a software adapter most of the time goes into compiling, on one core each.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkVariant, missingFeatures, takesCase } from '../../src/bench/check.ts';
import { caseName, cases } from '../../src/kernels/cases/index.ts';
import { type GpuEngine, openGpuEngine } from '../../src/gpu/engine.ts';
import { ops } from '../../src/kernels/registry.ts';

// NEXTOKEN_OPS=matmul,softmax runs only those; NEXTOKEN_WIDE=1 adds the large cases
const only = process.env['NEXTOKEN_OPS']?.split(',');
const wide = process.env['NEXTOKEN_WIDE'] === '1';

/** The tests of the ops that `belongs` takes. */
export function kernelTests(belongs: (op: string) => boolean): void {
  let engine: GpuEngine;
  beforeAll(async () => {
    engine = await openGpuEngine();
  });
  afterAll(() => engine?.destroy());

  test('the adapter grants what plans count on', () => {
    const { vendor, architecture, description, f16, subgroups, limits } = engine.facts;
    console.log(`adapter: ${vendor} ${architecture} ${description}; f16 ${f16}, subgroups ${subgroups}`);
    expect(limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(2 ** 27);
    expect(limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
  });

  for (const op of ops.values()) {
    if (!belongs(op.name) || (only && !only.includes(op.name))) continue;
    describe(op.name, () => {
      for (const variant of op.variants) {
        test(variant.name, async (context) => {
          const missing = missingFeatures(variant, engine.facts);
          if (missing) context.skip(`${engine.facts.description} lacks ${missing}`);
          let ran = 0;
          for (const c of cases) {
            if (c.op !== op.name || (c.size === 'wide' && !wide)) continue;
            const problem = await checkVariant(engine, variant, c, 1);
            if (problem === 'unfit') continue;
            expect(problem, caseName(c)).toBe('');
            ran++;
          }
          expect(ran, 'cases that fit this variant').toBeGreaterThan(0);
        });
      }
      test('has a variant for every case on this adapter', () => {
        for (const c of cases)
          if (c.op === op.name) {
            const fitting = op.variants.filter(
              (v) => !missingFeatures(v, engine.facts) && takesCase(v, c, engine.facts),
            );
            expect(
              fitting.map((v) => v.name),
              caseName(c),
            ).not.toEqual([]);
          }
      });
    });
  }
}
