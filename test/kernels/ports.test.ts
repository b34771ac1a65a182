/** What ports say of themselves holds for every value of the options. */
import { expect, test } from 'vitest';
import { fillOptions, portPresent, portRead } from '../../src/kernels/op.ts';
import { findOp, ops } from '../../src/kernels/registry.ts';

test('an output that an option keeps is there with it and gone without', () => {
  const kept = [...ops.values()].flatMap((op) => op.ports.filter(({ keptBy }) => keptBy).map((port) => ({ op, port })));
  expect(kept.map(({ op, port }) => `${op.name}.${port.name}`)).toEqual(['attention.lse', 'layernorm.stats']);
  for (const { op, port } of kept) {
    const at = (value: number) => portPresent(port, fillOptions(op, { [port.keptBy!]: value }));
    expect(port.dir).toBe('out');
    expect([at(0), at(1)], `${op.name}.${port.name}`).toEqual([false, true]);
  }
});

test('only a port that is written as well may say when it is read', () => {
  const saying = [...ops.values()].flatMap((op) => op.ports.filter(({ reads }) => reads));
  expect(saying.length).toBeGreaterThan(5);
  expect(saying.every(({ dir }) => dir === 'inout')).toBe(true);
});

test('matmul reads pre where it takes gelu′ of it, and what it adds up to', () => {
  const matmul = findOp('matmul');
  const read = (name: string, given: Record<string, number>) =>
    portRead(
      matmul.ports.find((port) => port.name === name)!,
      fillOptions(matmul, given),
    );
  expect(read('pre', { SAVE_PRE: 1 })).toBe(false);
  expect(read('pre', { DGELU: 1 })).toBe(true);
  expect(read('out', {})).toBe(false);
  expect(read('out', { ACCUM: 1 })).toBe(true);
  expect(read('a', {})).toBe(true);
});
