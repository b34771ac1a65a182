/** Texts written side by side, on this adapter. */
import { test } from 'vitest';
import { openGpuEngine } from '../../src/gpu/engine.ts';
import { gpt, llama, provesSideBySide } from '../side_by_side.ts';

test.each([
  ['gpt2', gpt],
  ['llama', llama],
] as const)('%s', async (_family, config) => {
  const engine = await openGpuEngine();
  await provesSideBySide(engine, config);
  engine.close();
});
