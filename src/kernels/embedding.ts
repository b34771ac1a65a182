/** Rows of a table by token id, and the gradients that go back to those rows: deterministic, without float atomics. */
import type { Op } from './op.ts';
import { on } from './options.ts';

export const embedding: Op = {
  name: 'embedding',
  about:
    'out[r] = wte[tokens[r]] (+ wpe[r mod T] with POS). DECODE: one row, token and position come from state. A token ≥ V reads row V−1 (the host checks ids before upload).',
  dims: ['R', 'T', 'C', 'V', 'TMAX'],
  options: { POS: [0, 1], DECODE: [0, 1], /** wte is stored in f16. */ B16: [0, 1] },
  ports: [
    { name: 'state', dir: 'in', shape: '16', elem: 'u32', when: on('DECODE') },
    { name: 'tokens', dir: 'in', shape: 'R', elem: 'u32', when: (o) => !o.DECODE },
    { name: 'wte', dir: 'in', shape: 'V C', elem: (o) => (o.B16 ? 'f16' : 'f32') },
    { name: 'wpe', dir: 'in', shape: 'TMAX C', when: on('POS') },
    { name: 'out', dir: 'out', shape: 'R C' },
  ],
  variants: [],
  flops: (d) => d.R * d.C,
  bytes: (d, o) => 4 * d.R * d.C * (o.POS ? 3 : 2),
  tolerance: () => ({ abs: 1e-7, rel: 1e-6 }),
};

export const embeddingDweight: Op = {
  name: 'embedding_dweight',
  about:
    'dwte[v] = Σ dout[order[i]] for i from starts[v] to starts[v+1]: the host sorts positions by token (a counting sort of ids it knows anyway), so each row is one fixed-order sum. ACCUM adds to what is there (a tied head).',
  dims: ['R', 'C', 'V'],
  options: { ACCUM: [0, 1] },
  ports: [
    { name: 'order', dir: 'in', shape: 'R', elem: 'u32' },
    { name: 'starts', dir: 'in', shape: 'V+1', elem: 'u32' },
    { name: 'dout', dir: 'in', shape: 'R C' },
    { name: 'dwte', dir: 'inout', shape: 'V C' },
  ],
  variants: [],
  flops: (d) => d.R * d.C,
  tolerance: (d) => ({ abs: 2 ** -22 * Math.sqrt(d.R) * 2, rel: 1e-5 }),
};

export const embeddingDpos: Op = {
  name: 'embedding_dpos',
  about: 'dwpe[t] = Σ_b dout[b,t] for t < T, 0 beyond',
  dims: ['B', 'T', 'C', 'TMAX'],
  options: { ACCUM: [0, 1] },
  ports: [
    { name: 'dout', dir: 'in', shape: 'B T C' },
    { name: 'dwpe', dir: 'inout', shape: 'TMAX C' },
  ],
  variants: [],
  flops: (d) => d.B * d.T * d.C,
  tolerance: (d) => ({ abs: 2 ** -22 * Math.sqrt(d.B) * 4, rel: 1e-5 }),
};
