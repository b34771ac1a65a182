import { test } from 'vitest';
import { openGpuEngine } from '../../src/gpu/engine.ts';
import { provesBrokenLogits } from '../broken_logits.ts';

test('logits that say nothing give NO_TOKEN in every kernel of sample', async () => {
  const engine = await openGpuEngine();
  await provesBrokenLogits(engine);
  engine.close();
});
