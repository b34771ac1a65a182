/** Every op × variant × case on this adapter against the f64 reference: numbers, guard words, poisoned outputs, same bits twice. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { caseName, cases } from '../../src/kernels/cases.ts';
import { GpuEngine, openGpuEngine } from '../../src/kernels/engine.ts';
import { findOp, ops } from '../../src/kernels/registry.ts';
import { checkVariant, runsHere } from './check.ts';

let engine: GpuEngine;
beforeAll(async () => {
  engine = await openGpuEngine();
  const { vendor, architecture, description, f16, subgroups } = engine.facts;
  console.log(`adapter: ${vendor} ${architecture} ${description}; f16 ${f16}, subgroups ${subgroups}`);
});
afterAll(() => engine?.destroy());

// NEXTOKEN_OPS=matmul,softmax runs only those; NEXTOKEN_WIDE=1 adds the large cases
const only = process.env['NEXTOKEN_OPS']?.split(',');
const wide = process.env['NEXTOKEN_WIDE'] === '1';

for (const op of ops.values()) {
  if (only && !only.includes(op.name)) continue;
  describe(op.name, () => {
    for (const variant of op.variants) {
      test(variant.name, async (context) => {
        if (!runsHere(variant, engine.facts)) context.skip(`${engine.facts.description} lacks ${variant.needs?.join(' and ')}`);
        let ran = 0;
        for (const c of cases) {
          if (c.op !== op.name || (c.size === 'wide' && !wide)) continue;
          const problem = await checkVariant(engine, findOp(c.op), variant, c, 1);
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
          const fitting = op.variants.filter((v) => runsHere(v, engine.facts) && fitsCase(v, c));
          expect(fitting.map((v) => v.name), caseName(c)).not.toEqual([]);
        }
    });
  });
}

function fitsCase(variant: (typeof ops extends ReadonlyMap<string, infer O> ? O : never)['variants'][number], c: (typeof cases)[number]): boolean {
  const op = findOp(c.op);
  const options = Object.fromEntries(Object.entries(op.options).map(([k, v]) => [k, c.options?.[k] ?? v[0]]));
  return variant.fits?.(c.dims, options, engine.facts) ?? true;
}
