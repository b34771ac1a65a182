/** A Chinese reader meets no English word but names, code and units: a model that does not load, no WebGPU, an own text. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import '../../../src/elements/device-status/define.ts';
import '../../../src/elements/loss-chart/define.ts';
import '../../../src/elements/next-token/define.ts';
import '../../../src/elements/train-panel/define.ts';
import type { NextToken } from '../../../src/elements/next-token/next-token.class.ts';
import type { TrainPanel } from '../../../src/elements/train-panel/train-panel.class.ts';
import { place, until, withServices } from './common.ts';

beforeAll(() => withServices());
afterEach(() => document.body.replaceChildren());

/** Names, code and units. */
const NAMES =
  /^(?:CPU|GPU|WebGPU|WebAssembly|SIMD|HTTPS|Jane|Austen|SwiftShader|Google|Inc|Vulkan|nextoken|top-?[kp]|MB|KB|kB|ms|gram|SVG|PNG|TSV|JSON|SEED|u|k|p|n|M|V|x|B|s)$/;

/** Text that a reader sees or hears: not code, tokens, or what is marked as English. */
function readable(root: Node, found: string[] = []): string[] {
  for (const node of root.childNodes) {
    if (node instanceof Text) found.push(node.data);
    if (!(node instanceof Element)) continue;
    if (node.matches('style, script, [translate=no], [lang=en], [part=samples], textarea')) continue;
    for (const name of ['aria-label', 'title', 'placeholder']) found.push(node.getAttribute(name) ?? '');
    if (node.shadowRoot) readable(node.shadowRoot, found);
    readable(node, found);
  }
  return found;
}

const english = (root: Element, text = ''): string[] =>
  readable(root.shadowRoot!)
    .map((words) => words.replaceAll(text || '\0', ''))
    .flatMap((words) => words.match(/[A-Za-z][A-Za-z-]*/g) ?? [])
    .filter((word) => !NAMES.test(word));

test('a model that does not load', async () => {
  const element = await place<NextToken>(
    `<next-token lang="zh" model="${location.origin}/no-such-model/" loading="eager" prompt="你好"></next-token>`,
  );
  await until('a poster or nothing', () => element.shown);
  await element.load();
  await until('the failure', () => element.state === 'failed');
  await element.updateComplete;
  expect(element.shadowRoot!.querySelector('.original')?.getAttribute('lang')).toBe('en');
  expect(english(element)).toEqual([]);
}, 120_000);

test('no WebGPU in use: what runs it, and why', async () => {
  const element = await place<NextToken>(
    '<next-token lang="zh" model="tang" loading="eager" engine="cpu"><nt-device-status detail></nt-device-status></next-token>',
  );
  await until('the model', () => element.state === 'ready' && !element.shown?.recorded && element.shown?.verification);
  const status = element.querySelector('nt-device-status')!;
  await until('the checks', () => status.shadowRoot!.querySelector('[part=check]'));
  await until('the kernels', () => status.shadowRoot!.querySelector('[part=list]'));
  expect(english(status)).toEqual([]);
  expect(english(element, element.value)).toEqual([]);
}, 120_000);

test('a training on an own text', async () => {
  const panel = await place<TrainPanel>('<nt-train-panel lang="zh" prefer="cpu" steps="4"></nt-train-panel>', 900);
  panel.text = '春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。\n'.repeat(100);
  await panel.updateComplete;
  expect(english(panel)).toEqual([]);
  await panel.start();
  await panel.updateComplete;
  expect(panel.state).toBe('ready');
  expect(english(panel)).toEqual([]);
}, 120_000);
