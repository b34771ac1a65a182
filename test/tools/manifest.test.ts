/** custom-elements.json: what the classes say comes out, and what they forget is named. */
import { expect, test } from 'vitest';
import { manifestOf } from '../../tools/manifest.mjs';

const BASE = `
import { html, LitElement } from 'lit';
import { property } from 'lit/decorators.js';
/**
 * What every element is.
 * @fires {CustomEvent<{ what: string }>} fail - something went wrong
 * @csspart frame - all of it
 * @slot caption - instead of the caption
 */
export abstract class NtElement extends LitElement {
  /** Colours. */
  @property({ reflect: true }) theme = 'auto';
  @property({ attribute: false }) private hidden = 1;
  protected emit(name: string, detail: unknown) { return this.dispatchEvent(new CustomEvent(name, { detail })); }
  failed() { this.emit('fail', {}); }
  override render() { return html\`<div part="frame"><slot name="caption"></slot></div>\`; }
}`;

const CHILD = `
import { html } from 'lit';
import { property } from 'lit/decorators.js';
import { NtElement } from '../core/element.ts';
import { bar } from './bars.ts';
/**
 * Candidates as bars.
 * @fires {CustomEvent<{ token: number }>} candidate-pick - a row was chosen
 * @csspart row - one candidate
 * @cssprop --nt-rows - how many rows
 * @key {Enter} takes it @key Escape - leaves
 */
export class Bars extends NtElement {
  /** How many. */
  @property({ type: Number }) limit = 8;
  /** Takes one. */
  pick(token: number) { return this.emit('candidate-pick', { token }); }
  override render() { return html\`<p style=\${'var(--nt-rows) var(--nt-ink)'}>\${bar()}</p>\`; }
}`;

const BARS = 'import { html } from \'lit\';\nexport const bar = () => html`<p part="row"></p>`;';
const VALUES = "export const X = {\n  ink: 'CanvasText',\n};";

const files = (child: string) =>
  new Map([
    ['src/elements/core/element.ts', BASE.replace('  failed()', '  /** Says so. */\n  failed()')],
    ['src/elements/core/token_values.ts', VALUES],
    ['src/elements/bars/bars.class.ts', child],
    ['src/elements/bars/bars.ts', BARS],
    ['src/elements/bars/define.ts', "define('nt-bars', Bars);"],
  ]);

test('tag, attributes, properties, events with types, slots, parts, properties of CSS and keys, its own and inherited', () => {
  const { manifest, faults } = manifestOf(files(CHILD));
  expect(faults).toEqual([]);
  const module = manifest.modules.find(({ path }: { path: string }) => path === 'dist/elements/bars.class.js');
  const bars = module.declarations[0];
  expect(bars).toMatchObject({
    tagName: 'nt-bars',
    customElement: true,
    keys: [
      { name: 'Enter', description: 'takes it' },
      { name: 'Escape', description: 'leaves' },
    ],
  });
  const names = (list: { name: string }[]) => list.map(({ name }) => name).toSorted();
  expect(names(bars.attributes)).toEqual(['limit', 'theme']);
  expect(names(bars.members)).toEqual(['failed', 'limit', 'pick', 'theme']);
  expect(names(bars.events)).toEqual(['candidate-pick', 'fail']);
  expect(bars.events.find(({ name }: { name: string }) => name === 'candidate-pick').type.text).toBe(
    'CustomEvent<{ token: number }>',
  );
  expect(names(bars.cssParts)).toEqual(['frame', 'row']);
  expect(names(bars.slots)).toEqual(['caption']);
  expect(names(bars.cssProperties)).toEqual(['--nt-rows']);
});

test.each([
  ['Candidates as bars.', '', 'the class has no description'],
  ['class Bars', 'class Other', 'no define.ts beside it'],
  ['/** How many. */', '', 'field limit has no description'],
  ['/** Takes one. */', '', 'method pick has no description'],
  [/ \* @fires.*\n/, '', 'candidate-pick is used and has no @fires'],
  ["emit('candidate-pick'", "emit('other'", 'other is used and has no @fires'],
  ["emit('candidate-pick'", "emit('other'", '@fires candidate-pick is nowhere'],
  ['{CustomEvent<{ token: number }>} ', '', '@fires candidate-pick has no {type}'],
  [/ \* @csspart.*\n/, '', 'row is used and has no @csspart'],
  ['@csspart row', '@csspart column', '@csspart column is nowhere'],
  [/ \* @cssprop.*\n/, '', '--nt-rows is used and has no @cssprop'],
  ['<p style', '<slot name="after"></slot><p style', 'after is used and has no @slot'],
])('%s → “%s” is noticed', (from, to, fault) => {
  expect(manifestOf(files(CHILD.replace(from, to))).faults.join('\n')).toContain(fault);
});
