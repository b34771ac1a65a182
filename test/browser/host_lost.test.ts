/**
 * The device goes away, in a real browser: while a model loads, in the prompt, between tokens, in training. The text goes on with the
 * same tokens, the training with the same numbers. Three times; a hundred with NEXTOKEN_WIDE=1.
 */
import { afterEach, expect, test } from 'vitest';
import { Channel } from '../../src/host/channel.ts';
import { HostClient, type HostLane, type LaneOptions } from '../../src/host/client.ts';
import { Host } from '../../src/host/host.ts';
import type { HostRequests, RunOptions, TrainingRecord } from '../../src/host/protocol.ts';
import { recipeFor } from '../../src/host/recipes.ts';
import { uniform } from '../../src/sample/hash.ts';
import { sentences } from '../train/toy.ts';

const WIDE = Boolean(import.meta.env['NEXTOKEN_WIDE']);
const TIMES = WIDE ? 100 : 3;
/** Software adapters compile a training for seconds each time. */
const TRAINING_TIMES = WIDE ? 10 : 1;

/** The browser's own WebGPU, which keeps what it hands out. */
function keptGpu() {
  const devices: GPUDevice[] = [];
  let onDevice = (_device: GPUDevice) => {};
  const gpu = {
    async requestAdapter(options?: GPURequestAdapterOptions) {
      const adapter = await navigator.gpu.requestAdapter(options);
      const request = adapter!.requestDevice.bind(adapter);
      adapter!.requestDevice = async (descriptor) => {
        const device = await request(descriptor);
        devices.push(device);
        onDevice(device);
        return device;
      };
      return adapter;
    },
  } as GPU;
  return {
    gpu,
    devices,
    /** The device that is in use goes away. */
    lose: () => devices.at(-1)!.destroy(),
    /** Devices go away as soon as they are handed out, the next `n` times. */
    loseNext(n: number, after = 0) {
      onDevice = (device) => {
        if (n-- > 0) setTimeout(() => device.destroy(), after);
      };
    },
  };
}

const clients: HostClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function connect(host: Host): HostClient {
  const { port1, port2 } = new MessageChannel();
  host.serve(port2);
  const client = new HostClient({ thread: 'page', why: 'a test' }, new Channel<HostRequests>(port1));
  clients.push(client);
  return client;
}

const models = new URL('/models/', location.href);
const settings: RunOptions = { maxTokens: 24, temperature: 0.9, seed: 7, candidates: 3 };

async function tokensOf(lane: HostLane, text: string, onToken: (made: number) => void = () => {}, more = settings) {
  const tokens: number[] = [];
  for await (const record of lane.generate({ text }, more))
    if (record.kind === 'token') onToken(tokens.push(record.token.token));
  return tokens;
}

/** A lane on a device that can be lost, and what it says undisturbed. */
async function opened(options: LaneOptions = {}) {
  const kept = keptGpu();
  const client = connect(new Host({ gpu: { gpu: kept.gpu } }));
  const events: string[] = [];
  const lane = await client.open('char-mini', {
    engine: 'gpu',
    models,
    onEngine: ({ kind }) => events.push(kind),
    ...options,
  });
  return { ...kept, client, lane, events };
}

test(`between tokens, ${TIMES} times: the same tokens, and it is told`, async () => {
  const { lane, lose, devices, events } = await opened();
  const alone = await tokensOf(lane, 'And the');
  for (let i = 0; i < TIMES; i++) {
    const at = 1 + Math.floor(uniform(3, i, 0, 0) * 22);
    expect(await tokensOf(lane, 'And the', (made) => made === at && lose())).toEqual(alone);
  }
  expect(devices).toHaveLength(1 + TIMES);
  expect(events).toEqual(Array.from({ length: 2 * TIMES }, (_, i) => (i % 2 ? 'recovered' : 'lost')));
  expect(lane.engine.kind).toBe('gpu');
}, 3_600_000);

test('several lanes on one device: it is opened and its weights placed once for all', async () => {
  const { client, lane, lose, devices } = await opened();
  const other = await client.open('char-mini', { engine: 'gpu', models });
  const alone = [await tokensOf(lane, 'And the'), await tokensOf(other, 'The king')];
  const before = other.engine.bytesAllocated;
  const both = await Promise.all([
    tokensOf(lane, 'And the', (made) => made === 5 && lose()),
    tokensOf(other, 'The king'),
  ]);
  expect(both).toEqual(alone);
  expect(devices).toHaveLength(2);
  expect(lane.engine.bytesAllocated).toBeLessThanOrEqual(before);
}, 600_000);

test('in the prompt, between runs and with a head switched off', async () => {
  const { lane, lose } = await opened();
  await lane.gate(0, 1, 0);
  const prompt = 'And the king said unto him, Go up, and see what it is. '.repeat(2);
  const alone = await tokensOf(lane, prompt);
  const scored = await lane.score({ text: prompt });
  lose();
  expect(await lane.score({ text: prompt })).toEqual(scored);
  lose(); // between runs: the next one finds out
  expect(await tokensOf(lane, prompt)).toEqual(alone);
  const going = tokensOf(lane, prompt);
  setTimeout(lose, 5);
  expect(await going).toEqual(alone);
}, 600_000);

test('while a model opens: once more with the files at hand', async () => {
  const kept = keptGpu();
  const client = connect(new Host({ gpu: { gpu: kept.gpu } }));
  for (const after of [0, 1, 30, 200]) {
    kept.loseNext(1, after);
    const lane = await client.open('char-mini', { engine: 'gpu', models });
    expect(await tokensOf(lane, 'And the')).toHaveLength(24);
    lane.close();
  }
}, 600_000);

test('a device that is lost again and again before anything is done: the CPU takes over and says why', async () => {
  const kept = keptGpu();
  const client = connect(new Host({ gpu: { gpu: kept.gpu } }));
  kept.loseNext(Infinity, 100);
  const lane = await client.open('char-mini', { engine: 'gpu', models });
  expect(await tokensOf(lane, 'And the')).toHaveLength(24);
  expect(lane.engine).toMatchObject({ kind: 'cpu', why: expect.stringMatching(/the GPU was lost \d+ times/) });
}, 600_000);

test('in training: on from the last checkpoint with the same numbers', async () => {
  const { train, ...recipe } = recipeFor('tiny', 40);
  const every = { evaluateEvery: 10, sampleEvery: 20, saveEvery: 10 };
  const model = { context: 16, layers: 1, width: 32, heads: 2 };
  const ask = { text: sentences(120, 1).join('\n'), recipe: { ...recipe, model, train: { ...train, ...every } } };
  const losses = async (loseAt: readonly number[]) => {
    const { gpu, lose } = keptGpu();
    const client = connect(new Host({ gpu: { gpu } }));
    const training = await client.train({ ...ask, engine: 'gpu' });
    const curve: number[] = [];
    const kinds: TrainingRecord['kind'][] = [];
    const left = [...loseAt];
    for await (const record of training.records) {
      if (record.kind === 'recovered') curve.length = record.step; // those after it come again
      if (record.kind !== 'step') kinds.push(record.kind);
      else if (curve.push(record.record.loss) === left[0]) {
        left.shift();
        lose();
      }
    }
    training.close();
    return { curve, kinds };
  };
  const alone = await losses([]);
  expect(alone.curve).toHaveLength(40);
  const times = Array.from({ length: TRAINING_TIMES }, (_, i) => 3 + Math.floor((i * 35) / TRAINING_TIMES));
  const disturbed = await losses(times);
  expect(disturbed.curve).toEqual(alone.curve);
  expect(disturbed.kinds.filter((kind) => kind === 'recovered')).toHaveLength(TRAINING_TIMES);
  expect(disturbed.kinds.at(-1)).toBe('end');
}, 3_600_000);
