/** Random graphs of views, sums, layers and rows written by several nodes: whatever overlaps, gradients are those of central differences. */
import { expect, test } from 'vitest';
import type { Graph, Tensor } from '../../src/graph/graph.ts';
import { randomStream } from '../../src/sample/random.ts';
import { gradientError } from './differences.ts';
import { C, sketch } from './views.ts';

const PARAMS = { one: [C, C], two: [C, C], table: [32, C], scale: [C] };

/** Writes twelve random nodes; returns two to four of all tensors (R C) there are, and one that reads every parameter. */
function scribble(g: Graph, h: Tensor, t: (name: string) => Tensor, seed: number): Tensor[] {
  const random = randomStream(seed);
  const upTo = (n: number) => Math.floor(random() * n);
  const pick = <T>(list: readonly T[]): T => list[upTo(list.length)];
  const rowsOf = (x: Tensor) => x.shape[0];
  /** Some rows of x, a multiple of 8 from a multiple of 8 on. */
  const part = (x: Tensor, rows = 8 * (1 + upTo(rowsOf(x) / 8))) =>
    g.rows(x, 8 * upTo((rowsOf(x) - rows) / 8 + 1), rows);
  const made: Tensor[] = [h];
  const steps: Record<string, () => Tensor> = {
    view: () => part(pick(made)),
    sum() {
      const [a, b] = [pick(made), pick(made)];
      const rows = Math.min(rowsOf(a), rowsOf(b));
      return g.add(part(a, rows), part(b, rows));
    },
    table() {
      const a = pick(made);
      return g.add(a, part(t('table'), rowsOf(a)));
    },
    bend: () => g.gelu(pick(made)),
    layer: () => g.linear(pick(made), t(pick(['one', 'two']))),
    slice: () => g.linear(pick(made), part(t('table'), C)),
    level: () => g.norm(pick(made), t('scale'), undefined, 1e-2, { rms: upTo(2) === 1, save: true }),
    segment: () => g.segment(() => g.add(g.gelu(part(made[0], 8)), g.linear(part(made[0], 8), t('one')))),
    both() {
      const [a, b] = [part(pick(made), 8), part(pick(made), 8)];
      const both = g.tensor('both', [16, C]);
      [a, b].forEach((x, i) =>
        g.node('gelu', { dims: { N: 8 * C }, ports: { inp: x, out: g.rows(both, 8 * i, 8) }, label: `both${i}` }),
      );
      return both;
    },
  };
  for (let i = 0; i < 12; i++) made.push(g.scope(`${i}`, steps[pick(Object.keys(steps))]));
  const read = Array.from({ length: 2 + upTo(3) }, (_, i) => (i ? pick(made) : made.at(-1)!));
  // so that no parameter is without a gradient
  const used = g.add(g.norm(h, t('scale'), undefined, 1e-2, { rms: true, save: true }), t('table'));
  return [...read, g.linear(g.linear(used, t('one')), t('two'))];
}

const hows = { plain: {}, 'computed again': { recompute: true }, accumulated: { accumulate: true } };

test.each(Object.entries(hows))('gradients of 60 random graphs, %s (f64, 1e-5)', async (_name, how) => {
  for (let seed = 1; seed <= 60; seed++) {
    const one = sketch((g, h, t) => scribble(g, h, t, seed), PARAMS);
    expect(await gradientError(one, how), `seed ${seed}`).toBeLessThan(1e-5);
  }
});
