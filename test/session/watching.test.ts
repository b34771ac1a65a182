import { test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { provesWatching } from '../watching.ts';

test('what comes with a token, on the CPU engine', () => provesWatching(() => openCpuEngine({ threads: 1 })));
test('what comes with a token, on the f64 reference', () => provesWatching(async () => new ReferenceEngine()));
