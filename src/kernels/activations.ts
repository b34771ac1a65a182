/** The curves between the layers of an MLP and their gradients. Most of them vanish into the epilogue of a matmul; these run where nothing absorbs them. */
import { wasmOrLoops } from './cpu.ts';
import type { Op } from './op.ts';
import { exactish, perElement, wholeVec4 } from './variants.ts';

const perN = perElement(
  (d) => d.N,
  (d) => d.N % 4 === 0,
);
const perRC = perElement((d) => d.R * d.C, wholeVec4);

export const gelu: Op = {
  name: 'gelu',
  about: 'out = x·Φ(x): tanh form 0.5·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), or ERF form 0.5·x·(1 + erf(x/√2))',
  dims: ['N'],
  options: { ERF: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'out', dir: 'out', shape: 'N' },
  ],
  variants: perN,
  cpu: wasmOrLoops('gelu'),
  flops: (d) => 10 * d.N,
  tolerance: exactish,
};

export const geluDinp: Op = {
  name: 'gelu_dinp',
  about: 'dinp = dout·gelu′(inp)',
  dims: ['N'],
  options: { ERF: [0, 1] },
  ports: [
    { name: 'inp', dir: 'in', shape: 'N' },
    { name: 'dout', dir: 'in', shape: 'N' },
    { name: 'dinp', dir: 'out', shape: 'N' },
  ],
  variants: perN,
  cpu: wasmOrLoops('gelu_dinp'),
  flops: (d) => 16 * d.N,
  tolerance: exactish,
};

export const siluMul: Op = {
  name: 'silu_mul',
  about: 'a row of inp holds gate then up; out = gate·sigmoid(gate)·up',
  dims: ['R', 'C'],
  options: {},
  ports: [
    { name: 'inp', dir: 'in', shape: 'R 2*C' },
    { name: 'out', dir: 'out', shape: 'R C' },
  ],
  variants: perRC,
  cpu: wasmOrLoops('silu_mul'),
  flops: (d) => 6 * d.R * d.C,
  tolerance: exactish,
};

export const siluMulDinp: Op = {
  name: 'silu_mul_dinp',
  about: 'gradient of silu_mul: s = sigmoid(gate); dgate = dout·up·s·(1 + gate·(1 − s)), dup = dout·gate·s',
  dims: ['R', 'C'],
  options: {},
  ports: [
    { name: 'inp', dir: 'in', shape: 'R 2*C' },
    { name: 'dout', dir: 'in', shape: 'R C' },
    { name: 'dinp', dir: 'out', shape: 'R 2*C' },
  ],
  variants: perRC,
  cpu: wasmOrLoops('silu_mul_dinp'),
  flops: (d) => 12 * d.R * d.C,
  tolerance: exactish,
};
