/**
 * The device goes away, as a visitor sees it: while the model loads, in the prompt, in the middle of a run, between steps, in a training,
 * again and again. The text goes on with the same tokens, one sentence says what happens, and nothing else changes.
 */
import { afterEach, beforeAll, expect, test } from 'vitest';
import '../../../src/elements/attention-map/define.ts';
import '../../../src/elements/device-status/define.ts';
import '../../../src/elements/loss-chart/define.ts';
import '../../../src/elements/next-token/define.ts';
import '../../../src/elements/train-panel/define.ts';
import { provideServices } from '../../../src/elements/core/registry.ts';
import type { NextToken } from '../../../src/elements/next-token/next-token.class.ts';
import type { TrainPanel } from '../../../src/elements/train-panel/train-panel.class.ts';
import { Channel } from '../../../src/host/channel.ts';
import { HostClient } from '../../../src/host/client.ts';
import { Host } from '../../../src/host/host.ts';
import type { HostRequests } from '../../../src/host/protocol.ts';
import { recipeFor } from '../../../src/host/recipes.ts';
import { ComputedRun } from '../../../src/run/live.ts';
import { liveServices } from '../../../src/run/live_services.ts';
import { sentences } from '../../train/toy.ts';
import { all, drawn, place, until } from './common.ts';

/** The browser's WebGPU, whose newest device can be lost; with no adapter at all while `absent`. */
class LosableGpu {
  absent = false;
  /** Milliseconds after which the next devices are lost, one each. */
  doomed: number[] = [];
  #last: GPUDevice | undefined;

  async requestAdapter(options?: GPURequestAdapterOptions): Promise<GPUAdapter | null> {
    const adapter = this.absent ? null : await navigator.gpu.requestAdapter(options);
    if (!adapter) return null;
    const request = adapter.requestDevice.bind(adapter);
    adapter.requestDevice = async (descriptor) => {
      const device = await request(descriptor);
      const after = this.doomed.shift();
      if (after !== undefined) setTimeout(() => device.destroy(), after);
      this.#last = device;
      return device;
    };
    return adapter;
  }

  lose(): void {
    this.#last!.destroy();
  }
}

const gpu = new LosableGpu();

let client: HostClient;

beforeAll(() => {
  const models = new URL('/models/', location.href).href;
  const host = new Host({ gpu: { gpu: gpu as unknown as GPU } });
  const { port1, port2 } = new MessageChannel();
  host.serve(port2);
  client = new HostClient({ thread: 'page', why: 'a test' }, new Channel<HostRequests>(port1));
  const small = { context: 16, layers: 1, width: 32, heads: 2 };
  provideServices({
    ...liveServices(models),
    live: (options) => new ComputedRun(async () => client, { ...options, models }),
    place: async () => client.place,
    train: ({ text, engine = 'auto' }) => {
      const { train, ...recipe } = recipeFor('tiny', 40);
      const every = { evaluateEvery: 10, sampleEvery: 20, saveEvery: 10 };
      return client.train({ text, recipe: { ...recipe, model: small, train: { ...train, ...every } }, engine });
    },
  });
});
afterEach(() => {
  document.body.replaceChildren();
  gpu.absent = false;
  gpu.doomed = [];
});

const button = (element: Element, part: string) => all<HTMLButtonElement>(element, `[part~="${part}"]`)[0];
const words = (element: Element) => element.shadowRoot!.textContent.replace(/\s+/g, ' ');
const idsOf = (element: NextToken) => element.steps.map(({ token }) => token);

interface Told {
  readonly name: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What it tells of its device, and each state with the words that were shown in it. */
function listen(element: HTMLElement): { told: Told[]; states: string[] } {
  const [told, states]: [Told[], string[]] = [[], []];
  for (const name of ['device-lost', 'device-recovered', 'engine-change', 'fail'])
    element.addEventListener(name, (event) =>
      told.push({ name, detail: (event as CustomEvent<Told['detail']>).detail }),
    );
  element.addEventListener('state-change', (event) => {
    if (event.target === element) states.push((event as CustomEvent<{ state: string }>).detail.state); // not a picture inside
  });
  return { told, states };
}

const SETTINGS = 'model="char-mini" seed="7" temperature="0.9" pace="40" max-tokens="24" loading="eager" reveal="auto"';

/** A live element on the GPU with pictures inside. */
async function opened(more = '', inside = '', engine = 'gpu'): Promise<NextToken> {
  const html = `<next-token ${SETTINGS} prompt="And the" engine="${engine}" ${more}>${inside}</next-token>`;
  const element = await place<NextToken>(html, 1000);
  await until('the live model', () => element.state === 'ready' && !element.shown?.recorded && element.shown?.peek);
  await drawn();
  return element;
}

async function run(element: NextToken, onToken: (made: number) => void = () => {}): Promise<number[]> {
  element.shown!.reset();
  await until('what comes next', () => element.shown?.peek);
  let made = 0;
  const hear = () => onToken(++made);
  element.addEventListener('token', hear);
  button(element, 'run').focus();
  button(element, 'run').click();
  await until('the end of the run', () => element.steps.length === 24 && element.state === 'ready');
  element.removeEventListener('token', hear);
  return idsOf(element);
}

let alone: number[] | undefined;
const undisturbed = async (element: NextToken): Promise<number[]> => (alone ??= await run(element));

test('in the middle of a run: one sentence, the same tokens, pictures go on, the focus stays', async () => {
  const element = await opened('', '<nt-attention-map></nt-attention-map><nt-device-status detail></nt-device-status>');
  element.shown!.want('lens'); // as a lens does that is on the screen
  const expected = await undisturbed(element);
  const { told, states } = listen(element);
  let said = '';
  const watch = new MutationObserver(() => {
    if (element.state === 'recovering' && words(element).includes('The GPU was lost after')) said = words(element);
  });
  watch.observe(element.shadowRoot!, { subtree: true, childList: true, characterData: true });
  const began = performance.now();
  expect(await run(element, (made) => made === 6 && gpu.lose())).toEqual(expected);
  watch.disconnect();
  expect(said).toContain('the text goes on with the same tokens');
  const seen = states.slice(states.indexOf('recovering') - 1);
  expect(seen).toEqual(['running', 'recovering', 'running', 'ready']);
  expect(told.map(({ name }) => name)).toEqual(['device-lost', 'device-recovered']);
  const { position } = told[0].detail as { position: number };
  expect(position).toBeGreaterThanOrEqual(element.shown!.tokens.length - 24 + 5);
  expect(position).toBeLessThan(element.shown!.tokens.length);
  const { seconds } = told[1].detail as { seconds: number };
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan((performance.now() - began) / 1000);
  expect(element.shadowRoot!.activeElement?.getAttribute('part')).toContain('run');
  // rows and columns of every token are there
  await until('the rows', () => (element.shown!.attention?.rows.length ?? 0) >= element.shown!.tokens.length - 1);
  await until('the columns', () => (element.shown!.lens?.columns.length ?? 0) >= element.shown!.tokens.length - 1);
  const status = element.querySelector('nt-device-status')!;
  await until('the loss to be counted', () => words(status).includes('1, replaced each time'));
  expect(document.querySelector('dialog, [role=alertdialog], [role=dialog]')).toBeNull();
}, 300_000);

test('between steps: the next step finds out, and nothing runs by itself afterwards', async () => {
  const element = await opened();
  const expected = await undisturbed(element);
  element.shown!.reset();
  for (let n = 0; n < 4; n++) {
    await until('what comes next', () => element.shown?.peek && element.state === 'ready');
    if (n === 2) gpu.lose();
    await element.shown!.step();
  }
  await until('what comes next', () => element.shown?.peek && element.state === 'ready');
  expect(idsOf(element)).toEqual(expected.slice(0, 4));
  expect(element.shown!.peek!.token).toBe(expected[4]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(element.state).toBe('ready');
  expect(element.steps).toHaveLength(4);
}, 300_000);

test('in the prompt: what comes next is the same', async () => {
  const element = await opened();
  await undisturbed(element);
  element.shown!.reset();
  const text = 'And the king said unto him, Go up, and see what it is. '.repeat(2);
  element.value = text;
  await until('what comes next', () => element.shown?.prompt === text && element.shown.peek);
  const { token, candidates } = element.shown!.peek!;
  element.value = 'And';
  await until('another', () => element.shown?.prompt === 'And' && element.shown.peek);
  element.value = text;
  gpu.lose();
  await until(
    'what comes next',
    () => element.shown?.prompt === text && element.shown.peek && element.state === 'ready',
  );
  expect(element.shown!.peek!.token).toBe(token);
  expect(element.shown!.peek!.candidates).toEqual(candidates);
}, 300_000);

test('while it loads: it opens all the same', async () => {
  const first = await opened();
  const expected = await undisturbed(first);
  first.remove();
  for (const after of [0, 30, 200]) {
    gpu.doomed = [after];
    const element = await opened();
    expect(await run(element)).toEqual(expected);
    element.remove();
    await drawn();
  }
}, 600_000);

test('a lane that is dropped and opened again, and stop while it recovers', async () => {
  const first = await opened();
  const expected = await undisturbed(first);
  first.remove();
  await drawn();
  const element = await opened();
  expect(await run(element)).toEqual(expected);
  element.shown!.reset();
  await until('what comes next', () => element.shown?.peek);
  let stopped = false;
  const look = setInterval(() => {
    if (stopped || element.shown?.state !== 'recovering') return;
    stopped = true;
    element.shown.stop();
    expect(element.shown.state).toBe('recovering');
  }, 1);
  let made = 0;
  element.addEventListener('token', () => ++made === 3 && gpu.lose());
  button(element, 'run').click();
  await until('the stop', () => stopped && element.state === 'ready');
  clearInterval(look);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(element.state).toBe('ready');
  expect(element.steps.length).toBeLessThan(24);
  expect(idsOf(element)).toEqual(expected.slice(0, element.steps.length));
}, 300_000);

test('lost again and again: the CPU goes on, and the line says so, in either language', async () => {
  const element = await opened();
  const { told } = listen(element);
  gpu.doomed = Array.from({ length: 12 }, () => 1);
  await run(element, (made) => made === 3 && gpu.lose());
  expect(told.filter(({ name }) => name === 'device-lost')).not.toEqual([]);
  expect(element.shown!.engine!.kind).toBe('cpu');
  expect(told.map(({ name }) => name)).toContain('engine-change');
  expect(words(element)).toMatch(/CPU: the GPU was lost \d+ times in a row\./);
  element.lang = 'zh';
  await until('Chinese', () => words(element).includes('GPU 连续中断了'));
}, 300_000);

test('a GPU that is wanted where there is none: the old engine stays, with the reason', async () => {
  gpu.absent = true;
  const element = await opened('lang="zh"', '', 'cpu');
  element.wantedEngine = 'gpu';
  await until('the reason', () => words(element).includes('没有可用的 GPU'));
  await until('the old engine', () => element.state === 'ready');
  expect(element.shown!.engine!.kind).toBe('cpu');
  button(element, 'step').click();
  await until('a token', () => element.steps.length === 1);
}, 300_000);

test('auto without a GPU: it is ready, and the line says why', async () => {
  gpu.absent = true;
  const element = await opened('', '', 'auto');
  expect(element.state).toBe('ready');
  expect(words(element)).toContain('CPU: the browser has WebGPU but found no GPU for it.');
}, 300_000);

test('in a training: the panel says so and goes on with the same numbers', async () => {
  const losses = async (loseAt: number) => {
    const panel = await place<TrainPanel>('<nt-train-panel prefer="gpu"></nt-train-panel>', 900);
    panel.text = sentences(120, 1).join('\n');
    const states: string[] = [];
    panel.addEventListener('state-change', (event) => {
      states.push((event as CustomEvent<{ state: string }>).detail.state);
    });
    let said = '';
    let made = 0;
    panel.addEventListener('train-record', (event) => {
      const { kind } = (event as CustomEvent<{ record: { kind: string } }>).detail.record;
      if (kind === 'step' && ++made === loseAt) gpu.lose();
    });
    const look = setInterval(() => panel.state === 'recovering' && (said = words(panel)), 5);
    await panel.start();
    clearInterval(look);
    await drawn();
    const curve: number[] = [];
    for (const record of panel.records) {
      if (record.kind === 'recovered') curve.length = record.step;
      if (record.kind === 'step') curve.push(record.record.loss);
    }
    const shown = words(panel);
    panel.remove();
    return { curve, states, said, shown };
  };
  const first = await losses(0);
  expect(first.curve).toHaveLength(40);
  const disturbed = await losses(17);
  expect(disturbed.curve).toEqual(first.curve);
  expect(disturbed.states).toContain('recovering');
  expect(disturbed.said).toContain('The GPU was lost');
  expect(disturbed.shown).toMatch(/it went on from step 10/);
}, 600_000);
