/** Golden steps of the shipped models on the GPU engine. */
import { test } from 'vitest';
import { openGpuEngine } from '../../src/gpu/engine.ts';
import { provesGolden, shipped } from '../golden.ts';

test.each(shipped)('$name', async ({ name }) => {
  const engine = await openGpuEngine();
  const worst = await provesGolden(engine, name);
  console.log(`${name}: probabilities within ${worst.toExponential(1)} of the f64 reference`);
  engine.close();
});
