/** The case records themselves: complete, cheap, deterministic, and right for the references in doubles and in floats. */
import { describe, expect, test } from 'vitest';
import { type Case, caseName, cases, fillCase, randomCase, runReference } from '../../src/kernels/cases/index.ts';
import { STATE } from '../../src/plan/state.ts';
import { fillOptions, type Op, portElem, portPresent } from '../../src/kernels/op.ts';
import type { Family } from '../../src/kernels/cases/case.ts';
import { familyOf, findOp, ops } from '../../src/kernels/registry.ts';
import { findReference } from '../../src/reference/index.ts';
import { randomStream } from '../../src/sample/random.ts';
import { isSound, pick, settingsOf } from '../../src/reference/sample.ts';

/** Outputs of the reference on f32 storage, as the CPU engine runs it. */
function runInFloats(op: Op, c: Case, seed: number): Record<string, Float32Array | Uint32Array> {
  const ports = fillCase(c, op, seed);
  findReference(op.name)(ports, c.dims, fillOptions(op, c.options ?? {}), c.scalars ?? {});
  return ports;
}

/** What a run leaves must be numbers, but where the case fed NaN that the op has no business with. */
function mayBeNaN(c: Case): boolean {
  if (c.op === 'grad_norm') return /not a number/.test(c.note ?? '');
  return c.op === 'attention_decode'
    ? /unwritten/.test(c.note ?? '')
    : /hold NaN/.test(c.note ?? '') && !c.options?.GRAD;
}

/** First disagreement of the f32 run with the f64 run, beyond the op's tolerance; '' if none. */
function disagreement(op: Op, c: Case, seed: number): string {
  const options = fillOptions(op, c.options ?? {});
  const want = runReference(c, fillCase(c, op, seed));
  const got = runInFloats(op, c, seed);
  const { abs, rel } = op.tolerance(c.dims, options);
  for (const [name, values] of Object.entries(want)) {
    for (let i = 0; i < values.length; i++) {
      if (Object.is(values[i], got[name][i])) continue; // NaN and infinity, too
      if (!(Math.abs(got[name][i] - values[i]) <= abs + rel * Math.abs(values[i])))
        return `${name}[${i}]: ${got[name][i]} in f32 storage, ${values[i]} in doubles`;
    }
  }
  return '';
}

test('every op has a reference, cases and a maker of random ones in files of its family’s name', async () => {
  for (const op of ops.values()) {
    const name = op.name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
    const file = familyOf(op.name);
    const reference = (await import(`../../src/reference/${file}.ts`)) as Record<string, unknown>;
    expect(findReference(op.name), `${op.name} in src/reference/${file}.ts`).toBe(reference[name]);
    const { family } = (await import(`../../src/kernels/cases/${file}.ts`)) as { family: Family };
    const own = family.cases.filter((c) => c.op === op.name);
    expect(own, `${op.name} in src/kernels/cases/${file}.ts`).toEqual(cases.filter((c) => c.op === op.name));
    expect(Object.keys(family.random)).toContain(op.name);
  }
});

test('case names are unique', () => {
  const names = cases.map(caseName);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});

describe.each([...ops.values()].map((op) => ({ op, name: op.name })))('$name', ({ op }) => {
  const own = cases.filter((c) => c.op === op.name);

  test('six cases or more, each value of each option in one of them', () => {
    expect(own.length).toBeGreaterThanOrEqual(6);
    for (const [option, values] of Object.entries(op.options))
      for (const value of values) {
        const hit = own.some((c) => fillOptions(op, c.options ?? {})[option] === value);
        expect(hit, `${option} = ${value}`).toBe(true);
      }
  });

  test('small cases stay under 2 MFLOP', () => {
    const large = own.filter((c) => c.size !== 'wide' && op.flops(c.dims, c.options ?? {}) > 2e6);
    expect(large.map(caseName)).toEqual([]);
  });

  test('every output is written with numbers; f32 storage agrees with doubles', () => {
    for (const c of own) {
      if (c.size === 'wide') continue;
      const want = runReference(c, fillCase(c, op, 1));
      for (const [name, values] of Object.entries(want))
        if (!mayBeNaN(c)) expect(Array.from(values).findIndex(Number.isNaN), `${caseName(c)}: ${name}`).toBe(-1);
      expect(disagreement(op, c, 1), caseName(c)).toBe('');
    }
  });

  test('the seed decides the numbers, and 16-bit ports hold 16-bit numbers', () => {
    const c = own[own.length > 5 ? 5 : 0];
    expect(fillCase(c, op, 3)).toEqual(fillCase(c, op, 3));
    for (const port of op.ports) {
      const options = fillOptions(op, c.options ?? {});
      if (!portPresent(port, options) || portElem(port, options) !== 'f16') continue;
      // 11 significant bits: scaled to whole numbers below 2¹¹
      for (const x of fillCase(c, op, 3)[port.name])
        if (x === x && Math.abs(x) > 2 ** -14) {
          const scaled = x / 2 ** (Math.floor(Math.log2(Math.abs(x))) - 10);
          expect(scaled).toBe(Math.round(scaled));
        }
    }
  });

  test('random cases are valid', () => {
    const seed = 20_240_607;
    const random = randomStream(seed);
    for (let i = 0; i < 15; i++) {
      const c = randomCase(op, random);
      expect(op.flops(c.dims, c.options ?? {}), caseName(c)).toBeLessThanOrEqual(4e6);
      expect(disagreement(op, c, i), `${caseName(c)}, seed ${seed}, number ${i}`).toBe('');
    }
  });
});

test('sampling cases keep clear of the edges where f32 and f64 could part', () => {
  for (const c of cases) {
    if (c.op !== 'sample') continue;
    const { logits, state } = fillCase(c, findOp('sample'), 1);
    const { R, V } = c.dims;
    for (let r = 0; r < R; r++) {
      const row = logits.subarray(r * V, (r + 1) * V);
      if (!isSound(row)) continue;
      const { margin } = pick(row, settingsOf(state.subarray(STATE.WORDS * r, STATE.WORDS * (r + 1))));
      expect(margin, `${caseName(c)}, row ${r}`).toBeGreaterThan(c.size === 'wide' ? 2e-4 : 1e-3);
    }
  }
});

test('a u32 input without a fill and a fill of the wrong length are told by name', () => {
  const op = findOp('last_row');
  expect(() => fillCase({ op: 'last_row', dims: { B: 1, T: 2, C: 3 } }, op, 1)).toThrow(/last_row.*state needs a fill/);
  const short: Case = {
    op: 'last_row',
    dims: { B: 1, T: 2, C: 3 },
    fills: { state: { kind: 'make', make: () => [1] } },
  };
  expect(() => fillCase(short, op, 1)).toThrow(/fill of state has 1 elements; its shape asks for 16/);
  expect(() => runReference({ op: 'add', dims: { N: 1 } }, {})).toThrow(/scalar alpha is missing/);
});
