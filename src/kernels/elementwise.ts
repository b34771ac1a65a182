/** Ops on single elements of vectors of equal length. */
import { wasmOrLoops } from './cpu.ts';
import type { Op } from './op.ts';
import { on } from './options.ts';
import { exactish, perElement } from './variants.ts';

const perN = perElement(
  (d) => d.N,
  (d) => d.N % 4 === 0,
);

export const add: Op = {
  name: 'add',
  about: 'out = alpha·a + beta·b',
  dims: ['N'],
  scalars: ['alpha', 'beta'],
  options: {},
  ports: [
    { name: 'a', dir: 'in', shape: 'N' },
    { name: 'b', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: perN,
  cpu: wasmOrLoops('add'),
  flops: (d) => 3 * d.N,
  tolerance: exactish,
};

export const fill: Op = {
  name: 'fill',
  about: 'out = value',
  dims: ['N'],
  scalars: ['value'],
  options: {},
  ports: [{ name: 'out', dir: 'out', shape: 'N' }],
  variants: perN,
  cpu: wasmOrLoops('fill'),
  flops: () => 0,
  tolerance: () => ({ abs: 0, rel: 0 }),
};

export const dropout: Op = {
  name: 'dropout',
  about:
    'out = inp·keep/(1 − rate) (+ residual), keep = hash(seed, step, SALT, index) ≥ rate: the same hash in both directions, so nothing is stored. hash: src/sample/hash.ts',
  dims: ['N', 'SALT'],
  scalars: ['rate'],
  options: { RESIDUAL: [0, 1] },
  ports: [
    { name: 'state', dir: 'in', shape: '16', elem: 'u32' },
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'residual', dir: 'in', shape: 'N', when: on('RESIDUAL') },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: perN,
  cpu: wasmOrLoops('dropout'),
  flops: (d) => 2 * d.N,
  tolerance: exactish,
};
