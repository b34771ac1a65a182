import { describe, expect, test } from 'vitest';
import { entryPoints } from '../../tools/wgsl-entries.mjs';
import { checkStyle } from '../../tools/wgsl-style.mjs';

const good = `// gelu / naive
// out[i] = gelu(inp[i])
// A workgroup makes WG elements, an invocation one.

const ERF: bool = false; // option
const HS: u32 = 64u; // dim
override WG: u32 = 64u; // knob
alias elemB = f32; // elem

@group(0) @binding(0) var<storage, read>       inp: array<f32>; // (N)
@group(0) @binding(1) var<storage, read_write> out: array<f32>; // (N)
@group(0) @binding(3) var<uniform>             params: Params;

//> gelu
fn f() {}
//< gelu

@compute @workgroup_size(WG)
fn main() {}
`;

const faults = (change: (text: string) => string): string[] => checkStyle('shaders/gelu/naive.wgsl', change(good));

describe('WGSL style', () => {
  test('a file in house style has no faults', () => {
    expect(faults((text) => text)).toEqual([]);
  });

  test.each<[string, (text: string) => string, RegExp]>([
    [
      'a head of another file',
      (t) => t.replace('gelu / naive', 'gelu / fast'),
      /:1: the first line must be "\/\/ gelu \/ naive"/,
    ],
    ['a short head', (t) => t.replace(/\/\/ out.*\n/, ''), /:1: the head comment has 2 lines/],
    ['a long head', (t) => t.replace('// out', '// a\n// b\n// c\n// d\n// out'), /:1: the head comment has 7 lines/],
    ['a tab', (t) => t.replace('fn f', '\tfn f'), /:15: a tab/],
    ['trailing space', (t) => t.replace('fn f() {}', 'fn f() {} '), /:15: spaces at the end/],
    ['a long line', (t) => t.replace('fn f', `fn ${'é'.repeat(140)}`), /:15: 148 columns/],
    ['no last newline', (t) => t.trimEnd(), /no newline at the end/],
    ['a knob without a type', (t) => t.replace('WG: u32 =', 'WG ='), /:7: marked "knob", but not of the form/],
    ['an option as an override', (t) => t.replace('const ERF', 'override ERF'), /:5: marked "option"/],
    ['an elem that is no alias', (t) => t.replace('alias elemB = f32;', 'const E: u32 = 1u;'), /:8: marked "elem"/],
    ['a mark that nobody documents', (t) => t.replace('fn f', '//@ fast\nfn f'), /:15: a comment needs a space/],
    ['a block left open', (t) => t.replace('//< gelu\n', ''), /block "gelu" is never closed/],
    [
      'a block closed by another name',
      (t) => t.replace('//< gelu', '//< relu'),
      /:16: block "relu" ends, but "gelu" is open/,
    ],
    ['a binding without a shape', (t) => t.replace(' // (N)', ''), /:10: a storage binding needs its shape/],
    ['a binding over two lines', (t) => t.replace('@binding(0) ', '@binding(0)\n'), /:10: write a binding as/],
    [
      'a binding of another group',
      (t) => t.replace('@group(0) @binding(1)', '@group(1) @binding(1)'),
      /:11: write a binding as/,
    ],
    [
      'shapes out of line',
      (t) => t.replace('inp: array<f32>;', 'inp: array<f32>;  '),
      /:11: shape comments must stand in one column/,
    ],
  ])('%s is a fault', (_name, change, message) => {
    const found = faults(change);
    expect(found.join('\n')).toMatch(message);
    expect(found.every((fault) => fault.startsWith('shaders/gelu/naive.wgsl:'))).toBe(true);
  });

  test('entry points are found in order, helper functions are not', () => {
    const code =
      '@compute @workgroup_size(8, 8)\nfn first() {}\nfn helper() {}\n@workgroup_size(WG) @compute fn second(\n) {}';
    expect(entryPoints(code)).toEqual(['first', 'second']);
  });
});
