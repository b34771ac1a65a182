/** The optimizer: one sweep over all parameters, which lie side by side in one arena, as do gradients and moments. */
import { inTwoPhases, wasmOrLoops } from './cpu.ts';
import type { GpuVariant, Op } from './op.ts';
import { lastResort, lineOfWG, perItem, wholeSum } from './variants.ts';

const gradNormVariants = wholeSum([256, 512, 64], 2);

const adamwVariants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per parameter: the equation as it stands',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    score: lastResort,
    workgroup: lineOfWG,
    passes: perItem((d) => d.N),
  },
  {
    name: 'vec4',
    about:
      'PER vec4 per invocation: memory is the limit, and 28 bytes a parameter move 16 at a time; N and ND may end inside a vec4',
    knobs: { WG: [64, 128, 256, 32], PER: [4, 1, 2, 8] },
    barrierFree: true,
    score: () => 10,
    workgroup: lineOfWG,
    passes: perItem((d, k) => Math.ceil(Math.ceil(d.N / 4) / k.PER)),
  },
];

export const gradNorm: Op = {
  name: 'grad_norm',
  about:
    'norm[0] = √Σ grads² in a fixed order; norm[1] = 1 if any gradient, or that sum in f32, is infinite or not a number (by its bits), else 0; norm[2], norm[3] = 0',
  dims: ['N'],
  options: {},
  ports: [
    { name: 'grads', dir: 'in', shape: 'N' },
    { name: 'norm', dir: 'out', shape: '4' },
  ],
  variants: gradNormVariants,
  cpu: wasmOrLoops('grad_norm', inTwoPhases),
  flops: (d) => 2 * d.N,
  tolerance: () => ({ abs: 1e-7, rel: 1e-5 }),
};

export const adamw: Op = {
  name: 'adamw',
  about:
    'g = grads·min(1, MAX_NORM/(norm+1e-6)) (MAX_NORM 0: no clipping); m ← β1·m + (1−β1)·g; v ← β2·v + (1−β2)·g²; ' +
    'params ← params − lr·(m·CORRECTION1/(√(v·CORRECTION2) + eps) + decay·params), decay only for the first ND. norm[1] ≠ 0: nothing changes. hyper: src/plan/state.ts HYPER; CORRECTION1 = 1/(1−β1ᵗ).',
  dims: ['N', 'ND'],
  options: {},
  ports: [
    { name: 'grads', dir: 'in', shape: 'N' },
    { name: 'norm', dir: 'in', shape: '4' },
    { name: 'hyper', dir: 'in', shape: '8' },
    { name: 'params', dir: 'inout', shape: 'N' },
    { name: 'm', dir: 'inout', shape: 'N' },
    { name: 'v', dir: 'inout', shape: 'N' },
  ],
  variants: adamwVariants,
  cpu: wasmOrLoops('adamw'),
  flops: (d) => 14 * d.N,
  tolerance: () => ({ abs: 1e-8, rel: 5e-6 }),
};
