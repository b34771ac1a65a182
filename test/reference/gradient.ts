/** Central differences in doubles: what every gradient is held against. */
import { expect } from 'vitest';
import { randomStream } from '../../src/sample/random.ts';
import { fillOptions } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import { findReference } from '../../src/reference/index.ts';
import type { Numbers } from '../../src/reference/types.ts';

export type Ports = Record<string, Numbers>;
type Small = Readonly<Record<string, number>>;

/** Runs an op's reference with its options completed. */
export function run(name: string, ports: Ports, dims: Small, options: Small = {}, scalars: Small = {}): void {
  findReference(name)(ports, dims, fillOptions(findOp(name), options), scalars);
}

/** N(0,1)-like numbers (sum of twelve uniforms), the same for the same seed. */
export function normals(n: number, seed: number): Float64Array {
  const random = randomStream(seed, 99);
  return Float64Array.from({ length: n }, () => {
    let total = -6;
    for (let i = 0; i < 12; i++) total += random();
    return total;
  });
}

export function zeros(n: number): Float64Array {
  return new Float64Array(n);
}

export function dot(a: Numbers, b: Numbers): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

/** |got − want| ≤ limit·(1 + |want|) elementwise. */
export function expectClose(got: Numbers, want: Numbers, limit = 1e-12, what = ''): void {
  expect(got.length, what).toBe(want.length);
  const wrong = want.findIndex((x, i) => !(Math.abs(got[i] - x) <= limit * (1 + Math.abs(x))));
  expect(wrong < 0 ? '' : `[${wrong}]: got ${got[wrong]}, want ${want[wrong]}`, what).toBe('');
}

/**
 * Checks `gradient` of `loss` with respect to `x`, which `loss` reads in place: every element when there are few, else a sample
 * of 40, and always two random directions, which see all elements at once. Agreement: 1e-6 of the gradient's own size (its root
 * mean square for single elements, so that elements that happen to be near 0 do not ask for more than differences can give).
 */
export function expectGradient(loss: () => number, x: Numbers, gradient: Numbers, what: string): void {
  const h = 1e-5;
  const size = Math.sqrt(dot(gradient, gradient) / gradient.length);
  const original = x.slice();
  const slope = (direction: (i: number) => number): number => {
    const at = (step: number) => {
      for (let i = 0; i < x.length; i++) x[i] = original[i] + step * direction(i);
      return loss();
    };
    const difference = (at(h) - at(-h)) / (2 * h);
    x.set(original);
    return difference;
  };
  const problems: string[] = [];
  const close = (got: number, want: number, where: string) => {
    const limit = 1e-6 * (size + Math.abs(want)) + 1e-9;
    if (!(Math.abs(got - want) <= limit)) problems.push(`${where}: gradient ${got}, differences ${want}`);
  };
  const random = randomStream(x.length, 7);
  const picks =
    x.length <= 40 ? Array.from(x, (_, i) => i) : Array.from({ length: 40 }, () => Math.floor(random() * x.length));
  for (const i of picks)
    close(
      gradient[i],
      slope((j) => (j === i ? 1 : 0)),
      `[${i}]`,
    );
  for (let n = 0; n < 2; n++) {
    const direction = normals(x.length, n);
    const norm = Math.sqrt(dot(direction, direction));
    close(
      dot(gradient, direction) / norm,
      slope((i) => direction[i] / norm),
      'along a random direction',
    );
  }
  expect(problems[0] ?? '', what).toBe('');
}
