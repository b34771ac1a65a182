/** The shipped models: files as the index says, golden steps on the CPU engine. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { parameterCount } from '../../src/model/layout.ts';
import { openShipped, provesGolden, readShipped, shipped } from '../golden.ts';

test('there is an English, a Chinese and a character-level model', () => {
  expect(shipped.map((m) => m.name).sort()).toEqual(['austen', 'char-mini', 'tang']);
  expect(shipped.find((m) => m.name === 'tang')!.language).toBe('zh-Hans');
});

describe.each(shipped)('$name', ({ name, bytes, params, files }) => {
  test('files are those of the index: sizes and checksums', () => {
    for (const file of files) {
      const data = readShipped(`${name}/${file.name}`);
      expect(data.length, file.name).toBe(file.bytes);
      expect(createHash('sha256').update(data).digest('hex'), file.name).toBe(file.sha256);
    }
    expect(bytes).toBe(files.reduce((n, f) => n + f.bytes, 0));
    expect(bytes).toBeLessThanOrEqual(name === 'char-mini' ? 1_000_000 : 6_000_000);
  });

  test('configuration, weights and tokenizer belong together', async () => {
    const { config, tokenizer } = await openShipped(name);
    expect(parameterCount(config)).toBe(params);
    expect(config.vocab).toBe(tokenizer.size);
  });

  test.each([1, 2])('golden steps, %i thread(s)', async (threads) => {
    const engine = await openCpuEngine({ threads });
    const worst = await provesGolden(engine, name);
    console.log(`${name}: probabilities within ${worst.toExponential(1)} of the f64 reference`);
    engine.close();
  });
});
