/** The training panel in a real browser: a tiny model learns a text on the CPU engine, and is paused, stopped, saved and used. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { registry } from '../../../src/elements/core/registry.ts';
import type { LossChart } from '../../../src/elements/loss-chart/loss-chart.class.ts';
import '../../../src/elements/train-panel/define.ts';
import type { TrainPanel } from '../../../src/elements/train-panel/train-panel.class.ts';
import type { TrainingRecord } from '../../../src/host/protocol.ts';
import { sentences } from '../../train/toy.ts';
import {
  all,
  drawn,
  expectAccessible,
  place,
  refusals,
  shiftDuring,
  strictPolicy,
  until,
  withServices,
} from './common.ts';

const text = sentences(110, 1).join('\n');

beforeAll(() => {
  strictPolicy();
  withServices();
});
afterEach(() => document.body.replaceChildren());

const button = (panel: TrainPanel, name: string) => all<HTMLButtonElement>(panel, `button.${name}`)[0];
const said = (panel: TrainPanel) => all(panel, '.state')[0].textContent.replace(/\s+/g, ' ').trim();
const show = (attributes = 'steps="40" prefer="cpu"', width = 800) =>
  place<TrainPanel>(`<nt-train-panel ${attributes}></nt-train-panel>`, width);

test('Start waits for enough text and says why; the box is 480 px high, 620 where it is narrow', async () => {
  const panel = await show();
  expect(button(panel, 'start').disabled).toBe(true);
  expect(said(panel)).toBe('At least 2,000 characters; there are 0.');
  const area = all<HTMLTextAreaElement>(panel, 'textarea')[0];
  area.value = text;
  area.dispatchEvent(new InputEvent('input'));
  await drawn();
  expect(button(panel, 'start').disabled).toBe(false);
  expect(said(panel)).toBe('');
  expect(panel.offsetHeight).toBe(480);
  await expectAccessible(panel);
  for (const narrow of [320, 360]) expect((await show('', narrow)).offsetHeight).toBe(620);
});

test('a file is read, dropped or chosen; one that is no text is refused by name', async () => {
  const panel = await show();
  const drop = (file: File) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(file);
    all(panel, '.source')[0].dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  };
  drop(new File([text], 'cats.txt'));
  await until('the text of the file', () => panel.text === text);
  drop(new File([new Uint8Array([0, 1, 2])], 'photo.jpg'));
  await until('a refusal', () => said(panel).includes('photo.jpg is not a text'));
  expect(panel.text).toBe(text);
});

test('trains, pauses, goes on, ends, is saved, is used, and goes on from there', { timeout: 240_000 }, async () => {
  const panel = await show();
  panel.text = text;
  await drawn();
  const told: Record<string, unknown[]> = {};
  for (const name of ['train-start', 'train-record', 'train-end', 'model-saved', 'model-pick'])
    panel.addEventListener(name, (event) => (told[name] ??= []).push((event as CustomEvent<unknown>).detail));
  const height = panel.offsetHeight;
  button(panel, 'start').click();
  await until('the preparation', () => panel.state === 'loading');
  await until('five steps', () => panel.records.length > 5);
  const shift = await shiftDuring(async () => {
    await until('five more', () => panel.records.length > 10);
  });
  expect(shift).toBeLessThan(0.005);
  expect(panel.state).toBe('running');
  button(panel, 'start').click(); // says Pause now
  await drawn();
  expect([panel.state, button(panel, 'start').textContent.trim()]).toEqual(['paused', 'Resume']);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const held = panel.records.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(panel.records.length).toBeLessThanOrEqual(held + 1);
  button(panel, 'start').click();
  await until('the end', () => panel.state === 'ready');
  await drawn();
  expect(told['train-start']).toEqual([{ size: 'tiny', characters: text.length, steps: 40, resumed: false }]);
  expect(told['train-end']).toEqual([{ reason: 'finished' }]);
  expect(told['train-record']).toHaveLength(panel.records.length);
  expect(panel.offsetHeight).toBe(height);
  const chart = all<LossChart>(panel, 'nt-loss-chart')[0];
  expect(chart.points).toHaveLength(40);
  expect(chart.points.at(-1)!.loss).toBeLessThan(chart.points[0].loss);
  expect(all(panel, '.entry')).not.toHaveLength(0);
  expect(all(panel, '.entry .foot')).not.toHaveLength(0);

  HTMLAnchorElement.prototype.click = () => undefined; // no download here
  button(panel, 'save').click();
  await until('the file', () => told['model-saved']);
  expect(told['model-saved']).toEqual([{ name: 'model.safetensors', bytes: expect.any(Number) }]);

  const run = registry.services!.live({ source: 'austen', engine: 'cpu', prompt: 'the cat', candidates: 4 });
  panel.run = run;
  await drawn();
  button(panel, 'use').click();
  await until('the model', () => run.state === 'ready');
  expect(told['model-pick']).toEqual([{ source: { training: expect.any(Number) } }]);
  expect(run.model!.title).toBe('Your text');
  run.close();

  expect(button(panel, 'start').textContent.trim()).toBe('Continue');
  button(panel, 'start').click();
  await until('a step more', () => panel.records.some((r) => r.kind === 'step' && r.record.step > 42));
  button(panel, 'stop').click();
  await until('the end', () => panel.state === 'ready');
  await drawn();
  expect(said(panel)).toMatch(/^Stopped\. What it has learned is still there\./);
  expect(refusals()).toEqual([]);
});

test('Stop answers while it prepares, and Start is there again', async () => {
  const panel = await show();
  panel.text = text;
  await drawn();
  button(panel, 'start').click();
  await drawn();
  button(panel, 'stop').click();
  await drawn();
  expect([panel.state, button(panel, 'start').disabled]).toEqual(['idle', false]);
});

test('what fails is said, and Start is offered again', async () => {
  const { services } = registry;
  registry.services = {
    ...services!,
    train: () => Promise.reject(new Error('there is no GPU here')),
  };
  try {
    const panel = await show();
    panel.text = text;
    await panel.start();
    await drawn();
    expect(panel.state).toBe('failed');
    expect(said(panel).replace(/\s+/g, ' ')).toContain(
      'The training failed: Something did not work. there is no GPU here',
    );
    expect(button(panel, 'start').disabled).toBe(false);
  } finally {
    registry.services = services;
  }
});

const facts = {} as (TrainingRecord & { kind: 'prepared' })['engine']['facts'];
const engine = { kind: 'gpu' as const, why: 'GPU', facts, bytesAllocated: 0 };
const hostile = '<img src=x onerror=alert(1)>';
const step = (n: number): TrainingRecord => ({
  kind: 'step',
  saved: true,
  record: {
    step: n,
    epoch: 0,
    progress: n / 100,
    seconds: n,
    tokens: n,
    tokensPerSecond: 9,
    loss: 3,
    gradNorm: 1,
    learningRate: 0.1,
  },
  sample: { prompt: 'a', text: hostile },
});
const recorded: TrainingRecord[] = [
  {
    kind: 'prepared',
    training: 1,
    engine,
    parameters: 9,
    vocab: 65,
    bytes: 9,
    ngram: { name: 'best n-gram (5, x)', nats: 2 },
  },
  step(10),
  step(20),
  { kind: 'lost', reason: 'gone' },
  { kind: 'recovered', engine, step: 10 },
  step(11),
];

test('shows a recorded training, with what was lost and went on; its words stay words', async () => {
  const panel = await show('table');
  panel.records = recorded;
  await drawn();
  expect(all(panel, 'tbody th').map((cell) => cell.textContent)).toEqual(['10', '11']);
  panel.table = false;
  await drawn();
  expect(said(panel)).toMatch(/A recorded training\. step 11 of 100 · The GPU was lost; it went on from step 10\./);
  expect(panel.shadowRoot!.querySelector('img')).toBeNull();
  expect(all(panel, '.entry')[0].textContent).toContain(hostile);
  expect(await (await panel.export('svg')).text()).not.toMatch(/<script|<img/);
  expect(button(panel, 'save').disabled).toBe(true); // there is no model behind it
});

test('speaks Chinese', async () => {
  const panel = await show('lang="zh-Hans"');
  expect(button(panel, 'start').textContent.trim()).toBe('开始训练');
  expect(said(panel)).toBe('至少要 2,000 个字符，现在有 0 个。');
});
