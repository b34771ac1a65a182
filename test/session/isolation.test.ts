/** Memory has an owner: on the CPU engine and the oracle. */
import { describe, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import type { Engine } from '../../src/plan/types.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import {
  provesClosed,
  provesFailedLoads,
  provesInterleaving,
  provesNotFinite,
  provesQueue,
  provesRounds,
  provesSharedWeights,
  provesTrainingBeside,
} from '../isolation.ts';

const kinds: readonly [string, () => Promise<Engine>][] = [
  ['CPU engine', () => openCpuEngine({ threads: 2 })],
  ['f64 reference', async () => new ReferenceEngine()],
];

describe.each(kinds)('%s', (_name, open) => {
  test('ten sessions interleaved token by token', () => provesInterleaving(open));
  test('policy, reference and reward model', () => provesSharedWeights(open));
  test('a session beside a training', () => provesTrainingBeside(open));
  test('two runs on one session', () => provesQueue(open));
  test('200 rounds of opening and closing', () => provesRounds(open, 200));
});

// the oracle checks nothing: it has no limits and no life after the test
describe('CPU engine', () => {
  const open = () => openCpuEngine({ threads: 2 });
  test('logits that are not finite', () => provesNotFinite(open));
  test('loads that fail', () => provesFailedLoads(open));
  test('what is closed says so', () => provesClosed(open));
});
