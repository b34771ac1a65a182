/** What tools/lean-decorators.mjs makes of a class is what lit's decorators make of it. */
import { expect, test } from 'vitest';
import { withoutDecorators } from '../../tools/lean-decorators.mjs';

const own = (text: string) => withoutDecorators(text, 'a.ts').replace(/\s+/g, ' ').trim();

test('properties, states and queries become calls in the class; the import goes', () => {
  const text = `import { property, query, state } from 'lit/decorators.js';
    class A extends LitElement {
      static styles = [];
      @property({ attribute: 'for' }) htmlFor = '';
      @property() private src = '';
      @state() protected menu = false;
      @query('textarea') private readonly field!: HTMLTextAreaElement | null;
      plain = 1;
    }`;
  expect(own(text)).toBe(
    `class A extends LitElement { static { for (const [name, options] of Object.entries({ htmlFor: { attribute: 'for' }, src: {}, menu: { state: true } })) this.createProperty(name, options as any); } static styles = []; htmlFor = ''; private src = ''; protected menu = false; get field(): any { return this.renderRoot?.querySelector('textarea') ?? null; } plain = 1; }`,
  );
});

test('a class with another decorator stays as it is', () => {
  const text = `import { property, queryAll } from 'lit/decorators.js'; class A { @property() a = 1; @queryAll('p') b; }`;
  expect(own(text)).toBe(text);
});
