import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lastCount, sum } from '../../tools/count.mjs';
import { atLeast, staleReason } from '../../tools/ensure.mjs';

describe('dependencies', () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

  test('are pinned exactly', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  test('the lock file names no host to load them from', () => {
    expect(read('package-lock.json')).not.toMatch(/"resolved": "http/);
  });
});

describe('set-up', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.2.3' },
      'node_modules/b': { version: '2.0.0', optional: true },
    },
  };
  const installed = (packages: Record<string, { version: string }>) => staleReason(lock, { packages });

  test('an install that matches the lock file is left alone, without optional packages of other platforms too', () => {
    expect(
      installed({ 'node_modules/a': { version: '1.2.3' }, 'node_modules/b': { version: '2.0.0' } }),
    ).toBeUndefined();
    expect(installed({ 'node_modules/a': { version: '1.2.3' } })).toBeUndefined();
  });

  test('what differs is named', () => {
    expect(staleReason(lock, undefined)).toBe('node_modules is missing');
    expect(installed({})).toBe('node_modules/a should be 1.2.3, is missing');
    expect(installed({ 'node_modules/a': { version: '1.2.0' } })).toBe('node_modules/a should be 1.2.3, is 1.2.0');
    expect(installed({ 'node_modules/a': { version: '1.2.3' }, 'node_modules/b': { version: '1.0.0' } })).toContain(
      'node_modules/b',
    );
  });

  test.each([
    ['20.19.0', '20.19', true],
    ['20.18.3', '20.19', false],
    ['22.0.0', '20.19', true],
    ['9.99.9', '20.19', false],
    ['20.19', '20.19.0', true],
  ])('node %s is at least %s: %s', (a, b, expected) => {
    expect(atLeast(a, b)).toBe(expected);
  });
});

describe('counting', () => {
  test('the last line counts, and only a whole line', () => {
    expect(lastCount('1 passed, 2 failed\nnaga: 9 passed, 9 failed\n3 passed, 0 failed\nbye')).toEqual({
      passed: 3,
      failed: 0,
    });
    expect(lastCount('nothing')).toBeUndefined();
  });

  test('sums over parts', () => {
    expect(
      sum([
        { passed: 1, failed: 2 },
        { passed: 10, failed: 20 },
      ]),
    ).toEqual({ passed: 11, failed: 22 });
  });
});
