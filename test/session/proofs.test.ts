/** Published outputs of real checkpoints on the oracle and the CPU engine. */
import { afterEach, describe, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import type { Engine } from '../../src/plan/types.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { dataPath } from '../data.ts';
import { provesHubLayout, provesPartials, provesSorting, provesStories } from '../proofs.ts';

const kinds = [
  ['f64 reference', async (): Promise<Engine> => new ReferenceEngine()],
  ['CPU engine', async (): Promise<Engine> => openCpuEngine({ threads: 1 })],
] as const;

const opened: Engine[] = [];
afterEach(() => opened.splice(0).forEach((e) => e.close()));

describe.skipIf(!dataPath('weights/gpt-nano-sort')).each(kinds)('%s', (name, open) => {
  const engine = async () => {
    const e = await open();
    opened.push(e);
    return e;
  };
  test('gpt-nano sorts all 729 inputs', async () => provesSorting(await engine(), name === 'CPU engine' ? 1 : 31));
  test('gpt-nano: every published intermediate', async () => provesPartials(await engine()));
  test('stories260K: first candidates and the greedy text', async () =>
    provesStories(await engine(), name === 'CPU engine' ? 1000 : 120));
  test('GPT-2 in the hub’s layout', async () => provesHubLayout(await engine()));
});
