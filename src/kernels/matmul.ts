/** C = A·B in the three layouts that a linear layer and its gradients need, with what usually follows it fused in. */
import type { Op, Options } from './op.ts';
import { on } from './options.ts';

export const matmul: Op = {
  name: 'matmul',
  about:
    'out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n]; then pre = that + bias (SAVE_PRE stores it), gelu, ·gelu′(pre) (DGELU), ·gate, + residual, + old out (ACCUM). ' +
    'TA: a is stored (K M); TB: b is stored (N K). A linear layer y = x·Wᵀ + b is NT, its dx = dy·W is NN, its dW = dyᵀ·x is TN, where DBIAS also gives dbias[m] = Σ_k a[k,m].',
  dims: ['Z', 'M', 'N', 'K'],
  options: {
    TA: [0, 1],
    TB: [0, 1],
    BIAS: [0, 1],
    /** 1 tanh form, 2 erf form. */
    GELU: [0, 1, 2],
    /** Multiply by gelu′(pre), 1 tanh form, 2 erf form. */
    DGELU: [0, 1, 2],
    RESIDUAL: [0, 1],
    ACCUM: [0, 1],
    SAVE_PRE: [0, 1],
    DBIAS: [0, 1],
    /** Multiply by one number before the residual is added (switches an MLP off). */
    GATE: [0, 1],
    /** b has no batch dimension. */
    BSHARED: [0, 1],
    /** b (the weight) is stored in f16. */
    B16: [0, 1],
    /** a is stored in f16 too. */
    A16: [0, 1],
  },
  ports: [
    { name: 'a', dir: 'in', shape: (o: Options) => (o.TA ? 'Z K M' : 'Z M K'), elem: (o) => (o.A16 ? 'f16' : 'f32') },
    {
      name: 'b',
      dir: 'in',
      shape: (o: Options) => `${o.BSHARED ? '1' : 'Z'} ${o.TB ? 'N K' : 'K N'}`,
      elem: (o) => (o.B16 ? 'f16' : 'f32'),
    },
    { name: 'bias', dir: 'in', shape: 'N', when: on('BIAS') },
    { name: 'residual', dir: 'in', shape: 'Z M N', when: on('RESIDUAL') },
    { name: 'gate', dir: 'in', shape: '1', when: on('GATE') },
    { name: 'pre', dir: 'inout', shape: 'Z M N', when: (o) => Boolean(o.SAVE_PRE || o.DGELU) },
    { name: 'out', dir: 'inout', shape: 'Z M N' },
    { name: 'dbias', dir: 'inout', shape: 'M', when: on('DBIAS') },
  ],
  variants: [],
  flops: (d) => 2 * d.Z * d.M * d.N * d.K,
  // 4·√K·u·Σ|ab| for unit normal inputs: Σ|ab| ≈ 0.64·K, u = 2⁻²⁴ (Higham's bound with √K for random signs)
  tolerance: (d) => ({ abs: 4 * Math.sqrt(d.K) * 2 ** -24 * (0.64 * d.K + 4), rel: 1e-5 }),
};
