/** Every head size that makeConfig accepts has a variant for every step of every plan, on every kind of device. Pure: no adapter. */
import { expect, test } from 'vitest';
import { cpuFacts } from '../../src/cpu/facts.ts';
import { makeConfig } from '../../src/model/config.ts';
import { decodeLayout, weightsLayout } from '../../src/model/places.ts';
import { trainLayout } from '../../src/model/program_places.ts';
import { decodePlan, prefillPlan } from '../../src/model/plans/decode.ts';
import { trainPlan } from '../../src/model/plans/train.ts';
import type { Facts } from '../../src/plan/types.ts';
import { gpuFacts } from './facts.ts';

const devices: Readonly<Record<string, Facts>> = {
  'a GPU without subgroups or f16': gpuFacts({}),
  'a GPU with both': gpuFacts({ subgroups: true, f16: true, subgroupMin: 32, subgroupMax: 32 }),
  SwiftShader: gpuFacts({ software: true, subgroups: true, subgroupMin: 4, subgroupMax: 4 }),
  lavapipe: gpuFacts({ software: true, subgroups: true, f16: true, subgroupMin: 8, subgroupMax: 8 }),
  'the CPU engine': cpuFacts(2, true),
};

/** All that a configuration may have. */
const sizes = Array.from({ length: 256 }, (_, i) => i + 1);

test.each(Object.entries(devices))('all plans are made for head sizes 1 to 256 on %s', (_name, facts) => {
  for (const headSize of sizes) {
    const shape = { vocab: 17, context: 12, layers: 1, heads: 2, width: 2 * headSize };
    // halves of llama's heads turn against each other: its head sizes are even
    const family = headSize % 2 ? 'gpt2' : headSize % 4 ? 'llama' : headSize % 8 ? 'gpt2' : 'llama';
    const config = makeConfig({ ...shape, family, kvHeads: family === 'llama' ? 1 : 2 });
    for (const storage of ['f32', 'f16'] as const) {
      const layout = decodeLayout(weightsLayout(config, { storage }), config, { cache: storage, history: 8 });
      const context = { config, layout, facts };
      const inference = { candidates: 3, taps: ['logits', 'h.0.weights'] };
      // weights are shown from a cache in f32 alone
      const decode = decodePlan(context, storage === 'f32' ? inference : { candidates: 3 });
      expect(decode.steps.map((s) => s.op)).toContain('attention_decode');
      expect(prefillPlan(context, 8, inference).steps.map((s) => s.op)).toContain('kv_write');
    }
    const trainable = () => true;
    const rows = { batch: 2, time: 5, micro: 1, trainable };
    const layout = trainLayout(weightsLayout(config, { trainable }), config, rows);
    const plan = trainPlan({ config, layout, facts }, { B: 2, T: 5, dropout: 0.1 });
    expect(plan.steps.map((s) => s.op)).toContain('attention_dqkv');
  }
});
