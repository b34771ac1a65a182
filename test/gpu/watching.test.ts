import { test } from 'vitest';
import { openGpuEngine } from '../../src/gpu/engine.ts';
import { provesWatching } from '../watching.ts';

test('what comes with a token', () => provesWatching(() => openGpuEngine()));
