import { test } from 'vitest';
import { openGpuEngine } from '../../src/gpu/engine.ts';
import { provesReadings } from '../readings.ts';

test('score, lens and attention', () => provesReadings(() => openGpuEngine()));
