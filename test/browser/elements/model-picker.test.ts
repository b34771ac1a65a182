/** The model picker in a real browser: what it offers, that it loads only when it is told to, what it deletes. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import type { CachedFile } from '../../../src/files/download.ts';
import { registry } from '../../../src/elements/core/registry.ts';
import '../../../src/elements/model-picker/define.ts';
import type { ModelPicker } from '../../../src/elements/model-picker/model-picker.class.ts';
import { all, drawn, expectAccessible, place, press, refusals, strictPolicy, until, withServices } from './common.ts';

beforeAll(() => {
  strictPolicy();
  withServices();
});
afterEach(() => document.body.replaceChildren());

const show = (attributes = '', width = 800) =>
  place<ModelPicker>(`<nt-model-picker ${attributes}></nt-model-picker>`, width);
const radios = (picker: ModelPicker) => all<HTMLInputElement>(picker, 'input[type=radio]');
const loadButton = (picker: ModelPicker) => all<HTMLButtonElement>(picker, 'button.load')[0];
const said = (picker: ModelPicker) => all(picker, '.said')[0].textContent.trim();
const choose = async (picker: ModelPicker, value: string) => {
  radios(picker)
    .find((radio) => radio.value === value)!
    .click();
  await drawn();
};
const live = () => registry.services!.live({ source: 'austen', engine: 'cpu', prompt: 'And', candidates: 4 });

test('offers the shipped models with their numbers, and four ways to others, in a box of 320 px', async () => {
  const picker = await show();
  expect(radios(picker).map(({ value }) => value)).toEqual(
    expect.arrayContaining(['austen', 'char-mini', 'tang', 'file', 'folder', 'url']),
  );
  expect(all(picker, '.facts')[0].textContent).toMatch(/English · 1\.88 M parameters · 3\.8 MB/);
  expect(picker.offsetHeight).toBe(320);
  await expectAccessible(picker);
  expect((await show('allow="shipped"', 320)).offsetHeight).toBe(320);
  expect(refusals()).toEqual([]);
});

test('choosing loads nothing; Load says how much, tells, and may be vetoed', async () => {
  const picker = await show();
  const run = live();
  picker.run = run;
  await drawn();
  await choose(picker, 'char-mini');
  expect([picker.value, run.state]).toEqual(['char-mini', 'idle']);
  expect(loadButton(picker).textContent.trim()).toMatch(/^Load \((903 kB|kept here)\)$/);
  const picked: unknown[] = [];
  const veto = (event: Event) => {
    picked.push((event as CustomEvent<unknown>).detail);
    event.preventDefault();
  };
  picker.addEventListener('model-pick', veto);
  loadButton(picker).click();
  await drawn();
  expect(picked).toEqual([{ source: 'char-mini' }]);
  expect(run.state).toBe('idle');
  picker.removeEventListener('model-pick', veto);
  radios(picker)
    .find(({ checked }) => checked)!
    .focus();
  press('Enter');
  await until('the model', () => run.state === 'ready');
  await drawn();
  expect(all(picker, '.mark.is-ready')).toHaveLength(1);
  expect(loadButton(picker).disabled).toBe(true);
  run.close();
});

test('files without weights, and what is no address, are refused by name with what was expected', async () => {
  const picker = await show('value="file"');
  const input = all<HTMLInputElement>(picker, 'input[type=file]')[0];
  const give = (...files: File[]) => {
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    input.files = transfer.files;
    input.dispatchEvent(new Event('change'));
  };
  expect(loadButton(picker).disabled).toBe(true);
  give(new File(['x'], 'notes.txt'));
  await drawn();
  expect(said(picker)).toMatch(/^notes\.txt holds no weights\. Expected: model\.safetensors/);
  give(new File(['x'], 'model.safetensors'));
  await drawn();
  expect([loadButton(picker).disabled, said(picker)]).toEqual([false, '']);
  const run = live();
  picker.run = run;
  await drawn();
  loadButton(picker).click();
  await until('the failure', () => run.state === 'failed');
  await drawn();
  expect(all(picker, '.cause')[0].textContent).toContain('model.safetensors');
  expect(loadButton(picker).textContent.trim()).toBe('Try again');
  run.close();
  await choose(picker, 'url');
  const address = all<HTMLInputElement>(picker, 'input[type=text]')[0];
  address.value = '<img src=x> no';
  address.dispatchEvent(new InputEvent('input'));
  await drawn();
  loadButton(picker).click();
  await drawn();
  expect(said(picker)).toMatch(/^“<img src=x> no” is no address\. Expected: owner\/name/);
  expect(picker.shadowRoot!.querySelector('img')).toBeNull();
});

test('a kept model is deleted after a question, by keyboard too', async () => {
  const { services } = registry;
  const url = 'https://huggingface.co/roneneldan/TinyStories-1M/resolve/main/model.safetensors';
  let files: readonly CachedFile[] = [{ url, bytes: 5e6, total: 5e6, complete: true, saved: 0, sha256: undefined }];
  const clearCache = (address?: string) => {
    files = files.filter((file) => file.url !== address);
    return Promise.resolve();
  };
  registry.services = { ...services!, cached: () => Promise.resolve(files), clearCache };
  try {
    const picker = await show();
    const changes: unknown[] = [];
    picker.addEventListener('cache-change', (event) => changes.push((event as CustomEvent<unknown>).detail));
    await until('the kept one', () => radios(picker).some(({ value }) => value === 'roneneldan/TinyStories-1M'));
    await choose(picker, 'roneneldan/TinyStories-1M');
    radios(picker)
      .find(({ checked }) => checked)!
      .focus();
    press('Delete');
    await drawn();
    expect(all(picker, '.confirm')[0].textContent).toContain('Delete roneneldan/TinyStories-1M (5.0');
    press('Escape');
    await drawn();
    expect([all(picker, '.confirm').length, files.length]).toEqual([0, 1]);
    all<HTMLButtonElement>(picker, '.remove')[0].click();
    await drawn();
    all<HTMLButtonElement>(picker, 'button.yes')[0].click();
    await until('the change', () => changes.length);
    await drawn();
    expect(files).toEqual([]);
    expect(changes).toEqual([{ entries: [] }]);
    expect(said(picker)).toBe('roneneldan/TinyStories-1M is deleted.');
  } finally {
    registry.services = services;
  }
});

test('the table has all numbers; Chinese on request', async () => {
  const picker = await show('table lang="zh-Hans"');
  expect(all(picker, 'thead th').map((cell) => cell.textContent)).toEqual([
    '名称',
    '语言',
    '参数',
    'MB',
    '本机内存（MB）',
    '状态',
  ]);
  expect(all(picker, 'tbody tr')[0].textContent).toContain('1878240');
  expect(await (await picker.export('svg')).text()).not.toMatch(/<script/);
});
