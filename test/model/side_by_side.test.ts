/** Texts written side by side, on the engines that need no GPU. */
import { expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { decodePlan } from '../../src/model/plans/decode.ts';
import { decodeLayout, weightsLayout } from '../../src/model/places.ts';
import { ReferenceEngine, referenceFacts } from '../../src/reference/engine.ts';
import { gpt, llama, provesSideBySide } from '../side_by_side.ts';

const configs = [
  ['gpt2', gpt],
  ['llama', llama],
] as const;

test.each(configs)('%s on the reference', (_family, config) => provesSideBySide(new ReferenceEngine(), config));

test.each(configs)('%s on the CPU engine', async (_family, config) => {
  const engine = await openCpuEngine({ threads: 2 });
  await provesSideBySide(engine, config);
  engine.close();
});

test('weights are looked at one text at a time', () => {
  const layout = decodeLayout(weightsLayout(gpt), gpt, { history: 8, sequences: 3 });
  const context = { config: gpt, layout, facts: referenceFacts };
  expect(() => decodePlan(context, { taps: ['h.0.weights'] })).toThrow(
    'can be kept where one sequence is written, not 3',
  );
});
