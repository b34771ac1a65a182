/** The GPU engine itself: counts that do not vary, errors one can act on, a lost device, memory given back. */
import { afterEach, describe, expect, test } from 'vitest';
import { ShaderError } from '../../src/gpu/types.ts';
import { DeviceLostError } from '../../src/plan/errors.ts';
import { fillOptions, type GpuVariant } from '../../src/kernels/op.ts';
import { GpuEngine, openGpuEngine } from '../../src/gpu/engine.ts';
import { findOp } from '../../src/kernels/registry.ts';
import { loadSource } from '../../src/kernels/texts.ts';
import { makeConfig, presets } from '../../src/model/config.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { Model } from '../../src/session/model.ts';
import { openBytes } from '../../src/tokens/bytes.ts';
import { initialWeights } from '../../src/train/trainer.ts';
import { planOf } from '../../src/bench/one_step.ts';

const engines: GpuEngine[] = [];
afterEach(() => engines.splice(0).forEach((e) => e.close()));
async function open(): Promise<GpuEngine> {
  const engine = await openGpuEngine();
  engines.push(engine);
  return engine;
}

const config = makeConfig({ vocab: 257, context: 64, layers: 2, heads: 4, width: 32 });
/** Ten times GPT-2's spread, so that greedy choices are far apart. */
const weights = new Map(
  [...initialWeights(config, 3)].map(([name, data]) => [name, name.includes('ln_') ? data : data.map((x) => 10 * x)]),
);

async function text(session: Model, maxTokens: number, more = {}): Promise<number[]> {
  const tokens: number[] = [];
  for await (const step of session.generate('Once', { maxTokens, stop: [], ...more })) tokens.push(step.token);
  return tokens;
}

describe('decoding', () => {
  test('greedy tokens equal the f64 oracle’s', async () => {
    const gpu = new Model({ config, weights, tokenizer: openBytes(), engine: await open() });
    const oracle = new Model({ config, weights, tokenizer: openBytes(), engine: new ReferenceEngine() });
    expect(await text(gpu, 24)).toEqual(await text(oracle, 24));
  });

  test('per token: one submit for a batch, no new buffer, bind group or pipeline, ≤ 16 bytes read', async () => {
    const engine = await open();
    const session = new Model({ config, weights, tokenizer: openBytes(), engine });
    await text(session, 20);
    const before = { ...engine.counters };
    const n = 41; // one from the prefill, 40 decoded in batches of 8
    await text(session, n);
    const used = Object.fromEntries(
      Object.entries(engine.counters).map(([k, v]) => [k, v - before[k as keyof typeof before]]),
    );
    expect(used).toMatchObject({ buffers: 0, bindGroups: 0, pipelines: 0, bytesAllocated: 0 });
    expect(used['submits']).toBe(1 + 5);
    expect(used['bytesRead'] / n).toBeLessThanOrEqual(16);
    const decode = Number(/(\d+) dispatches/.exec(await session.describe())![1]);
    expect(decode).toBeLessThanOrEqual(8 * config.layers + 4);
    console.log(
      `${decode} dispatches per token, ${used['submits']} submits and ${used['bytesRead']} bytes read for ${n} tokens`,
    );
  });

  test('a short prompt runs on the decode plan alone, whose pipelines are few; a long one compiles a prefill', async () => {
    const engine = await open();
    const session = new Model({
      config: presets.mini,
      weights: initialWeights(presets.mini, 1),
      tokenizer: openBytes(),
      engine,
    });
    const tokens = async (length: number) => {
      const prompt = Array.from({ length }, (_, i) => (i * 7 + 3) % presets.mini.vocab);
      const made: number[] = [];
      for await (const { token } of session.generate(prompt, { maxTokens: 4 })) made.push(token);
      return made;
    };
    await tokens(1);
    const before = { ...engine.counters };
    const { pipelines } = before;
    expect(pipelines).toBeLessThanOrEqual(9);
    await tokens(16);
    expect(engine.counters.pipelines).toBe(pipelines);
    expect(engine.counters.submits - before.submits).toBe(2);
    await tokens(17);
    // embedding, norm, matmul with four epilogues, cache, attention, last row: what follows is decode's
    expect(engine.counters.pipelines - pipelines).toBeLessThanOrEqual(9);
  });

  test('the same seed gives the same tokens, another seed others; f16 storage runs with and without shader-f16', async () => {
    const session = new Model({ config, weights, tokenizer: openBytes(), engine: await open() });
    const draw = (seed: number) => text(session, 20, { temperature: 1, topK: 50, topP: 0.9, seed });
    expect(await draw(5)).toEqual(await draw(5));
    expect(await draw(6)).not.toEqual(await draw(5));
    const half = new Model({ config, weights, tokenizer: openBytes(), engine: await open(), storage: 'f16' });
    expect((await text(half, 4)).length).toBe(4);
  });
});

const gelu = findOp('gelu');
const plan = (engine: GpuEngine, variant: GpuVariant = gelu.variants[0], dims = { N: 100 }) =>
  planOf({ op: gelu, dims, facts: engine.facts, variant });

/** A load in which `wgsl` takes the place of gelu's first variant. */
const edited = (wgsl: string) => ({ variants: [{ op: 'gelu', name: gelu.variants[0].name, wgsl }] });

describe('errors', () => {
  test('a shader that does not compile: op, variant, dims; the messages as data, in the lines of the text', async () => {
    const engine = await open();
    const text = await loadSource(gelu, gelu.variants[0]);
    const loading = engine.open('test').load(plan(engine), edited(text.replace('fn main(', 'fn main(oops ')));
    await expect(loading).rejects.toThrow(/gelu\/naive N=100 \(\w+\): the shader was refused: \d+:\d+ /);
    const error = (await loading.catch((e: unknown) => e)) as ShaderError;
    expect(error).toBeInstanceOf(ShaderError);
    const line = text.split('\n').findIndex((l) => l.includes('fn main(')) + 1;
    expect(error.messages[0]).toMatchObject({ severity: 'error', line });
    expect(error.messages[0].column).toBeGreaterThan(0);
  });

  test('an edited kernel serves its own load alone', async () => {
    const engine = await open();
    const scope = engine.open('test');
    const same = await scope.load(plan(engine));
    const text = (await loadSource(gelu, gelu.variants[0])).replaceAll('out[i] = ', 'out[i] = 1.0 + ');
    const changed = await scope.load(plan(engine), edited(text));
    const results = [];
    for (const runner of [same, changed]) {
      runner.write(runner.plan.values['inp'], new Float32Array(100).fill(1));
      runner.run();
      results.push(new Float32Array((await runner.read(runner.plan.values['out']))[0])[99]);
    }
    expect(results[1] - results[0]).toBeCloseTo(1, 6);
  });

  test('an unknown variant names those there are', async () => {
    const engine = await open();
    const good = plan(engine);
    await expect(
      engine.open('test').load({ ...good, steps: [{ ...good.steps[0], variant: 'magic' }] }),
    ).rejects.toThrow(/no variant "magic"; it has naive/);
  });

  test('a grid too large to fold', async () => {
    const engine = await open();
    const good = plan(engine);
    const step = { ...good.steps[0], passes: [{ entry: 'main', grid: [70_000, 2, 1] as const }] };
    await expect(engine.open('test').load({ ...good, steps: [step] })).rejects.toThrow(
      /grid 70000×2×1 is over \d+ workgroups per dimension/,
    );
  });

  test('input and output in one arena', async () => {
    const engine = await open();
    const good = plan(engine);
    const ports = { inp: good.values['inp'], out: { ...good.values['out'], arena: 'inp', offset: 0 } };
    await expect(engine.open('test').load({ ...good, steps: [{ ...good.steps[0], ports }] })).rejects.toThrow(
      /inp \(read\) and out \(written\) lie in one arena/,
    );
  });

  test('a write beyond a region, a region of nowhere', async () => {
    const engine = await open();
    const runner = await engine.open('test').load(plan(engine));
    const { inp } = runner.plan.values;
    expect(() => runner.write(inp, new Float32Array(101))).toThrow(
      /write of 404 bytes at 0 into a region of 400 bytes/,
    );
    await expect(runner.read({ ...inp, arena: 'nowhere' })).rejects.toThrow(
      'there is no arena "nowhere" in scope "test"',
    );
  });

  test('failed loads leave no memory behind', async () => {
    const engine = await open();
    const good = plan(engine);
    const before = engine.counters.bytesAllocated;
    await expect(
      engine.open('test').load({ ...good, steps: [{ ...good.steps[0], variant: 'magic' }] }),
    ).rejects.toThrow('no variant "magic"');
    expect(engine.counters.bytesAllocated).toBe(before);
    (await engine.open('test').load(good)).close();
    expect(engine.counters.bytesAllocated).toBe(before);
  });

  test('options are checked by name', () => {
    expect(() => fillOptions(gelu, { SPEED: 1 })).toThrow('op gelu has no option SPEED; it has ERF');
  });
});

test('a lost device: `lost` resolves, reads say so', async () => {
  const engine = await open();
  const runner = await engine.open('test').load(plan(engine));
  engine.device.destroy();
  expect(await engine.lost).toBeTruthy();
  await expect(runner.read(runner.plan.values['out'])).rejects.toThrow(DeviceLostError);
});

test('grids over 65 535 workgroups are folded and still right', async () => {
  const engine = await open();
  const naive = gelu.variants[0];
  const N = 65_535 * 64 + 777;
  const runner = await engine.open('test').load(planOf({ op: gelu, dims: { N }, facts: engine.facts, variant: naive }));
  runner.write(runner.plan.values['inp'], new Float32Array(N).fill(1));
  runner.run();
  const [bytes] = await runner.read(runner.plan.values['out']);
  const out = new Float32Array(bytes);
  for (const i of [0, 64 * 65_535 - 1, 64 * 65_535, N - 1]) expect(out[i]).toBeCloseTo(0.841192, 5);
});
