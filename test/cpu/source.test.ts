import { expect, test } from 'vitest';
import { wasmSource } from '../../src/cpu/source.ts';
import { ops } from '../../src/kernels/registry.ts';

test('every kernel of the records has its file and its function', () => {
  for (const op of ops.values())
    for (const { kernel } of op.cpu) {
      if (kernel === undefined) continue;
      const { file, specialised } = wasmSource(kernel);
      expect(file.includes(specialised.trim()), kernel).toBe(true);
      expect(specialised).toMatch(/export function \w+\(c: usize\): void \{/);
      expect(specialised.trimEnd().endsWith('}')).toBe(true);
    }
  expect(wasmSource('matvec').specialised).toMatch(/export function matvec\(/);
  expect(() => wasmSource('matvex')).toThrow('no kernel "matvex"');
});
