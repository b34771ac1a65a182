/** From logits to a token without leaving the GPU, and the best candidates for people who want to see them. */
import type { Op } from './op.ts';

export const sample: Op = {
  name: 'sample',
  about:
    'Picks a token from softmax(logits/temperature) restricted to the TOP_K largest and then to the smallest set with mass ≥ TOP_P (ties: lowest index first; the largest always stays); ' +
    'temperature 0 takes the largest. The draw u = hash(SEED, POS) runs along the kept tokens in index order. Then: history[COUNT mod H] ← token, COUNT += 1, POS += 1, TOKEN ← token. ' +
    'PREFILL: POS ← LENGTH instead. hash: src/reference/hash.ts',
  dims: ['V', 'H'],
  options: { PREFILL: [0, 1] },
  ports: [
    { name: 'logits', dir: 'in', shape: 'V' },
    { name: 'state', dir: 'inout', shape: '16', elem: 'u32' },
    { name: 'history', dir: 'inout', shape: 'H', elem: 'u32' },
  ],
  variants: [],
  flops: (d) => 8 * d.V,
  tolerance: () => ({ abs: 0, rel: 0 }),
};

export const topN: Op = {
  name: 'top_n',
  about: 'The N most probable tokens in falling order (ties: lowest index first) with probabilities of softmax(logits); N = 1 is argmax',
  dims: ['V', 'N'],
  options: {},
  ports: [
    { name: 'logits', dir: 'in', shape: 'V' },
    { name: 'ids', dir: 'out', shape: 'N', elem: 'u32' },
    { name: 'probs', dir: 'out', shape: 'N' },
  ],
  variants: [],
  flops: (d) => 4 * d.V,
  tolerance: () => ({ abs: 1e-9, rel: 5e-6 }),
};
