/** Cross-entropy with per-row weights, and its gradient written over the logits. */
import type { Op } from './op.ts';

export const crossEntropy: Op = {
  name: 'cross_entropy',
  about:
    'losses[r] = weights[r]·(log Σ_v exp(logits[r,v]) − logits[r,target]); GRAD: logits[r,v] ← scale·weights[r]·(softmax(logits)[r,v] − [v = target]). ' +
    'A target of 0xffffffff (or ≥ V) is ignored: loss and gradient are 0, whatever the logits hold. The weights carry the normalisation (1/number of targets).',
  dims: ['R', 'V'],
  scalars: ['scale'],
  options: { GRAD: [0, 1] },
  ports: [
    { name: 'targets', dir: 'in', shape: 'R', elem: 'u32' },
    { name: 'weights', dir: 'in', shape: 'R' },
    { name: 'logits', dir: 'inout', shape: 'R V' },
    { name: 'losses', dir: 'out', shape: 'R' },
  ],
  variants: [],
  flops: (d) => 6 * d.R * d.V,
  // loss relative 1e-6·log V; dlogits absolute 1e-7 for weights ≤ 1
  tolerance: () => ({ abs: 1e-6, rel: 5e-6 }),
};
