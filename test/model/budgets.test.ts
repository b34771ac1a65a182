/** Counts that do not vary: dispatches per token and per training step, for a GPU with and without subgroups and for software adapters. */
import { describe, expect, test } from 'vitest';
import { findOp } from '../../src/kernels/registry.ts';
import { makeConfig, type ModelConfig, presets } from '../../src/model/config.ts';
import { decodeLayout, weightsLayout } from '../../src/model/places.ts';
import { trainLayout } from '../../src/model/program_places.ts';
import { decodePlan, prefillPlan } from '../../src/model/plans/decode.ts';
import { evalPlan, trainPlan } from '../../src/model/plans/train.ts';
import type { Plan, Region } from '../../src/plan/types.ts';
import { gpuFacts } from './facts.ts';

const MiB = 2 ** 20;

const trainable = () => true;
const forTraining = (config: ModelConfig, shape: { batch: number; time: number; micro: number }) =>
  trainLayout(weightsLayout(config, { trainable }), config, { ...shape, trainable });

const devices = {
  'a GPU without subgroups or f16': gpuFacts({}),
  'a GPU with both': gpuFacts({ subgroups: true, f16: true, subgroupMin: 32, subgroupMax: 32 }),
  SwiftShader: gpuFacts({ software: true, subgroups: true, subgroupMin: 4, subgroupMax: 4 }),
} as const;

const dispatches = (plan: Plan): number => plan.steps.reduce((n, s) => n + s.passes.length, 0);

/** Steps that WebGPU refuses: a buffer is read by one binding and written by another, or two bindings write the same bytes. */
function sharedBuffers(plan: Plan): string[] {
  return plan.steps.flatMap((step) => {
    const bound = Object.entries(step.ports).map(([port, region]) => ({
      port,
      region,
      writes: findOp(step.op).ports.find((p) => p.name === port)!.dir !== 'in',
    }));
    if (step.workspace) bound.push({ port: 'workspace', region: step.workspace, writes: true });
    const written = bound.filter((b) => b.writes);
    return bound.flatMap((one, i) =>
      written
        .filter((other) => other !== one && other.region.arena === one.region.arena)
        .filter((other) => !one.writes || (bound.indexOf(other) < i && overlap(one.region, other.region)))
        .map(
          (other) =>
            `${step.label} (${step.op}) ${one.writes ? 'writes' : 'reads'} ${one.port} and writes ${other.port} in ${one.region.arena}`,
        ),
    );
  });
}

const overlap = (a: Region, b: Region): boolean => a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;

describe.each(Object.entries(devices))('%s', (_name, device) => {
  test.each(['mini', 'llama-mini', 'gpt2-small'] as const)('decode of %s', (preset) => {
    const config = presets[preset];
    const layout = decodeLayout(weightsLayout(config, { storage: preset === 'gpt2-small' ? 'f16' : 'f32' }), config, {
      history: 64,
    });
    const plan = decodePlan({ config, layout, facts: device });
    expect(dispatches(plan)).toBeLessThanOrEqual((device.software ? 8 : 5) * config.layers + 4);
  });

  test('a training step of the mini GPT', () => {
    const config = presets.mini;
    const layout = forTraining(config, { batch: 8, time: 64, micro: 1 });
    const plan = trainPlan({ config, layout, facts: device }, { B: 8, T: 64 });
    expect(dispatches(plan)).toBeLessThanOrEqual(18 * config.layers + 14);
  });

  test('no T×T and no full logits buffer: activations of a long context stay linear in T', () => {
    const work = (T: number) => {
      const config = makeConfig({ vocab: 4096, context: T, layers: 1, heads: 4, width: 64 });
      const layout = forTraining(config, { batch: 1, time: T, micro: 1 });
      const plan = trainPlan({ config, layout, facts: device }, { B: 1, T, headBytes: 2 * MiB });
      return plan.arenas.filter((a) => a.kind === 'work').reduce((n, a) => n + a.bytes, 0);
    };
    expect(work(2048)).toBeLessThan(2.2 * work(1024));
    expect(work(2048)).toBeLessThan(2048 * 4096 * 4);
  });

  test('no binding over the granted limit', () => {
    const config = presets['gpt2-small'];
    const layout = decodeLayout(weightsLayout(config, { storage: 'f16' }), config, { history: 64 });
    const plans = [decodePlan({ config, layout, facts: device }), prefillPlan({ config, layout, facts: device }, 1024)];
    for (const plan of plans)
      for (const step of plan.steps)
        for (const region of Object.values(step.ports))
          expect(region.bytes, step.label).toBeLessThanOrEqual(device.limits.maxStorageBufferBindingSize);
  });

  describe.each(Object.keys(presets) as (keyof typeof presets)[])(
    'inputs and outputs of a dispatch never share a buffer: %s',
    (name) => {
      const config = presets[name];
      const time = 64;

      test('decode and prefill', () => {
        const layout = decodeLayout(weightsLayout(config, {}), config, { history: 64 });
        const context = { config, layout, facts: device };
        expect(sharedBuffers(decodePlan(context))).toEqual([]);
        for (const T of [2, time]) expect(sharedBuffers(prefillPlan(context, T))).toEqual([]);
      });

      test('train and eval', () => {
        const layout = forTraining(config, { batch: 2, time, micro: 1 });
        const context = { config, layout, facts: device };
        const train = trainPlan(context, { B: 2, T: time });
        expect(sharedBuffers(train)).toEqual([]);
        expect(sharedBuffers(trainPlan(context, { B: 2, T: time, recompute: true, dropout: 0.1 }))).toEqual([]);
        expect(sharedBuffers(evalPlan(context, { B: 2, T: time }))).toEqual([]);
        // few buffers do: one for each colour of the graph
        expect(train.arenas.filter((a) => a.kind === 'work').length).toBeLessThanOrEqual(6);
      });
    },
  );

  test('a plan that shares a buffer is found', () => {
    const config = presets.mini;
    const layout = decodeLayout(weightsLayout(config, {}), config, { history: 64 });
    const plan = decodePlan({ config, layout, facts: device });
    const works = plan.arenas.filter((a) => a.kind === 'work').map((a) => a.name);
    expect(works.length).toBeGreaterThan(1);
    const moved = (region: Region): Region => (works.includes(region.arena) ? { ...region, arena: works[0] } : region);
    const merged = plan.steps.map((step) => ({
      ...step,
      ports: Object.fromEntries(Object.entries(step.ports).map(([port, region]) => [port, moved(region)])),
    }));
    const faults = sharedBuffers({ ...plan, steps: merged });
    expect(faults.length).toBeGreaterThan(config.layers);
    expect(faults[0]).toMatch(/reads \w+ and writes \w+ in decode.*\/work0/);
  });
});
