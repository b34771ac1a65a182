/** The example texts of the page are what SOURCES.md says: as long, with these first and last words, one paragraph a line. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const folder = 'demo/public/texts';
const read = (name: string): string => readFileSync(`${folder}/${name}`, 'utf8');
const rows = read('SOURCES.md')
  .split('\n')
  .filter((line) => /^\| \S+\.txt /.test(line))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

test('every text has its row', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  expect(rows.map(([file]) => file)).toEqual(files.toSorted());
  expect(files.length).toBe(2);
});

describe.each(rows)('%s', (file, what, characters, begins, ends, licence) => {
  const text = read(file);
  test('is as long as its row says, and begins and ends as it says', () => {
    expect([...text].length).toBe(Number(characters));
    expect(text.startsWith(begins)).toBe(true);
    expect(text.trimEnd().endsWith(ends)).toBe(true);
    expect(`${what}: ${licence}`).toMatch(/public domain/);
  });

  test('is clean: no carriage returns, no spaces at line ends, no headings of a digital library', () => {
    expect(text).not.toMatch(/\r|[ \t]$| {2}|Gutenberg|\*\*\*|_/m);
    expect(text.length).toBeGreaterThan(20_000);
  });
});

test('Sherlock Holmes has whole paragraphs', () => {
  const lines = read('sherlock-holmes.txt').trimEnd().split('\n');
  expect(lines.length).toBe(474);
  expect(lines.filter((line) => !/[.!?:—,”’]$/.test(line))).toEqual([]);
});
