/** What CONTRIBUTING.md promises to someone who adds an op is so. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { familyOf, ops } from '../../src/kernels/registry.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const guide = /## An op\n([^]*?)\n## /.exec(read('CONTRIBUTING.md'))![1];
/** The places of the numbered list. */
const places = [...guide.matchAll(/^\d\. `([^`]+)`/gm)].map(([, place]) => place);

test('an op touches six places at most, and the guide counts right', () => {
  expect(places.length).toBeLessThanOrEqual(6);
  expect(guide).toMatch(/touches four places, an op in a new family six/);
  expect(places.filter((place) => place.includes('<')).length).toBe(4);
  expect(places.length).toBe(6);
});

test('the guide names both registries and the maker of random cases', () => {
  expect(places).toContain('src/kernels/registry.ts');
  expect(places).toContain('src/reference/index.ts');
  expect(guide).toContain('a maker of random cases');
});

describe.each([...ops.keys()])('%s', (op) => {
  test('lies where the guide says', () => {
    const family = familyOf(op);
    for (const place of places) {
      const path = place.replace('<op>', op).replace('<family>', family);
      expect(existsSync(new URL(path, root)), path).toBe(true);
    }
    const name = op.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
    expect(read(`src/reference/${family}.ts`)).toMatch(new RegExp(`export (const|function) ${name}\\b`));
    expect(read(`src/kernels/cases/${family}.ts`)).toContain(op);
  });
});

test('no list names single ops: registries name families, and cases are found by their folder', () => {
  for (const path of ['src/kernels/registry.ts', 'src/reference/index.ts', 'src/kernels/cases/index.ts']) {
    const names = [...ops.keys()].filter((op) => familyOf(op) !== op);
    for (const op of names) expect(read(path), `${op} in ${path}`).not.toMatch(new RegExp(`\\b${op}\\b`));
  }
});

test('no file lies beside a folder of its name', () => {
  const all = readdirSync(new URL('src/kernels/', root), { withFileTypes: true });
  const folders = all.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(all.filter(({ name }) => folders.includes(name.replace(/\.ts$/, '')) && name.endsWith('.ts'))).toEqual([]);
});
