/** What model-graph says. */
import type { Part, Shape } from './graph.ts';

type Names = Readonly<Record<Part['kind'], string>>;

export const english = {
  caption: 'Open a box: what it computes, its numbers, the kernel that ran, its time on this device.',
  bars: 'Ink under a box: % of this device’s roof.',
  limits: (low: string, high: string) => `Ochre to verdigris: ${low} to ${high}.`,
  lengths: '|x| is the length of the stream’s vector.',
  earlier: 'The values belong to an earlier text.',
  label: (layers: number, kernels: number, model: string) =>
    `${model}: ${kernels} kernels for one token, in ${layers} ${layers === 1 ? 'layer' : 'layers'} along one stream`,
  how: 'The thick line is the stream. Each layer leaves it twice and is added to it. A tree of boxes: up and down along the stream, right into a layer, left out of it, Enter opens a box.',
  needsModel: 'A recording does not hold the plan; load the model to look inside.',
  layer: (n: number) => `layer ${n + 1}`,
  branches: { attn: 'attention', mlp: 'MLP', cross: 'cross-attention' } as Readonly<Record<string, string>>,
  kernels: (n: number) => `${n} ${n === 1 ? 'kernel' : 'kernels'}`,
  shape: (shape: Shape, n: (x: number) => string, keys: number | undefined): string => {
    if (shape.of === 'nothing') return '';
    if (shape.of === 'same') return n(shape.size);
    if (shape.of === 'map') return `${n(shape.from)} → ${n(shape.to)}`;
    const grouped = shape.groups < shape.heads ? `, ${shape.groups} for keys` : '';
    return `${shape.heads} heads × ${shape.size}${grouped}${keys ? `, ${keys} ${keys === 1 ? 'key' : 'keys'}` : ''}`;
  },
  names: { rmsnorm: 'norm', layernorm: 'norm' } as Readonly<Record<string, string>>,
  ofRoof: (share: string) => `${share} of this device’s roof`,
  values: 'Along the stream',
  valueOf: { shape: 'nothing', norm: '|x|', heat: 'values' },
  time: 'Time each kernel',
  timing: 'Timing…',
  close: 'Close',
  detail: (name: string) => `Inside ${name}`,
  formulas: {
    embedding: 'The token’s number picks one row of a table; with positions, the position’s row is added.',
    norm: 'Every number is divided by the root mean square of its row, then scaled; layernorm takes the mean away first.',
    linear: 'Each number out is one row of weights times the numbers in, added up.',
    rope: 'Pairs of numbers in q and k are turned by an angle that grows with the position.',
    attention: 'q · k / √d for each earlier token, softmax over them, then the values v mixed by these weights.',
    activation: 'A bend for each number. Gated: silu of one half, times the other half.',
    gate: 'All is multiplied by a switch, 1 as trained or 0.',
    add: 'Two rows are added, number by number.',
    cache: 'k and v are kept, so that later tokens need not compute them again.',
    last: 'Only the last token’s row goes on: it says what comes next.',
    sample: 'Temperature, top-k and top-p, then a number in [0, 1) picks the token.',
    other: 'A kernel of the plan; its text below says what it does.',
  } as Names,
  added: 'The result is added to the stream.',
  variant: 'kernel',
  inputs: 'in',
  outputs: 'out',
  parameters: 'parameters',
  work: 'work',
  flop: (n: string) => `${n} flop`,
  timeHere: 'time here',
  noTime: 'not measured',
  roof: 'of the roof',
  tensors: 'Values at the last token',
  noTensors: 'The engine does not copy out what stays inside this kernel.',
  cell: (name: string, index: string, value: string) => `${name}[${index}] = ${value}`,
  heat: (name: string, shape: string, low: string, high: string) => `${name}, ${shape}, from ${low} to ${high}`,
  code: 'The kernel’s text',
  ran: 'what ran',
  file: 'whole file',
  notWgsl: 'This engine runs WebAssembly, so this is not WGSL.',
  edit: 'Edit in the playground',
  columns: ['label', 'kernel', 'variant', 'shape', 'parameters', 'time µs', '± %', '% of roof'],
  keyList: [
    ['↑ ↓', 'along the stream'],
    ['→ ←', 'into a layer, out of it'],
    ['Enter', 'open a layer or a box'],
  ] as readonly (readonly [string, string])[],
};

export type Texts = typeof english;
