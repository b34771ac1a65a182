/** What a failed test leaves behind reaches no other test. */
import { expect, test } from 'vitest';
import type { GpuEngine } from '../../src/gpu/engine.ts';
import { sharedEngine } from './shared_engine.ts';

const open = sharedEngine();
let first: GpuEngine;
let late: GpuEngine;

test('tests that pass share an engine', async () => {
  first = await open();
  expect(await open()).toBe(first);
});

test.fails('a test that runs out of time', { timeout: 100 }, async () => {
  expect((late = await open())).toBe(first);
  await new Promise(() => undefined);
});

test('the next test has another engine, and the old device is gone', async () => {
  expect(await open()).not.toBe(first);
  expect(await late.lost).toBeTruthy();
});
