/** What a GPT says about a given text, against log-softmax in f64 of its own logits. */
import { describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { attendWithin, blockOptions } from '../../src/model/block.ts';
import { makeConfig, presets } from '../../src/model/config.ts';
import { finalNorm, head, trunk } from '../../src/model/gpt.ts';
import { embed } from '../../src/model/layers.ts';
import { initialValues } from '../../src/model/initial.ts';
import { withDeviation } from '../../src/model/parameter.ts';
import { parametersLayout, weightsLayout } from '../../src/model/places.ts';
import { programLayout } from '../../src/model/program_places.ts';
import { planRun } from '../../src/model/planning.ts';
import { lensProgram, scoreProgram } from '../../src/model/plans/score.ts';
import type { Program } from '../../src/model/program.ts';
import { IGNORE } from '../../src/plan/state.ts';
import type { Engine } from '../../src/plan/types.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { gpuFacts } from './facts.ts';

const [T, V, LENGTH] = [192, 40, 150];
const gpt = makeConfig({ vocab: V, context: T, layers: 2, heads: 2, width: 16 });
const llama = makeConfig({ ...gpt, family: 'llama', kvHeads: 1, hidden: 24, tied: false });
const chunked = { T, headBytes: 64 * V * 4 };

const tokens = Uint32Array.from({ length: T }, (_, i) => (i < LENGTH ? (i * i + 3 * i) % V : 0));
const targets = tokens.map((_, i) => (i + 1 < LENGTH ? tokens[i + 1] : IGNORE));

async function run(engine: Engine, program: Program): Promise<(name: string) => Float32Array> {
  const layout = programLayout(parametersLayout(program.params), program);
  const scope = engine.open(program.name);
  scope.allocate(layout.arena('params'), ...layout.arenas());
  for (const [name, values] of initialValues(withDeviation(program.params, 0.3), 5))
    scope.write(layout.region('params', name), values);
  for (const { name, values } of program.constants ?? []) scope.write(layout.region('tables', name), values());
  const feeds: Record<string, Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>> = {
    tokens,
    targets,
    weights: new Float32Array(T).fill(1),
  };
  for (const { name } of program.inputs) scope.write(layout.region('batch', name), feeds[name]);
  const runner = await scope.load(planRun(program, { layout, facts: engine.facts }));
  runner.run();
  const names = Object.keys(runner.plan.values);
  const data = await runner.read(...names.map((name) => runner.plan.values[name]));
  return (name) =>
    runner.plan.values[name].elem === 'u32'
      ? Float32Array.from(new Uint32Array(data[names.indexOf(name)]))
      : new Float32Array(data[names.indexOf(name)]);
}

describe.each([
  ['gpt2 family', gpt],
  ['llama family', llama],
])('%s', (_name, config) => {
  const o = blockOptions(config);
  /** All logits of every layer (T V), through the same lines without chunks. */
  const logitsOf: Program = {
    ...scoreProgram(config, { T }),
    build(b) {
      const x = embed(b, 'tokens', T, 'wte.weight', 'wpe.weight');
      trunk(b, x, config.layers, o, attendWithin(o, { B: 1, T, mask: 'causal' }));
      const keep = ['embed', 'h.0.out', 'h.1.out'].map((tap) => [tap, head(b, finalNorm(b, b.taps[tap], o.norm))]);
      return { keep: Object.fromEntries(keep) };
    },
  };
  const expected = async () => {
    const logits = await run(new ReferenceEngine(), logitsOf);
    return (tap: string, t: number) => {
      const row = Array.from(logits(tap).subarray(t * V, (t + 1) * V));
      const total = Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
      return row.map((x) => x - total);
    };
  };

  test.each([false, true])('each token of a text that ends before the last position (chunked: %s)', async (small) => {
    const cpu = await openCpuEngine({ threads: 1 });
    const want = await expected();
    const losses = (await run(cpu, scoreProgram(config, small ? chunked : { T })))('losses');
    for (let t = 0; t < T; t++)
      expect(losses[t]).toBeCloseTo(t + 1 < LENGTH ? -want('h.1.out', t)[tokens[t + 1]] : 0, 4);
    cpu.close();
  });

  test('every layer: the best tokens, their probabilities and the actual one', async () => {
    const cpu = await openCpuEngine({ threads: 1 });
    const want = await expected();
    const lens = await run(cpu, lensProgram(config, { ...chunked, best: 3 }));
    for (const [layer, tap] of [
      ['embed', 'embed'],
      ['h.0', 'h.0.out'],
      ['h.1', 'h.1.out'],
    ])
      for (let t = 0; t < LENGTH - 1; t += 7) {
        const logs = want(tap, t);
        const best = [...logs.keys()].sort((a, b) => logs[b] - logs[a]).slice(0, 3);
        expect([...lens(`${layer}.ids`).subarray(3 * t, 3 * t + 3)]).toEqual(best);
        best.forEach((token, i) => expect(lens(`${layer}.probs`)[3 * t + i]).toBeCloseTo(Math.exp(logs[token]), 5));
        expect(lens(`${layer}.losses`)[t]).toBeCloseTo(-logs[tokens[t + 1]], 4);
      }
    cpu.close();
  });
});

test('GPT-2 in f16 on a GPU: no buffer of all logits, no binding over the limit', () => {
  const config = presets['gpt2-small'];
  const facts = gpuFacts({ f16: true });
  for (const program of [scoreProgram(config, { T: 512 }), lensProgram(config, { T: 512 })]) {
    const layout = programLayout(weightsLayout(config, { storage: 'f16' }), program);
    const plan = planRun(program, { layout, facts });
    for (const step of plan.steps)
      for (const region of Object.values(step.ports))
        expect(region.bytes, step.label).toBeLessThanOrEqual(facts.limits.maxStorageBufferBindingSize);
    const work = plan.arenas.filter((a) => a.kind === 'work').reduce((sum, a) => sum + a.bytes, 0);
    expect(work).toBeLessThan(512 * config.vocab * 4);
  }
});
