/** What pictures ask of a lane, on the CPU engine over real ports: each answer against the model's own numbers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { Channel } from '../../src/host/channel.ts';
import { HostClient, type HostLane } from '../../src/host/client.ts';
import { Host } from '../../src/host/host.ts';
import { project } from '../../src/host/principal.ts';
import type { HostRequests } from '../../src/host/protocol.ts';
import { embeddingOf } from '../../src/host/spaces.ts';
import { makeConfig } from '../../src/model/config.ts';
import { ClosedError } from '../../src/plan/errors.ts';
import { SettingsError } from '../../src/plan/settings.ts';
import type { LoadedModel } from '../../src/session/load.ts';
import { Model } from '../../src/session/model.ts';
import { loadSource } from '../../src/session/open_model.ts';
import { openBytes } from '../../src/tokens/bytes.ts';
import { livelyWeights } from '../isolation.ts';

let client: HostClient;
let lane: HostLane;
let loaded: LoadedModel;
let model: Model;
const ports: MessagePort[] = [];

beforeAll(async () => {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  new Host({ cpu: { threads: 1 } }).serve(port2);
  client = new HostClient({ thread: 'page', why: 'a test' }, new Channel<HostRequests>(port1));
  lane = await client.open('models/austen', { engine: 'cpu' });
  loaded = await loadSource('models/austen', {});
  model = new Model({ ...loaded, engine: await openCpuEngine({ threads: 1 }) });
});
afterAll(async () => {
  const { engine } = model;
  await model.close();
  engine.close();
  client.close();
  for (const port of ports) port.close();
});

const text = 'It is a truth universally';

test('a run brings rows of attention and lens columns that the readings of its whole text have', async () => {
  const tokens: number[] = [];
  const seen = [];
  for await (const record of lane.generate(
    { text },
    { maxTokens: 4, attention: true, lens: 2, draw: true, candidates: 3 },
  ))
    if (record.kind === 'token') {
      tokens.push(record.token.token);
      seen.push(record.token);
    }
  const prompt = { text, more: tokens };
  const [{ rows }, lens] = await Promise.all([lane.attention(prompt), lane.lens(prompt, 2)]);
  for (const { position, attention, lens: column, label, probability, rank, candidates, token } of seen) {
    expect(label).toBe(model.tokenizer.label(token));
    expect(attention).toHaveLength(rows[position - 1].length);
    attention!.forEach((byte, i) => expect(Math.abs(byte - rows[position - 1][i])).toBeLessThanOrEqual(1));
    column!.actual.forEach((p, layer) => expect(Math.abs(p - lens.actual[layer][position - 1])).toBeLessThan(1e-5));
    expect(Math.abs(probability! - column!.actual.at(-1)!)).toBeLessThan(1e-5);
    if (rank! < 3) expect(candidates[rank!].token).toBe(token);
  }
});

test('taps are the last token’s', async () => {
  const names = ['embed', 'h.4.out', 'logits', 'h.2.weights'];
  const taps = await lane.taps({ text: 'It is a', more: [7] }, names);
  expect(taps).toEqual(await model.taps([...model.encode('It is a'), 7], names));
  await expect(lane.taps({ text }, ['h.0.nothing'])).rejects.toThrow(/no tap "h.0.nothing"/);
});

test('the plan, its kernels, the device', async () => {
  const rows = await lane.plan();
  const table = (await lane.describe()).split('\n');
  expect(rows.every((row) => table.some((line) => line.includes(`${row.label} `)))).toBe(true);
  const at = rows.findIndex((row) => row.op === 'matvec');
  expect(await lane.kernel(at)).toMatchObject({ op: 'matvec', language: 'wasm' });
  await expect(lane.kernel(rows.length)).rejects.toBeInstanceOf(SettingsError);
  const device = await lane.device();
  expect(device.losses).toBe(0);
  expect(device.features).toEqual([]);
  expect(device.variants.reduce((sum, { steps }) => sum + steps, 0)).toBe(rows.length);
  const bytes = (name: string) => device.arenas.find((arena) => arena.name === name)!.bytes;
  expect(bytes('params')).toBeGreaterThanOrEqual(4 * lane.model.parameters);
  expect(bytes('cache')).toBe(2 * 4 * lane.model.layers * lane.model.context * lane.model.width);
  expect(device.arenas.map(({ name }) => name)).toContain('work of decode');
  const sum = device.arenas.reduce((total, arena) => total + arena.bytes, 0);
  expect(sum).toBeLessThanOrEqual(device.allocated);
  expect(device.limit).toBe(lane.engine.facts.limits.maxBufferSize);
});

describe('a trace', () => {
  test('times every kernel of a token, and the whole', async () => {
    const trace = await lane.trace({ text });
    const rows = await lane.plan();
    expect(trace.rows.map((row) => row.label)).toEqual(rows.map((row) => row.label));
    expect(trace).toMatchObject({ what: 'token', clock: 'wall' });
    expect(trace.quantum).toBeGreaterThan(0);
    for (const { time, ofRoof, label } of [...trace.rows, { time: trace.total, ofRoof: 0.5, label: 'all' }]) {
      expect(time.low).toBeLessThanOrEqual(time.median);
      expect(time.high).toBeGreaterThanOrEqual(time.median);
      expect(time.median, label).toBeGreaterThan(0);
      expect(ofRoof, label).toBeGreaterThanOrEqual(0);
    }
    const sum = trace.rows.reduce((total, row) => total + row.time.median, 0);
    // on a busy machine the few samples differ much: the right unit, no more
    expect(sum / trace.total.median).toBeGreaterThan(0.02);
    expect(sum / trace.total.median).toBeLessThan(50);
  });

  test('ends when it is given up, and leaves nothing behind', async () => {
    const before = (await lane.device()).allocated;
    const controller = new AbortController();
    const reason = new Error('enough');
    const trace = lane.trace({ text }, controller.signal);
    setTimeout(() => controller.abort(reason), 30);
    await expect(trace).rejects.toBe(reason);
    // the lane is free again, soon
    const began = performance.now();
    await lane.score({ text });
    expect(performance.now() - began).toBeLessThan(1500);
    await expect.poll(async () => (await lane.device()).arenas.find(({ name }) => name === 'params')).toBeDefined();
    const readings = (await lane.device()).arenas.find(({ name }) => name === 'readings')!.bytes;
    expect((await lane.device()).allocated).toBeLessThanOrEqual(before + readings);
  });
});

describe('spaces', () => {
  const table = () => loaded.weights.get('wte.weight')!;

  test('token vectors: those asked for, then the lowest ids', async () => {
    const { ids, names, vectors, dim, projection } = await lane.embedding({
      of: 'tokens',
      ids: [2047, 5, 900],
      most: 37,
    });
    expect(dim).toBe(160);
    expect(ids!.slice(0, 6)).toEqual([2047, 5, 900, 0, 1, 2]);
    expect(new Set(ids).size).toBe(37);
    ids!.forEach((id, i) => {
      expect(names[i]).toBe(loaded.tokenizer.label(id));
      expect(vectors.subarray(i * dim, (i + 1) * dim)).toEqual(table().subarray(id * dim, (id + 1) * dim));
    });
    expect(projection).toEqual(await project(vectors, dim));
    expect(await lane.project(vectors, dim)).toEqual(projection);
    expect((await lane.embedding({ of: 'tokens' })).ids).toHaveLength(500);
    expect((await lane.embedding({ of: 'tokens', most: 5000 })).ids).toHaveLength(2048);
  });

  test('positions, of a model that has them', async () => {
    await expect(lane.embedding({ of: 'positions' })).rejects.toThrow(/has no vectors of positions/);
    const config = makeConfig({ vocab: 257, context: 9, layers: 1, heads: 2, width: 8 });
    const weights = livelyWeights(config, 3);
    const gpt = { config, weights, tokenizer: openBytes() };
    const { names, vectors } = await embeddingOf(gpt, { of: 'positions', ids: [8] }, async () => undefined);
    expect(names).toEqual(['8', '0', '1', '2', '3', '4', '5', '6', '7']);
    expect([...vectors.subarray(0, 8)]).toEqual([...weights.get('wpe.weight')!.subarray(64)]);
  });

  test('what is not there', async () => {
    for (const ask of [{ ids: [2048] }, { ids: [-1] }, { ids: [1.5] }, { most: 0 }, { most: 5001 }])
      await expect(lane.embedding({ of: 'tokens', ...ask })).rejects.toBeInstanceOf(SettingsError);
    await expect(lane.embedding({ of: 'colours' as 'tokens' })).rejects.toBeInstanceOf(SettingsError);
    await expect(lane.project(new Float32Array(5), 2)).rejects.toBeInstanceOf(RangeError);
    await expect(lane.neighbours(2048)).rejects.toBeInstanceOf(SettingsError);
    await expect(lane.neighbours(3, 0)).rejects.toBeInstanceOf(SettingsError);
    await expect(lane.neighbours(3, 5, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
  });

  test('neighbours: the largest cosines of all', async () => {
    const dim = 160;
    const row = (id: number) => table().subarray(id * dim, (id + 1) * dim);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
    for (const token of [0, 777, 2047]) {
      const all = Array.from({ length: 2048 }, (_, id) => ({
        id,
        cosine: dot(row(token), row(id)) / Math.sqrt(dot(row(token), row(token)) * dot(row(id), row(id))),
      }));
      const want = all.filter(({ id }) => id !== token).sort((a, b) => b.cosine - a.cosine);
      const got = await lane.neighbours(token, 12);
      expect(got.map((n) => n.token)).toEqual(want.slice(0, 12).map((n) => n.id));
      got.forEach((n, i) => {
        expect(Math.abs(n.cosine - want[i].cosine)).toBeLessThan(1e-6);
        expect(n.text).toBe(loaded.tokenizer.label(n.token));
      });
    }
    expect(await lane.neighbours(3)).toHaveLength(10);
  });
});

describe('a word through the layers', () => {
  const texts = ['She sat on the bank of the river', 'He had money in the bank, and embankments'] as const;

  test('the stream where the word ends, in both texts', async () => {
    const { layers, tokens, paths, dim, distances, word } = await lane.words(texts, 'bank');
    expect(layers).toEqual(['embed', 'h.0', 'h.1', 'h.2', 'h.3', 'h.4']);
    expect([word, dim]).toEqual(['bank', 160]);
    for (const [i, text] of texts.entries()) {
      const spelled = model.tokens(text);
      const end = text.indexOf('bank') + 4;
      expect(spelled[tokens[i]].to).toBeGreaterThanOrEqual(end);
      if (tokens[i]) expect(spelled[tokens[i] - 1].to).toBeLessThan(end);
      for (const [layer, name] of layers.entries()) {
        const tap = layer ? `${name}.out` : name;
        const cut = model.encode(text).slice(0, tokens[i] + 1);
        const { data } = (await model.taps(cut, [tap]))[tap];
        paths[i][layer].forEach((x, k) => expect(Math.abs(x - data[k])).toBeLessThan(1e-4 * (1 + Math.abs(data[k]))));
      }
    }
    distances.forEach((distance, layer) => {
      const [a, b] = paths.map((path) => path[layer]);
      const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * y[i], 0);
      expect(Math.abs(1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) - distance)).toBeLessThan(1e-6);
    });
    const same = await lane.words([texts[0], texts[0]], 'bank');
    for (const distance of same.distances) expect(Math.abs(distance)).toBeLessThan(1e-12);
  });

  test('a word of its own before a part of another; the end of a text; a text without it', async () => {
    const inside = 'The embankment by the bank';
    const { tokens } = await lane.words([inside, 'embankment'], 'bank');
    expect(tokens[0]).toBe(model.tokens(inside).length - 1);
    expect(model.tokens('embankment')[tokens[1]].to).toBeGreaterThanOrEqual(6);
    await expect(lane.words(texts, 'river')).rejects.toThrow(/word is "river"; a word of “He had money/);
    await expect(lane.words(texts, '')).rejects.toBeInstanceOf(SettingsError);
  });
});

test('a lane that is closed answers nothing', async () => {
  const other = await client.open('models/char-mini', { engine: 'cpu' });
  expect((await other.plan()).length).toBeGreaterThan(10);
  other.close();
  await expect.poll(() => other.plan().catch((error: unknown) => error)).toBeInstanceOf(ClosedError);
  for (const ask of [other.device(), other.embedding({ of: 'tokens' }), other.taps({ text }, ['embed'])])
    await expect(ask).rejects.toBeInstanceOf(ClosedError);
});
