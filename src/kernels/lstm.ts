/**
 * What is left of an LSTM when its matmuls are done: gates and state, one step at a time (Hochreiter & Schmidhuber 1997, with the forget
 * gate of Gers et al. 2000). That a cell should remember at first (+1 on the forget gate) is the layer's business: its bias starts there.
 */
import { wasmOrLoops } from './cpu.ts';
import type { GpuVariant, Op, Options } from './op.ts';
import { on } from './options.ts';
import { exactish, lineOfWG, perElement, perItem, wholeVec4 } from './variants.ts';

const [naive, vec4] = perElement((d) => d.R * d.C, wholeVec4);
const variants: readonly GpuVariant[] = [
  naive,
  {
    name: 'strided',
    about: 'several elements per invocation, a workgroup apart: any C, few invocations',
    knobs: { WG: [64, 128, 256, 32], PER: [4, 2, 8] },
    barrierFree: true,
    // of use where vec4 does not fit
    score: () => 5,
    workgroup: lineOfWG,
    passes: perItem((d, k) => Math.ceil((d.R * d.C) / k.PER)),
  },
  vec4,
];

const hasPrevious = (o: Options) => !o.FIRST;

export const lstmCell: Op = {
  name: 'lstm_cell',
  about:
    'a row of gates holds i, f, g, o before their curves: c = σ(f)·c_prev + σ(i)·tanh(g), out = σ(o)·tanh(c). FIRST: no step was before, c_prev is 0',
  dims: ['R', 'C'],
  options: { FIRST: [0, 1] },
  ports: [
    { name: 'gates', dir: 'in', shape: 'R 4*C' },
    { name: 'c_prev', dir: 'in', shape: 'R C', when: hasPrevious },
    { name: 'c', dir: 'out', shape: 'R C' },
    { name: 'out', dir: 'out', shape: 'R C' },
  ],
  variants,
  cpu: wasmOrLoops('lstm_cell'),
  flops: (d) => 40 * d.R * d.C,
  tolerance: exactish,
};

export const lstmCellBwd: Op = {
  name: 'lstm_cell_bwd',
  about:
    'gradient of lstm_cell, with i f g o after their curves and t = tanh(c): e = dc + dout·o·(1 − t²) reaches the cell; dgates = e·g·i·(1 − i), ' +
    'e·c_prev·f·(1 − f), e·i·(1 − g²), dout·t·o·(1 − o); dc_prev = e·f. DC: the step after it sends dc, else dc is 0. FIRST as in lstm_cell',
  dims: ['R', 'C'],
  options: { FIRST: [0, 1], DC: [1, 0] },
  ports: [
    { name: 'gates', dir: 'in', shape: 'R 4*C' },
    { name: 'c_prev', dir: 'in', shape: 'R C', when: hasPrevious },
    { name: 'c', dir: 'in', shape: 'R C' },
    { name: 'dout', dir: 'in', shape: 'R C' },
    { name: 'dc', dir: 'in', shape: 'R C', when: on('DC') },
    { name: 'dgates', dir: 'out', shape: 'R 4*C' },
    { name: 'dc_prev', dir: 'out', shape: 'R C', when: hasPrevious },
  ],
  variants,
  cpu: wasmOrLoops('lstm_cell_bwd'),
  flops: (d) => 70 * d.R * d.C,
  tolerance: exactish,
};
