/** What tools/minify-templates.mjs leaves out of nextoken.js changes nothing that a browser sees. */
import { expect, test } from 'vitest';
import * as tool from '../../tools/minify-templates.mjs';

const { minifyCss, minifyHtml, minifyTemplates } = tool as {
  minifyCss(text: string): string;
  minifyHtml(parts: readonly string[]): string[];
  minifyTemplates(code: string, name: string): string;
};

test('a style sheet: without comments and space that separates nothing', () => {
  const text = `
    /* don't "mind" */
    a > b, c :hover {
      margin: 0 calc(1px + 2px);
      content: 'x  { y';
    }
    @media (width >= 860px) and (x: y) { :host([a="b  c"]) { --v: ; } }`;
  expect(minifyCss(text).trim()).toBe(
    `a > b,c :hover{margin:0 calc(1px + 2px);content:'x  { y'}@media (width >= 860px) and (x:y){:host([a="b  c"]){--v:}}`,
  );
});

test('a template: little space in tags, one space in texts, quotes as they are, across its holes', () => {
  expect(minifyHtml(['<p\n  class="a  b"\n  title="', '  c"\n  >a  b\n  c</p\n>\n'])).toEqual([
    '<p class="a  b" title="',
    '  c">a b c</p> ',
  ]);
});

test('a module: nested templates, and nothing else', () => {
  const code = 'const a = html`<p\n  id=${x}\n>\n  ${html`<b>  </b>`}\n</p>`;\nconst b = `  as\n  it is  `;';
  expect(minifyTemplates(code, 'a.ts')).toBe(
    'const a = html`<p id=${x}> ${html`<b> </b>`} </p>`;\nconst b = `  as\n  it is  `;',
  );
});
