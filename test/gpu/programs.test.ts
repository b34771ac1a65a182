/** Programs that take other kernels than a GPT does, and graphs with views, on the GPU engine: gradients as those of the f64 reference. */
import { expect, test } from 'vitest';
import { engineError } from '../graph/differences.ts';
import { cases } from '../graph/views.ts';
import { programs } from '../model/kinds.ts';
import { sharedEngine } from './shared_engine.ts';

const open = sharedEngine();
const kinds = [
  'prefix model, padded',
  'encoder and decoder, one tied table',
  'which of two is better',
  'a soft prompt',
  'a probe on every layer, trunk frozen',
].map((name) => [name, programs[name]] as const);

test.each([...kinds, ...Object.entries(cases)])('%s: within 1e-4 of the reference', async (_name, one) => {
  expect(await engineError(one, await open())).toBeLessThan(1e-4);
});
