/** Every kind of program: its gradients, the same on two engines, and what else must hold of some. */
import { afterAll, describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { attentionWeights, crossWeights, type Sequences } from '../../src/model/block.ts';
import { head } from '../../src/model/gpt.ts';
import { crossEntropy } from '../../src/model/heads.ts';
import { parametersLayout } from '../../src/model/places.ts';
import { programLayout } from '../../src/model/program_places.ts';
import { planRun } from '../../src/model/planning.ts';
import { preferenceLoss, preferenceWeight } from '../../src/model/preferences.ts';
import { input, type Program } from '../../src/model/program.ts';
import { ReferenceEngine, referenceFacts } from '../../src/reference/engine.ts';
import { compileChecked, engineError, fill, gradientError } from '../graph/differences.ts';
import { B, encoderDecoder, languageModel, o, programs, read, S, T, task } from './kinds.ts';

const engine = await openCpuEngine({ threads: 1 });
afterAll(() => engine.close());

describe.each(Object.entries(programs))('%s', (_name, one) => {
  test('gradients equal central differences (f64, 1e-5)', async () =>
    expect(await gradientError(one)).toBeLessThan(1e-5));
  test('the same, activations computed again', async () =>
    expect(await gradientError(one, { recompute: true })).toBeLessThan(1e-5));
  test('the CPU engine and the reference agree (1e-5)', async () =>
    expect(await engineError(one, engine)).toBeLessThan(1e-5));
});

test("attention weights, a sequence's own and those on another, can be kept: rows of one, nothing behind the mask", async () => {
  const { program, values = {} } = encoderDecoder();
  const sequence: Sequences = { B, T, mask: 'causal' };
  const looking: Program = {
    ...program,
    build(b) {
      program.build(b);
      const memory = { rows: b.taps['encoder.h.0.out'], B, T, S, spans: input(b, 'spans') };
      const own = attentionWeights(b, 'decoder.h.0', o, sequence);
      return { keep: { own, other: crossWeights(b, 'decoder.h.0', o, memory) } };
    },
  };
  const layout = programLayout(parametersLayout(looking.params), looking);
  const plan = planRun(looking, { layout, facts: referenceFacts });
  const scope = new ReferenceEngine().open('test');
  fill(scope, layout, { program: looking, values });
  const runner = await scope.load(plan);
  runner.run();
  const [own, other] = [runner.numbers(plan.values['own']), runner.numbers(plan.values['other'])];
  for (let row = 0; row < B * 2 * T; row++) {
    const [mine, its] = [own.slice(row * T, (row + 1) * T), other.slice(row * S, (row + 1) * S)];
    for (const weights of [mine, its]) expect(Array.from(weights).reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 12);
    expect(mine[T - 1] > 0).toBe(row % T === T - 1);
    const valid = values['spans'][2 * Math.floor(row / (2 * T)) + 1];
    its.forEach((x, s) => expect(x > 0).toBe(s < valid));
  }
});

test('DPO: a cross-entropy with the weights of the pairs has the gradient of −log σ(β·margin)', async () => {
  const beta = 0.3;
  const sum = (x: ArrayLike<number>) => Array.from(x).reduce((a, v) => a + v, 0);
  // texts 2p and 2p + 1 are the chosen and the other answer of pair p
  const { program: plain, values = {} } = task({ build: (b) => languageModel(b, read(b, 'causal')) });
  const program: Program = {
    ...plain,
    build(b) {
      const { losses, loss } = crossEntropy(b, head(b, read(b, 'causal')));
      return { loss, keep: { losses } };
    },
  };
  const reference = [-18, -19, -25, -20];
  const { layout, train, run } = compileChecked({ program, values });
  const scope = new ReferenceEngine().open('test');
  fill(scope, layout, { program, values: { ...values, weights: new Float32Array(B * T).fill(1) } });
  const [trainer, evaluator] = [await scope.load(train), await scope.load(run)];
  const margins = () => {
    evaluator.run();
    const nll = evaluator.numbers(run.values['losses']);
    const logs = reference.map((ref, i) => -sum(nll.slice(i * T, (i + 1) * T)) - ref);
    return [logs[0] - logs[1], logs[2] - logs[3]];
  };
  const loss = () => sum(margins().map((m) => preferenceLoss(beta, m))) / 2;
  const pairWeights = margins().map((m) => preferenceWeight(beta, m) / 2);
  const matrixOf = scope.numbers(layout.region('params', 'h.0.attn.qkv.weight'));
  const differences = [3, 40, 77].map((i) => {
    const before = matrixOf[i];
    const at = (x: number) => ((matrixOf[i] = x), loss());
    const slope = (at(before + 1e-5) - at(before - 1e-5)) / 2e-5;
    matrixOf[i] = before;
    return slope;
  });
  const signed = scope.numbers(layout.region('batch', 'weights'));
  signed.forEach((_, i) => {
    const text = Math.floor(i / T);
    signed[i] = pairWeights[text >> 1] * (text % 2 ? -1 : 1);
  });
  trainer.run();
  const gradient = scope.numbers(layout.region('grads', 'h.0.attn.qkv.weight'));
  [3, 40, 77].forEach((i, k) =>
    expect(Math.abs(gradient[i] - differences[k])).toBeLessThan(1e-5 * Math.abs(differences[k])),
  );
});
