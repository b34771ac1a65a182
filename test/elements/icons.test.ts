/** The icons: each is one valid path inside its box, and the file is what the tool writes. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as icons from '../../src/elements/core/icons.gen.ts';
import { renderIcons } from '../../tools/icons.mjs';

test('icons.gen.ts is what the tool writes', () => {
  expect(readFileSync('src/elements/core/icons.gen.ts', 'utf8')).toBe(renderIcons());
});

test.each(Object.entries(icons))('%s is one path', (_name, path) => {
  expect(path).toMatch(/^M[-\d.\sa-zA-Z]+$/);
});
