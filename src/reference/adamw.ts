/** The optimizer: see src/kernels/adamw.ts. */
import { HYPER } from '../plan/state.ts';
import type { Reference } from './types.ts';

export const gradNorm: Reference = ({ grads, norm }, { N }) => {
  let total = 0;
  let bad = 0;
  for (let i = 0; i < N; i++) {
    total += grads[i] * grads[i];
    if (!Number.isFinite(grads[i])) bad = 1;
  }
  norm[0] = Math.sqrt(total);
  norm[1] = bad;
  norm[2] = 0;
  norm[3] = 0;
};

export const adamw: Reference = ({ grads, norm, hyper, params, m, v }, { N, ND }) => {
  if (norm[1] !== 0) return;
  const lr = hyper[HYPER.LR];
  const beta1 = hyper[HYPER.BETA1];
  const beta2 = hyper[HYPER.BETA2];
  const eps = hyper[HYPER.EPS];
  const correction1 = hyper[HYPER.CORRECTION1];
  const correction2 = hyper[HYPER.CORRECTION2];
  const maxNorm = hyper[HYPER.MAX_NORM];
  const clip = maxNorm > 0 ? Math.min(1, maxNorm / (norm[0] + 1e-6)) : 1;
  for (let i = 0; i < N; i++) {
    const g = grads[i] * clip;
    const mi = beta1 * m[i] + (1 - beta1) * g;
    const vi = beta2 * v[i] + (1 - beta2) * g * g;
    m[i] = mi;
    v[i] = vi;
    const decay = i < ND ? hyper[HYPER.DECAY] : 0;
    params[i] -= lr * ((mi * correction1) / (Math.sqrt(vi * correction2) + eps) + decay * params[i]);
  }
};
