/** The text of one instance: short, self-contained, mapped to its source, and cut without changing what it computes. */
import { describe, expect, test } from 'vitest';
import { takesCase } from '../../src/bench/check.ts';
import { cases } from '../../src/kernels/cases/index.ts';
import { compose } from '../../src/kernels/compose.ts';
import { defaultKnobs, fillOptions } from '../../src/kernels/op.ts';
import { findOp, ops } from '../../src/kernels/registry.ts';
import { specialise } from '../../src/kernels/specialise.ts';
import { loadSource } from '../../src/kernels/texts.ts';
import { gpuFacts } from '../model/facts.ts';

const facts = gpuFacts({ subgroups: true, f16: true, subgroupMin: 32, subgroupMax: 32 });
const none = { name: 'test' };

/** A function with `body`, specialised: its body. */
function body(
  text: string,
  given: { options?: Record<string, number>; before?: string; knobs?: Record<string, number> } = {},
): string {
  const { options = {}, knobs = {}, before = '' } = given;
  const consts = Object.keys(options).map((name) => `const ${name}: u32 = 0u; // option\n`);
  const source = `${consts.join('')}${before}
@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1)
fn main(@builtin(local_invocation_index) i: u32) {
${text}
}
`;
  const { code } = specialise(source, none, { knobs, options });
  return /fn main\(.*\) \{\n([^]*)\n\}/.exec(code)![1].replace(/^ {2}/gm, '');
}

describe('what goes', () => {
  test('branches that an option decides, with what only they used', () => {
    const text = `  let x = i * 3u;
  if (A == 1u) { out[i] = x; } else if (B == 0u) { out[i] = 7u; } else { out[i] = 8u; }`;
    expect(body(text, { options: { A: 1, B: 0 } })).toBe('let x = i * 3u;\nout[i] = x;');
    expect(body(text, { options: { A: 0, B: 0 } })).toBe('out[i] = 7u;');
    expect(body(text, { options: { A: 0, B: 1 } })).toBe('out[i] = 8u;');
  });

  test('the middle of a chain that stays', () => {
    const text = '  if (i == 0u) { out[i] = 1u; } else if (A == 1u) { out[i] = 2u; } else { out[i] = 3u; }';
    expect(body(text, { options: { A: 0 } })).toBe('if (i == 0u) { out[i] = 1u; } else { out[i] = 3u; }');
    expect(body(text, { options: { A: 1 } })).toBe('if (i == 0u) { out[i] = 1u; } else { out[i] = 2u; }');
  });

  test('selects, factors of one, zeros, conditions', () => {
    expect(body('  out[i * select(1u, 4u, A == 1u)] = i + select(0u, 8u, A == 1u);', { options: { A: 0 } })).toBe(
      'out[i] = i;',
    );
    expect(body('  if (A == 1u && i > 2u) { out[i] = 2u * A; }', { options: { A: 1 } })).toBe(
      'if (i > 2u) { out[i] = 2u; }',
    );
    expect(body('  out[i] = select(i + 1u, i, A == 1u) * 2u;', { options: { A: 0 } })).toBe('out[i] = (i + 1u) * 2u;');
  });

  test('helpers that an option leaves with one statement, parameters that are always the same', () => {
    const before = `fn put(at: u32, x: u32, twice: bool) {
  var y = x;
  if (twice) { y *= 2u; }
  out[at] = y;
}`;
    expect(body('  put(i, 5u, false);', { before })).toBe('out[i] = 5u;');
    expect(body('  put(i, i + 5u, false);', { before })).toBe('put(i, i + 5u);');
  });

  test('branches that a knob decides, but no knob’s name', () => {
    expect(
      body('  if (TM == 4u) { out[i] = TM * 2u; }', { knobs: { TM: 4 }, before: 'const TM: u32 = 8u; // knob' }),
    ).toBe('out[i] = TM * 2u;');
  });
});

describe('what stays', () => {
  test('a block whose names would meet others', () => {
    const text = '  let x = i;\n  if (A == 1u) { let x = 2u; out[0] = x; }\n  out[i] = x;';
    expect(body(text, { options: { A: 1 } })).toBe('let x = i;\n{ let x = 2u; out[0] = x; }\nout[i] = x;');
  });

  test('a call that does something, whatever becomes of its value', () => {
    const before = 'fn count() -> u32 { out[0] += 1u; return 1u; }';
    expect(body('  let x = count();', { before })).toBe('let x = count();');
    expect(body('  out[i] = select(count(), 2u, A == 1u);', { before, options: { A: 1 } })).toBe(
      'out[i] = select(count(), 2u, true);',
    );
  });

  test('members of Params, whose places the host fills, not of other structs', () => {
    const source = `struct Params { N: u32, M: u32 }
struct Pair { a: u32, b: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@compute @workgroup_size(1)
fn main() {
  var p = Pair(1u, 2u);
  out[0] = p.b + params.M;
}
`;
    const { code } = specialise(source, none, { knobs: {}, options: {} });
    expect(code).toContain('struct Params { N: u32, M: u32 }\nstruct Pair { b: u32 }');
    expect(code).toContain('var p = Pair(2u);');
  });

  test('entry points, if asked only some', async () => {
    const op = findOp('matmul');
    const variant = op.variants.find(({ name }) => name === 'quad')!;
    const instance = { knobs: defaultKnobs(variant), options: fillOptions(op, {}), entries: ['ragged'] };
    const { code } = specialise(await loadSource(op, variant), variant, instance);
    expect([...code.matchAll(/^@compute.*\nfn (\w+)/gm)].map(([, name]) => name)).toEqual(['ragged']);
  });
});

test('what is no WGSL of ours is named with its line', () => {
  expect(() => body('  while (true) { }')).toThrow(/line 5: ";" expected, found "{"/);
});

test('a plain matmul/naive is 35 lines or less', async () => {
  const op = findOp('matmul');
  const instance = { knobs: defaultKnobs(op.variants[0]), options: fillOptions(op, {}) };
  const { code } = specialise(await loadSource(op, op.variants[0]), op.variants[0], instance);
  expect(op.variants[0].name).toBe('naive');
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(35);
});

test('with its dims written in, an instance needs no Params', async () => {
  const op = findOp('matmul');
  const dims = { Z: 1, M: 64, N: 32, K: 16 };
  const instance = { knobs: defaultKnobs(op.variants[0]), options: fillOptions(op, {}), dims, bake: dims };
  const { code } = specialise(await loadSource(op, op.variants[0]), op.variants[0], instance);
  expect(code).not.toMatch(/params/i);
  expect(code).toContain('let K = 16u;');
});

describe.each([...ops.values()].map((op) => ({ op, name: op.name })))('$name', ({ op }) => {
  test.each(op.variants.map((variant) => ({ variant, name: variant.name })))('$name', async ({ variant }) => {
    const source = await loadSource(op, variant);
    const { dims, options: given = {} } = cases.find((c) => c.op === op.name && takesCase(variant, c, facts))!;
    const instance = { knobs: defaultKnobs(variant), options: fillOptions(op, given), dims };
    const { code, lines } = specialise(source, variant, instance);
    const rows = code.trimEnd().split('\n');
    expect(lines.length).toBe(rows.length);
    // a line that the source has just once is mapped there
    const places = new Map<string, number[]>();
    compose(source, variant, instance)
      .code.split('\n')
      .forEach((row, i) => places.set(row.trim(), [...(places.get(row.trim()) ?? []), i + 1]));
    rows.forEach((row, i) => {
      const found = places.get(row.trim());
      if (found?.length === 1) expect(lines[i], row).toBe(found[0]);
    });
    for (const option of Object.keys(op.options)) expect(code).not.toMatch(new RegExp(`const ${option}\\b`));
    expect(code).not.toMatch(/\boverride\b|\/\/ (option|knob|dim|elem)\b|\/\/[<>]/);
    // nothing is left to cut
    expect(specialise(code, none, { knobs: {}, options: {} }).code).toBe(code);
  });
});
