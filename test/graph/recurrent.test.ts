/** LSTMs as a graph, unrolled over time: gradients through states and gates against central differences, and on the CPU engine. */
import { afterAll, describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import type { Tensor } from '../../src/graph/graph.ts';
import { addLosses } from '../../src/model/heads.ts';
import { matrix } from '../../src/model/parameter.ts';
import { type Build, input, param, targetInputs } from '../../src/model/program.ts';
import { type Checked, compileChecked, engineError, gradientError } from './differences.ts';

const [B, T, C, H, V] = [8, 5, 6, 8, 5];

interface Unrolled {
  readonly outs: readonly Tensor[];
  readonly cells: readonly Tensor[];
}

/** Time-major: row t·B + b of the input `x`. */
function lstm(b: Build, steps: number): Unrolled {
  const { g } = b;
  const fromInput = g.linear(input(b, 'x'), param(b, 'wx'), undefined, { name: 'from.input' });
  const outs: Tensor[] = [];
  const cells: Tensor[] = [];
  for (let step = 0; step < steps; step++) {
    const own = g.rows(fromInput, step * B, B);
    const before = outs.at(-1);
    const gates = before ? g.add(own, g.linear(before, param(b, 'wh'), undefined, { name: 'from.before' })) : own;
    const { c, out } = g.lstmCell(gates, cells.at(-1));
    outs.push(out);
    cells.push(c);
  }
  return { outs, cells };
}

/** The losses of what `read` picks, each classified against one table. */
function sketch(read: (made: Unrolled) => readonly Tensor[], steps = T): Checked {
  const shapes = { wx: [4 * H, C], head: [V, H], ...(steps > 1 && { wh: [4 * H, H] }) };
  return {
    program: {
      name: 'lstm',
      params: Object.entries(shapes).map(([name, shape]) => matrix(name, shape)),
      trainable: () => true,
      inputs: [{ name: 'x', shape: [T * B, C], elem: 'f32' }, ...targetInputs(B)],
      build(b) {
        const losses = read(lstm(b, steps)).map((y) => {
          const each = b.g.tensor('losses', [B]);
          const logits = b.g.linear(y, param(b, 'head'));
          b.g.crossEntropy(logits, input(b, 'targets'), input(b, 'weights'), each, b.training);
          return b.g.sum(each);
        });
        return { loss: addLosses(b, losses), keep: {} };
      },
    },
    values: {
      targets: Uint32Array.from({ length: B }, (_, i) => (3 * i + 1) % V),
      weights: new Float32Array(B).fill(1 / B),
    },
  };
}

const cases: Record<string, Checked> = {
  'the last output': sketch(({ outs }) => [outs.at(-1)!]),
  'every output': sketch(({ outs }) => outs),
  'the last state alone': sketch(({ cells }) => [cells.at(-1)!]),
  'a state in the middle and the last output': sketch(({ outs, cells }) => [cells[2], outs.at(-1)!]),
  'one step': sketch(({ outs }) => outs, 1),
};

const engine = await openCpuEngine({ threads: 1 });
afterAll(() => engine.close());

describe.each(Object.entries(cases))('an LSTM read at %s', (_name, made) => {
  test('has the gradients of central differences', async () => {
    expect(await gradientError(made)).toBeLessThan(1e-6);
  });
  test('has them on the CPU engine', async () => {
    expect(await engineError(made, engine)).toBeLessThan(2e-5);
  });
});

test('a step takes one matmul, which adds the part that comes from the input, and one cell', () => {
  const { train } = compileChecked(cases['the last output']);
  const forward = train.steps.filter((s) => !s.label.startsWith('backward'));
  expect(forward.filter((s) => s.op === 'lstm_cell')).toHaveLength(T);
  expect(forward.filter((s) => s.options.RESIDUAL)).toHaveLength(T - 1);
  expect(train.steps.filter((s) => s.op === 'lstm_cell_bwd')).toHaveLength(T);
});
