/** Gradients through views against central differences, on two engines, and what is refused. */
import { afterAll, describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { differentiate } from '../../src/graph/autodiff.ts';
import { Graph } from '../../src/graph/graph.ts';
import { checkLoss } from '../../src/graph/loss.ts';
import { rules } from '../../src/graph/rules.ts';
import type { TrainingOptions } from '../../src/model/planning.ts';
import { engineError, gradientError } from './differences.ts';
import { cases } from './views.ts';

const hows: Record<string, TrainingOptions> = {
  plain: {},
  accumulated: { accumulate: true },
  'computed again': { recompute: true },
};

describe.each(Object.entries(hows))('%s', (_how, how) => {
  test.each(Object.entries(cases))('%s: central differences, f64, 1e-5', async (_name, one) => {
    expect(await gradientError(one, how)).toBeLessThan(1e-5);
  });
});

const engine = await openCpuEngine({ threads: 1 });
afterAll(() => engine.close());

describe('the CPU engine and the reference agree', () => {
  test.each(Object.entries(cases))('%s: 1e-5', async (_name, one) => {
    expect(await engineError(one, engine)).toBeLessThan(1e-5);
  });
});

describe('refused, with what to do', () => {
  const [T, W] = [16, 3];
  const start = () => {
    const g = new Graph();
    const x = g.linear(
      g.tensor('x', [T, W], { arena: 'batch' }),
      g.tensor('w', [W, W], { arena: 'params', trained: true }),
    );
    return { g, x };
  };

  test('a view that begins between multiples of 256 bytes', () => {
    const { g, x } = start();
    expect(() => g.rows(x, 2, 4)).toThrow(
      'linear[2:6] begins 24 bytes into linear (16×3); a binding begins at a multiple of 256: choose another first row, or write the part into a tensor of its own',
    );
    expect(() => g.rows(x, 8, 16)).toThrow('linear has 16 rows; rows 8 to 24 were asked for');
    expect(() => g.reshape(x, [7, 7])).toThrow('linear is 16×3: as many numbers as 7×7 were asked for');
  });

  test('one tensor read and written by one node', () => {
    const g = new Graph();
    const x = g.tensor('x', [128, 2]);
    expect(() =>
      g.node('gelu', { dims: { N: 128 }, ports: { inp: g.rows(x, 0, 64), out: g.rows(x, 64, 64) }, label: 'half' }),
    ).toThrow(
      'half: op gelu reads and writes x (inp = x[0:64], out = x[64:128]); a buffer is bound for reading or for writing, so the result needs a tensor of its own',
    );
  });

  test('logits read after their gradient lies over them', () => {
    const { g, x } = start();
    const [targets, weights] = [
      g.tensor('targets', [T], { arena: 'batch', elem: 'u32' }),
      g.tensor('weights', [T], { arena: 'batch' }),
    ];
    g.crossEntropy(x, targets, weights, g.tensor('losses', [T]), true);
    g.gelu(x);
    expect(() => differentiate(g, { rules })).toThrow(
      'gelu: linear holds its gradient by now, cross_entropy wrote it over the logits: read a copy made before',
    );
  });

  test('a loss that is not what the gradient descends', () => {
    const { g, x } = start();
    const [targets, weights] = [
      g.tensor('targets', [T], { arena: 'batch', elem: 'u32' }),
      g.tensor('weights', [T], { arena: 'batch' }),
    ];
    const losses = g.tensor('losses', [T]);
    g.crossEntropy(x, targets, weights, losses, true);
    const other = g.tensor('other', [T]);
    const loss = g.sum(losses, 'loss');
    expect(() => checkLoss(g, loss)).not.toThrow();
    expect(() => checkLoss(g, g.add(loss, loss, 'twice'))).toThrow(
      'cross_entropy: its losses count 2 times in twice, and once in the gradient; add them once',
    );
    expect(() => checkLoss(g, g.gelu(loss))).toThrow(
      'gelu is made by gelu (op gelu); a loss is a sum of losses: scale their weights instead',
    );
    const y = g.linear(g.tensor('z', [T, W], { arena: 'batch' }), g.tensor('v', [W, W], { arena: 'params' }));
    g.scope('probe', () => g.crossEntropy(y, targets, weights, other, true));
    expect(() => checkLoss(g, loss)).toThrow(
      'probe.cross_entropy: its losses count 0 times in loss, and once in the gradient; add them, or make that cross_entropy without gradient',
    );
    expect(() => checkLoss(g, g.add(loss, g.sum(other)))).not.toThrow();
  });

  test('numbers changed in place that a gradient needs', () => {
    const g = new Graph();
    const x = g.linear(
      g.tensor('x', [8, 2], { arena: 'batch' }),
      g.tensor('w', [12, 2], { arena: 'params', trained: true }),
    );
    g.gelu(x);
    g.rope(x, g.tensor('rope', [8, 4], { arena: 'tables' }), { B: 1, T: 8, NH: 1, NKV: 1, HS: 4 }, true);
    expect(() => differentiate(g, { rules })).toThrow(
      'rope: op rope changes linear, which gelu has read and needs again for its gradient: one of the two needs a copy',
    );
  });
});
