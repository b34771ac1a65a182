/** The reported cases on a GPU: the same logits as an independent f64 program. */
import { expect, test } from 'vitest';
import { logitError, modelCases, REFUSED } from '../reported_logits.ts';
import { sharedEngine } from './shared_engine.ts';

const open = sharedEngine();

test('cases that open have the right logits', async () => {
  const engine = await open();
  for (const name of modelCases) {
    if (name in REFUSED) continue;
    const worst = await logitError(name, engine);
    console.log(`${name}: logits within ${worst.toExponential(1)} on ${engine.facts.description}`);
    expect(worst, name).toBeLessThan(1e-4);
  }
  expect(engine.counters.readbacks).toBe(modelCases.filter((name) => !(name in REFUSED)).length);
});
