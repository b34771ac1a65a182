/**
 * What sits on a trunk: losses, and the four ways to answer (one class, a class per token, a span, a next token). Many need no op of
 * their own; this file names the idioms that replace one.
 */
import type { Tensor } from '../graph/graph.ts';
import { linear, norm, type Norm } from './layers.ts';
import { linearParameters, matrix, type Parameter, vector } from './parameter.ts';
import { type Build, input } from './program.ts';

export interface Loss {
  /** weights[r]·nll, per row (R). */
  readonly losses: Tensor;
  /** Their sum, one number. */
  readonly loss: Tensor;
}

/** Rows of a head chunk: all of them, or the largest multiple of 64 that fits into `headBytes`. */
export function headRows(R: number, V: number, headBytes: number): number {
  if (R * V * 4 <= headBytes) return R;
  return Math.max(64, Math.floor(headBytes / (V * 4) / 64) * 64);
}

/**
 * Cross-entropy of the inputs `targets` and `weights` of all rows of x (R C), in chunks of rows whose logits (rows V) fit into
 * `headBytes`: with `training` each chunk's backward part follows it, so that no full logits buffer ever exists. `logits` makes them from
 * a chunk's rows; `part` gives it the same rows of another tensor.
 */
export function chunkedLoss(
  b: Build,
  x: Tensor,
  V: number,
  headBytes: number,
  logits: (rows: Tensor, part: (t: Tensor) => Tensor) => Tensor,
): Loss {
  const { g } = b;
  const [R] = x.shape;
  const losses = g.tensor('losses', [R]);
  const [targets, weights] = [input(b, 'targets'), input(b, 'weights')];
  const chunk = headRows(R, V, headBytes);
  for (let start = 0; start < R; start += chunk) {
    const rows = Math.min(chunk, R - start);
    const part = (t: Tensor) => (rows === R ? t : g.rows(t, start, rows));
    g.chunk(() => g.crossEntropy(logits(part(x), part), part(targets), part(weights), part(losses), b.training));
  }
  return { losses, loss: g.sum(losses, 'loss') };
}

/**
 * Cross-entropy of logits (R V) with the inputs `<prefix>targets` and `<prefix>weights` (R). The weights carry the normalisation and may
 * be of either sign: policy gradient is cross-entropy on sampled tokens with the advantage as weight. In training the logits become
 * their gradient.
 */
export function crossEntropy(b: Build, logits: Tensor, prefix = ''): Loss {
  const losses = b.g.tensor(`${prefix}losses`, [logits.shape[0]]);
  b.g.crossEntropy(logits, input(b, `${prefix}targets`), input(b, `${prefix}weights`), losses, b.training);
  return { losses, loss: b.g.sum(losses, `${prefix}loss`) };
}

/** Several losses as one. */
export const addLosses = (b: Build, losses: readonly Tensor[]): Tensor =>
  losses.reduce((total, loss) => b.g.add(total, loss, 'loss'));

/**
 * One row of each sequence, or a mean of several: h (B·T C) → (B C). Input `pool` (B 1 T) holds the weights of the positions: a one-hot row
 * for [CLS] or the last token, 1/n on n valid ones for the mean. It is a batched matmul, so the gradient comes for free.
 */
export function pool(b: Build, h: Tensor, name = 'pool'): Tensor {
  const positions = input(b, name);
  const [B, , T] = positions.shape;
  const C = h.shape[1];
  return b.g.reshape(b.g.matmul(positions, h, { Z: B, M: 1, N: C, K: T }, false, name), [B, C]);
}

/** Parameters of a linear head with `classes` outputs; a score is one with a single output. */
export const headParameters = (name: string, classes: number, C: number, deviation = 0.02): Parameter[] =>
  linearParameters(name, classes, C, deviation);

/** Logits (R classes) of every row of x (R C): pooled rows give a class per sequence, all rows a class per token. */
export const classify = (b: Build, x: Tensor, name: string): Tensor => linear(b, x, name);

/** Parameters of a span head: two linear layers with one output each; a bias would move all positions equally. */
export const spanParameters = (name: string, C: number, deviation = 0.02): Parameter[] => [
  matrix(`${name}.start.weight`, [1, C], deviation),
  matrix(`${name}.end.weight`, [1, C], deviation),
];

/** Where an answer starts and ends: h (B·T C) → two logits (B T) over positions. Scores (B·T 1) under another shape, with no transpose. */
export function span(b: Build, h: Tensor, B: number, name: string): { readonly start: Tensor; readonly end: Tensor } {
  const over = (end: string) => b.g.reshape(classify(b, h, `${name}.${end}`), [B, h.shape[0] / B]);
  return { start: over('start'), end: over('end') };
}

/**
 * Which of two is better: scores (2P 1), the answers of each pair side by side, read as logits (P 2). With target 0, cross-entropy is
 * −log σ(r₁ − r₂), the Bradley–Terry loss of a reward model.
 */
export const pairs = (b: Build, scores: Tensor): Tensor => b.g.reshape(scores, [scores.shape[0] / 2, 2]);

/** Parameters of a probe: a norm's scale and a linear layer on one layer's vectors. */
export const probeParameters = (name: string, classes: number, C: number, deviation = 0.01): Parameter[] => [
  vector(`${name}.norm.weight`, C, 'ones'),
  ...headParameters(`${name}.read`, classes, C, deviation),
];

/** A linear classifier on normalised vectors x (R C): if it can read a property, the layer holds it. */
export const probe = (b: Build, x: Tensor, name: string, eps: Norm['eps'] = 1e-5): Tensor =>
  linear(b, norm(b, x, `${name}.norm`, { rms: true, eps }), `${name}.read`);

/** N neighbouring rows as one: (B·N C) → (B N·C). Bengio's network reads its window this way. */
export const sideBySide = (b: Build, x: Tensor, N: number): Tensor => b.g.reshape(x, [x.shape[0] / N, N * x.shape[1]]);
