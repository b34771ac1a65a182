import { test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { provesReadings } from '../readings.ts';

test('score, lens and attention on the CPU engine', () => provesReadings(() => openCpuEngine({ threads: 1 })));
test('score, lens and attention on the f64 reference', () => provesReadings(async () => new ReferenceEngine()));
