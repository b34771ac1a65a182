/** Programs with views: rows used twice, overlapping, beside what they view, of parameters and inputs, written by several nodes. */
import type { Graph, Tensor } from '../../src/graph/graph.ts';
import { addLosses } from '../../src/model/heads.ts';
import { matrix } from '../../src/model/parameter.ts';
import { type Build, input, param, targetInputs } from '../../src/model/program.ts';
import type { Checked } from './differences.ts';

// 8 columns of f32: a row of 32 bytes, so that every 8th row may begin a view
export const C = 8;
const V = 5;

const targets = (n: number) => Uint32Array.from({ length: n }, (_, i) => (3 * i + 1) % V);
/** Weights of either sign. */
const weights = (n: number) => Float32Array.from({ length: n }, (_, i) => ((i % 5) - 1.5) / n);

type Shapes = Readonly<Record<string, readonly number[]>>;
type Named = (name: string) => Tensor;

/** A program of trained matrices and float inputs, with `targets` and `weights` of `rows` rows. */
function program(
  params: Shapes,
  inputs: Shapes,
  rows: number,
  losses: (b: Build, t: Named) => readonly Tensor[],
): Checked {
  return {
    program: {
      name: 'sketch',
      params: Object.entries(params).map(([name, shape]) => matrix(name, shape)),
      trainable: () => true,
      inputs: [
        ...Object.entries(inputs).map(([name, shape]) => ({ name, shape, elem: 'f32' as const })),
        ...targetInputs(rows),
      ],
      build(b) {
        const list = losses(b, (name) => (name in params ? param(b, name) : input(b, name)));
        return {
          loss: addLosses(
            b,
            list.map((l) => b.g.sum(l)),
          ),
          keep: {},
        };
      },
    },
    values: { targets: targets(rows), weights: weights(rows) },
  };
}

/** Every row of `x` (R C) against one table, and the losses (R). */
function classify({ g, training }: Build, t: Named, x: Tensor): Tensor {
  const rows = x.shape.reduce((a, b) => a * b, 1) / C;
  const logits = g.linear(x, t('head'), undefined, { name: 'logits' });
  const losses = g.tensor('losses', [rows]);
  g.crossEntropy(logits, g.rows(t('targets'), 0, rows), g.rows(t('weights'), 0, rows), losses, training);
  return losses;
}

/** x (32 C) → linear layer → `lines` → tensors of C columns that are classified. */
export const sketch = (
  lines: (g: Graph, h: Tensor, t: Named) => readonly Tensor[],
  params: Shapes = {},
  inputs: Shapes = {},
): Checked =>
  program({ w: [C, C], head: [V, C], ...params }, { x: [32, C], ...inputs }, 96, (b, t) =>
    lines(b.g, b.g.linear(t('x'), t('w'), undefined, { name: 'h' }), t).map((y) => classify(b, t, y)),
  );

export const cases: Record<string, Checked> = {
  'a view used once, the rest of its base not at all': sketch((g, h) => [g.rows(h, 8, 16)]),
  'tiles, each used once': sketch((g, h) => [g.add(g.rows(h, 0, 16), g.rows(h, 16, 16))]),
  'tiles of which one is used twice': sketch((g, h) => {
    const [a, b] = [g.rows(h, 0, 16), g.rows(h, 16, 16)];
    return [g.add(g.gelu(a), b), a];
  }),
  'one view used by two nodes': sketch((g, h) => {
    const a = g.rows(h, 8, 16);
    return [g.add(g.gelu(a), a)];
  }),
  'one view as both summands': sketch((g, h) => [g.add(g.rows(h, 8, 16), g.rows(h, 8, 16))]),
  'views that overlap': sketch((g, h) => [g.add(g.rows(h, 0, 16), g.rows(h, 8, 16)), g.rows(h, 16, 16)]),
  'a view and its base': sketch((g, h) => [h, g.gelu(g.rows(h, 8, 8))]),
  'a base and then its view in a sum': sketch((g, h) => {
    const y = g.add(h, g.gelu(h));
    return [g.rows(y, 8, 8), y];
  }),
  'a view of a view': sketch((g, h) => [g.rows(g.rows(h, 8, 24), 8, 8), g.rows(h, 16, 8)]),
  'another shape': sketch((g, h) => [g.gelu(g.reshape(h, [8, 4 * C])), g.reshape(g.rows(h, 16, 16), [16 * C])]),
  'the same row of views added up, step by step': sketch((g, h) => {
    let state = g.rows(h, 0, 8);
    for (let i = 1; i < 4; i++) state = g.gelu(g.add(state, g.rows(h, 8 * i, 8)));
    return [state, g.rows(h, 24, 8)];
  }),
  'views of a parameter': sketch(
    (g, h, t) => [
      g.linear(h, g.rows(t('table'), 8, C), undefined, { name: 'first' }),
      g.linear(h, g.rows(t('table'), 16, C), undefined, { name: 'second' }),
    ],
    { table: [32, C] },
  ),
  'a parameter and overlapping views of it': sketch(
    (g, h, t) => [
      g.linear(g.linear(h, t('table')), g.reshape(t('table'), [C, 2 * C]), undefined, { name: 'view' }),
      g.linear(h, g.rows(t('table'), 8, C)),
      g.linear(h, g.rows(t('table'), 0, C)),
    ],
    { table: [2 * C, C] },
  ),
  'a parameter and its view as summands': sketch(
    (g, h, t) => [g.add(g.rows(h, 0, 16), t('add')), g.add(g.rows(h, 8, 8), g.rows(t('add'), 8, 8))],
    { add: [16, C] },
  ),
  'views of inputs': sketch((g, h, t) => [
    g.linear(g.rows(t('x'), 8, 16), t('w'), undefined, { name: 'again' }),
    g.add(g.rows(h, 8, 16), g.rows(t('x'), 0, 16)),
  ]),
  'rows written by two nodes, then read whole and in part': sketch(
    (g, h, t) => {
      const both = g.tensor('both', [32, C]);
      for (const [start, w] of [
        [0, 'left'],
        [16, 'right'],
      ] as const)
        g.node('matmul', {
          dims: { Z: 1, M: 16, N: C, K: C },
          options: { TB: 1 },
          ports: { a: g.rows(h, start, 16), b: t(w), out: g.rows(both, start, 16) },
          label: w,
        });
      return [g.gelu(both), g.rows(both, 8, 16)];
    },
    { left: [C, C], right: [C, C] },
  ),
  'rows that later rows are made of': sketch(
    (g, h, t) => {
      const all = g.tensor('all', [24, C]);
      let state = g.rows(h, 0, 8);
      for (let i = 0; i < 3; i++) {
        const next = g.linear(state, t('step'), undefined, { name: `next${i}` });
        g.node('add', {
          dims: { N: 8 * C },
          scalars: { alpha: 1, beta: 1 },
          ports: { a: next, b: g.rows(h, 8 * i + 8, 8), out: g.rows(all, 8 * i, 8) },
          label: `step${i}`,
        });
        state = g.gelu(g.rows(all, 8 * i, 8));
      }
      return [all, state];
    },
    { step: [C, C] },
  ),
  'q, k, v in one sum, turned in place': sketch(
    (g, h, t) => {
      const x = g.add(g.linear(h, t('qkv')), g.linear(h, t('more')));
      const shape = { B: 2, T: 16, NH: 2, NKV: 2, HS: 4 };
      g.rope(x, t('rope'), shape, true);
      return [g.attention(x, { ...shape, mask: 'causal' }, { save: true })];
    },
    { qkv: [3 * C, C], more: [3 * C, C] },
    { rope: [16, 4] },
  ),
  'turned in place, its gradient the same tensor as another one': sketch(
    (g, h, t) => {
      const [x, y] = [g.linear(h, t('qkv')), g.linear(h, t('more'))];
      g.rope(x, t('rope'), { B: 2, T: 16, NH: 2, NKV: 2, HS: 4 }, false);
      return [g.reshape(g.add(y, x), [96, C])];
    },
    { qkv: [3 * C, C], more: [3 * C, C] },
    { rope: [16, 4] },
  ),
  'a segment with views inside': sketch(
    (g, h, t) => {
      const made = g.segment(() => {
        const a = g.linear(h, t('up'), undefined, { name: 'up' });
        const b = g.gelu(g.rows(a, 8, 16));
        return g.add(g.linear(b, t('down'), undefined, { name: 'down' }), g.rows(a, 0, 16));
      });
      return [g.segment(() => g.gelu(g.add(g.rows(made, 8, 8), g.rows(h, 24, 8)))), made];
    },
    { up: [C, C], down: [C, C] },
  ),
  'a segment that turns in place what later nodes read': sketch(
    (g, h, t) => {
      const shape = { B: 2, T: 16, NH: 2, NKV: 2, HS: 4 };
      const qkv = g.segment(() => {
        const x = g.linear(h, t('qkv'), undefined, { name: 'qkv' });
        g.rope(x, t('rope'), shape, true);
        return x;
      });
      return [g.segment(() => g.attention(qkv, { ...shape, mask: 'causal' }, { save: true })), g.linear(qkv, t('out'))];
    },
    { qkv: [3 * C, C], out: [C, 3 * C] },
    { rope: [16, 4] },
  ),
};

/** Heads in chunks of rows: their backward parts run early, whatever stands between and behind them. */
cases['chunked heads between other losses'] = program(
  { w: [C, C], head: [V, C], norm: [C] },
  { x: [32, C] },
  96,
  (b, t) => {
    const { g } = b;
    const h = g.linear(t('x'), t('w'), undefined, { name: 'h' });
    const chunks = (x: Tensor) => [0, 16].map((start) => g.chunk(() => classify(b, t, g.rows(x, start, 16))));
    const first = chunks(h);
    const later = g.gelu(g.norm(h, t('norm'), undefined, 1e-5, { rms: true, save: true }));
    return [...first, ...chunks(later), classify(b, t, g.linear(h, t('w'), undefined, { name: 'again' }))];
  },
);
