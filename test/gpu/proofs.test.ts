/** Published outputs of real checkpoints on this adapter. */
import { afterAll, beforeAll, describe, test } from 'vitest';
import { type GpuEngine, openGpuEngine } from '../../src/gpu/engine.ts';
import { dataPath } from '../data.ts';
import { provesHubLayout, provesPartials, provesSorting, provesStories } from '../proofs.ts';

describe.skipIf(!dataPath('weights/gpt-nano-sort'))('real checkpoints', () => {
  let engine: GpuEngine;
  const fresh = async () => {
    engine?.close();
    engine = await openGpuEngine();
    return engine;
  };
  beforeAll(async () => {
    const { facts } = await fresh();
    console.log(`adapter: ${facts.vendor} ${facts.architecture} ${facts.description}`);
  });
  afterAll(() => engine?.close());

  test('gpt-nano sorts (every 13th of the 729 inputs)', async () => provesSorting(await fresh(), 13));
  test('gpt-nano: every published intermediate', async () => provesPartials(await fresh()));
  test('stories260K: first candidates and the greedy text', async () => provesStories(await fresh(), 1000));
  test('GPT-2 in the hub’s layout', async () => provesHubLayout(await fresh()));
});
