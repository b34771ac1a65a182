/** The recordings that lie beside the shipped models are what a page may show without checking them. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readRunFile } from '../../src/run/file.ts';
import { shippedRecording } from '../../src/run/recorded.ts';
import { shippedModels } from '../../src/session/shipped.ts';

test.each(shippedModels.map(({ name }) => name))('%s: it is valid, and is shown as it is', async (name) => {
  const json: unknown = JSON.parse(readFileSync(`models/${name}/run.json`, 'utf8'));
  expect(await shippedRecording(json)).toEqual(readRunFile(json));
});

test('one of another version is not shown', async () => {
  expect(await shippedRecording({ schema: 'nextoken-run', version: 2 })).toBeUndefined();
});
