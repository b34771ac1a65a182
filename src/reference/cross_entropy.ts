/** Cross-entropy and its gradient: see src/kernels/cross_entropy.ts. */
import type { Reference } from './types.ts';

export const crossEntropy: Reference = ({ targets, weights, logits, losses }, { R, V }, { GRAD }, { scale }) => {
  for (let r = 0; r < R; r++) {
    const at = r * V;
    const target = targets[r];
    if (target >= V) {
      losses[r] = 0;
      if (GRAD) logits.fill(0, at, at + V);
      continue;
    }
    let max = -Infinity;
    for (let v = 0; v < V; v++) max = Math.max(max, logits[at + v]);
    let total = 0;
    for (let v = 0; v < V; v++) total += Math.exp(logits[at + v] - max);
    const logSum = max + Math.log(total);
    losses[r] = weights[r] * (logSum - logits[at + target]);
    if (!GRAD) continue;
    const factor = scale * weights[r];
    for (let v = 0; v < V; v++) logits[at + v] = factor * (Math.exp(logits[at + v] - logSum) - (v === target ? 1 : 0));
  }
};
