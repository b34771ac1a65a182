/** The numbers that parameters begin with, before anything is learned. */
import { normals, randomStream } from '../sample/random.ts';
import type { Parameter } from './parameter.ts';

/** Seeded initial values by name; each parameter has its own random stream, chosen by its place in the table. */
export function initialValues(parameters: readonly Parameter[], seed: number): Map<string, Float32Array<ArrayBuffer>> {
  return new Map(
    parameters.map(({ name, shape, init, blank = 0 }, i) => {
      const n = shape.reduce((a, b) => a * b, 1);
      const values =
        typeof init === 'number'
          ? normals(n, init, randomStream(seed, 100 + i))
          : new Float32Array(n).fill(init === 'ones' ? 1 : 0);
      return [name, values.fill(0, 0, (blank * n) / shape[0])];
    }),
  );
}
