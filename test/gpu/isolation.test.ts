/** Memory has an owner: on a GPU. */
import { test } from 'vitest';
import { openGpuEngine } from '../../src/gpu/engine.ts';
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

const open = () => openGpuEngine();

const ROUNDS = process.env['NEXTOKEN_WIDE'] === '1' ? 200 : 40;

test('ten sessions interleaved token by token', () => provesInterleaving(open));
test('policy, reference and reward model', () => provesSharedWeights(open));
test('a session beside a training', () => provesTrainingBeside(open));
test('two runs on one session', () => provesQueue(open));
test('logits that are not finite', () => provesNotFinite(open));
test('loads that fail', () => provesFailedLoads(open));
test(`${ROUNDS} rounds of opening and closing`, () => provesRounds(open, ROUNDS));
test('what is closed says so', () => provesClosed(open));
