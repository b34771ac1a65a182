/** The order of an op's variants is a ladder, and each rung says what it changes. */
import { describe, expect, test } from 'vitest';
import { ops } from '../../src/kernels/registry.ts';

describe.each([...ops.values()])('$name', ({ variants }) => {
  test('the first rung is the naive text', () => {
    expect(variants[0].name).toBe('naive');
    expect(variants[0].file ?? 'naive').toBe('naive');
  });

  test('every rung says in a line of its own what it changes, over a rung before it', () => {
    const names = variants.map(({ name }) => name);
    variants.forEach(({ name, about, over }, i) => {
      expect(about, name).toMatch(/^[^\n]{10,170}$/);
      if (over !== undefined) expect(names.slice(0, i), `${name} over ${over}`).toContain(over);
    });
    expect(new Set(variants.map(({ about }) => about)).size).toBe(variants.length);
  });

  test('three variants: naive, a fast one, a fast one without barriers; two where these are one', () => {
    const fast = variants.slice(1);
    expect(fast.some(({ barrierFree }) => barrierFree)).toBe(true);
    expect(variants.length).toBeGreaterThanOrEqual(fast.every(({ barrierFree }) => barrierFree) ? 2 : 3);
  });
});
