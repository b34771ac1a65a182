/** The host with the CPU engine, over real ports: one of everything for all who ask, turns, cancellation, training. */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/files/store.ts';
import { DownloadError } from '../../src/files/transfer.ts';
import { Channel } from '../../src/host/channel.ts';
import { HostClient, type HostLane, type LaneOptions } from '../../src/host/client.ts';
import { openHost } from '../../src/host/open_host.ts';
import { Host } from '../../src/host/host.ts';
import type { HostRequests, Prompt, RunEnd, RunOptions } from '../../src/host/protocol.ts';
import { recipeFor } from '../../src/host/recipes.ts';
import { ClosedError } from '../../src/plan/errors.ts';
import { SettingsError } from '../../src/plan/settings.ts';
import { openModel } from '../../src/session/open_model.ts';
import { GpuUnavailableError } from '../../src/gpu/types.ts';
import type { SampleToken } from '../../src/train/train.ts';
import { sentences } from '../train/toy.ts';

const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url!);
  readFile(`models${request.url!.replace('/models', '')}`).then(
    (body) => response.end(body),
    () => response.writeHead(404).end(),
  );
});
let models: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  models = `http://127.0.0.1:${(server.address() as AddressInfo).port}/models/`;
});
afterAll(() => server.close());

const clients: HostClient[] = [];
const ports: MessagePort[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const port of ports.splice(0)) port.close();
});

function connect(host: Host): HostClient {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  host.serve(port2);
  const client = new HostClient({ thread: 'page', why: 'a test' }, new Channel<HostRequests>(port1));
  clients.push(client);
  return client;
}

const newHost = () => new Host({ cpu: { threads: 1 }, download: { cache: memoryStore() } });
const options = (): LaneOptions => ({ engine: 'cpu', models });

async function run(lane: HostLane, prompt: Prompt, settings: RunOptions = {}) {
  const stream = lane.generate(prompt, settings);
  const tokens: number[] = [];
  let text = '';
  let cut;
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { tokens, text, cut, end: value as RunEnd };
    if (value.kind === 'begin') cut = value.cut;
    else {
      tokens.push(value.token.token);
      text += value.token.text;
    }
  }
}

test('ten lanes of two clients on one model: one download, one placement, each says what it says alone', async () => {
  const host = newHost();
  const [one, two] = [connect(host), connect(host)];
  asked.length = 0;
  const lanes = await Promise.all(
    Array.from({ length: 10 }, (_, i) => (i % 2 ? one : two).open('char-mini', options())),
  );
  expect(asked.filter((path) => path.endsWith('model.safetensors'))).toHaveLength(1);
  expect(new Set(lanes.map((lane) => lane.model.identity)).size).toBe(1);
  const weights = 4 * lanes[0].model.parameters;
  // one set of weights and ten caches take less than two sets of weights and ten caches
  const single = await connect(newHost()).open('char-mini', options());
  const cache = single.engine.bytesAllocated - weights;
  const last = Math.max(...lanes.map((lane) => lane.engine.bytesAllocated));
  expect(last).toBeLessThan(weights + 10 * cache + weights / 2);

  const settings = { maxTokens: 12, temperature: 0.9, candidates: 3 };
  const prompts = lanes.map((_, i) => ({ text: 'And the '.slice(0, 3 + (i % 5)) }));
  const said = await Promise.all(lanes.map((lane, i) => run(lane, prompts[i], { ...settings, seed: i })));
  for (const i of [0, 3, 9])
    expect(said[i].tokens).toEqual((await run(single, prompts[i], { ...settings, seed: i })).tokens);
  expect(said[0].end).toMatchObject({ reason: 'length', tokens: 12 });
});

test('the same words as openModel; a run goes on after tokens; texts of chosen tokens', async () => {
  const lane = await connect(newHost()).open('austen', options());
  const model = await openModel('models/austen', { engine: 'cpu', cpu: { threads: 1 } });
  let text = '';
  for await (const token of model.generate('It was a', { maxTokens: 10, seed: 3, temperature: 0.8 }))
    text += token.text;
  await model.close();
  const whole = await run(lane, { text: 'It was a' }, { maxTokens: 10, seed: 3, temperature: 0.8 });
  expect(whole.text).toBe(text);
  expect((await lane.spell({ text: 'It was a', more: whole.tokens })).join('')).toBe(text);
  const half = await run(lane, { text: 'It was a', more: whole.tokens.slice(0, 5) }, { maxTokens: 5, temperature: 0 });
  expect(half.tokens).toHaveLength(5);
  expect(await lane.describe()).toMatch(/sample/);
});

test('half a character is spelled when the other half has come', async () => {
  const lane = await connect(newHost()).open('austen', options());
  // é is in no merge of this model: its two bytes are two tokens
  const bytes = (await run(lane, { text: 'a' }, { maxTokens: 1 })).tokens;
  expect(bytes).toHaveLength(1);
  const model = await openModel('models/austen', { engine: 'cpu', cpu: { threads: 1 } });
  const more = [...model.tokenizer.encode('é')];
  await model.close();
  expect(more.length).toBe(2);
  expect(await lane.spell({ text: 'caf', more })).toEqual(['', 'é']);
});

test('readings of a text: scores, lens, attention, the same as the model’s own, between tokens of a run', async () => {
  const client = connect(newHost());
  const lane = await client.open('char-mini', options());
  const talk = run(lane, { text: 'And' }, { maxTokens: 30, candidates: 1 });
  const prompt = { text: 'And the king' };
  const [score, lens, attention] = await Promise.all([lane.score(prompt), lane.lens(prompt), lane.attention(prompt)]);
  const model = await openModel('models/char-mini', { engine: 'cpu', cpu: { threads: 1 } });
  expect(score).toEqual(await model.score(prompt.text));
  expect(lens).toEqual(await model.lens(prompt.text));
  const own = await model.attention(prompt.text);
  const T = own.tokens;
  expect(attention.rows.map((row) => row.length)).toEqual(
    Array.from({ length: T }, (_, query) => own.layers * own.heads * (query + 1)),
  );
  for (let head = 0; head < own.layers * own.heads; head++)
    for (let query = 0; query < T; query++)
      expect([...attention.rows[query].subarray(head * (query + 1), (head + 1) * (query + 1))]).toEqual([
        ...own.overview.subarray((head * T + query) * T, (head * T + query) * T + query + 1),
      ]);
  expect(await lane.attentionRow(0, 1, 3)).toEqual(await own.row(0, 1, 3));
  await model.close();
  expect((await talk).tokens).toHaveLength(30);
});

test('a prompt longer than the context: how much is not read', async () => {
  const lane = await connect(newHost()).open('char-mini', { ...options(), context: 16 });
  const { cut } = await run(lane, { text: 'And the king said to him' }, { maxTokens: 1 });
  expect(cut).toEqual({ tokens: 8, characters: 8 });
  expect((await run(lane, { text: 'And the king' }, { maxTokens: 1 })).cut).toBeUndefined();
});

describe('turns', () => {
  test('a run that is left stops within one token, and the lane is free for the next', async () => {
    const lane = await connect(newHost()).open('char-mini', options());
    const controller = new AbortController();
    const stream = lane.generate({ text: 'And' }, { maxTokens: 1e6, candidates: 1, signal: controller.signal });
    for (let i = 0; i < 4; i++) await stream.next();
    controller.abort(new Error('enough'));
    await expect(stream.next()).rejects.toThrow('enough');
    expect((await run(lane, { text: 'And' }, { maxTokens: 3 })).tokens).toHaveLength(3);
  });

  test('two runs of one lane each say what they would say alone', async () => {
    const lane = await connect(newHost()).open('char-mini', options());
    const settings = { maxTokens: 10, seed: 1, temperature: 0.9 };
    const alone = [await run(lane, { text: 'And' }, settings), await run(lane, { text: 'The' }, settings)];
    const both = await Promise.all([run(lane, { text: 'And' }, settings), run(lane, { text: 'The' }, settings)]);
    expect(both.map((r) => r.tokens)).toEqual(alone.map((r) => r.tokens));
  });

  test('a hidden lane waits after the token in hand, and goes on with the same tokens', async () => {
    const client = connect(newHost());
    const lane = await client.open('char-mini', options());
    const settings = { maxTokens: 40, seed: 1, temperature: 0.9, candidates: 1 };
    const alone = await run(lane, { text: 'And' }, settings);
    const going = run(lane, { text: 'And' }, settings);
    await lane.attend('hidden');
    const other = await client.open('char-mini', options());
    await run(other, { text: 'The' }, { maxTokens: 40, candidates: 1 });
    const waited = await Promise.race([going.then(() => false), new Promise((r) => setTimeout(() => r(true), 100))]);
    expect(waited).toBe(true);
    await lane.attend('focused');
    expect((await going).tokens).toEqual(alone.tokens);
  });
});

describe('what goes wrong keeps its class and says what to do', () => {
  test('no GPU, no model, wrong settings, closed lanes', async () => {
    const client = connect(newHost());
    await expect(client.open('char-mini', { models, engine: 'gpu' })).rejects.toBeInstanceOf(GpuUnavailableError);
    const missing = client.open(new URL('nowhere/', models), { engine: 'cpu' });
    await expect(missing).rejects.toThrow(/nowhere.*config\.json/);
    const dead = client.open('http://127.0.0.1:9/models/', { engine: 'cpu' });
    await expect(dead).rejects.toBeInstanceOf(DownloadError);
    await expect(dead).rejects.toThrow(/127\.0\.0\.1:9.*is the address right/);
    const lane = await client.open('char-mini', options());
    await expect(run(lane, { text: 'a' }, { topK: -1 })).rejects.toBeInstanceOf(SettingsError);
    await expect(lane.gate(99, 0, 1)).rejects.toThrow(/layer is 99/);
    lane.close();
    await expect(run(lane, { text: 'a' })).rejects.toBeInstanceOf(ClosedError);
  });

  test('opening that is given up ends with the signal, while others get their model', async () => {
    const client = connect(newHost());
    const controller = new AbortController();
    const given = client.open('char-mini', { ...options(), signal: controller.signal });
    const other = client.open('char-mini', options());
    controller.abort(new Error('changed my mind'));
    await expect(given).rejects.toThrow('changed my mind');
    expect((await run(await other, { text: 'And' }, { maxTokens: 2 })).tokens).toHaveLength(2);
  });

  test('a failed download is tried anew', async () => {
    const client = connect(newHost());
    await expect(client.open('char-mini', { engine: 'cpu', models: 'http://127.0.0.1:9/' })).rejects.toThrow(
      'no answer',
    );
    const lane = await client.open('char-mini', options());
    expect(lane.model.title).toMatch(/\w/);
  });
});

test('with the last lane all memory goes', async () => {
  const client = connect(newHost());
  const one = await client.open('char-mini', options());
  const before = one.engine.bytesAllocated;
  const two = await client.open('char-mini', options());
  two.close();
  one.close();
  const again = await client.open('char-mini', options());
  expect(again.engine.bytesAllocated).toBe(before);
});

test('files of the same content are one model, others are not', async () => {
  const files = async (change = '') =>
    Promise.all(
      ['config.json', 'model.safetensors', 'tokenizer.json'].map(
        async (name) =>
          new File([await readFile(`models/char-mini/${name}`), ...(name === 'config.json' ? [change] : [])], name),
      ),
    );
  const client = connect(newHost());
  const [a, b, c] = await Promise.all(
    [await files(), await files(), await files(' ')].map((source) => client.open(source, { engine: 'cpu' })),
  );
  expect(a.model.identity).toBe(b.model.identity);
  expect(c.model.identity).not.toBe(a.model.identity);
});

test('trains between tokens; pauses, stops, is saved and predicts', async () => {
  const client = connect(newHost());
  const recipe = recipeFor('tiny', 300);
  const text = sentences(150, 1).join('\n');
  const training = await client.train({
    text,
    recipe: { ...recipe, train: { ...recipe.train, evaluateEvery: 10, sampleEvery: 10, saveEvery: 10 } },
    engine: 'cpu',
  });
  const lane = await client.open('char-mini', options());
  const talk = run(lane, { text: 'And' }, { maxTokens: 20, candidates: 1 });
  const steps: number[] = [];
  let end: string | undefined;
  for await (const record of training.records) {
    if (record.kind === 'end') {
      end = record.reason;
      break;
    }
    if (record.kind !== 'step') continue;
    steps.push(record.record.step);
    if (record.record.step === 12) {
      await training.pause(true);
      expect((await talk).tokens).toHaveLength(20);
      await training.pause(false);
    }
    if (record.record.step === 20) await training.stop();
  }
  expect(end).toBe('stopped');
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  const saved = await training.save();
  const opened = await client.open([new File([saved], 'model.safetensors')], { engine: 'cpu' });
  expect((await run(opened, { text: 'the' }, { maxTokens: 5 })).tokens).toHaveLength(5);
  training.close();
});

test('a training goes on from where another one stopped, and its samples tell how surprising they are', async () => {
  const client = connect(newHost());
  const { train, ...rest } = recipeFor('tiny', 20);
  const recipe = { ...rest, train: { ...train, evaluateEvery: 10, sampleEvery: 10 } };
  const text = sentences(150, 1).join('\n');
  const follow = async (training: Awaited<ReturnType<typeof client.train>>) => {
    const records = [];
    for await (const record of training.records) if (record.kind === 'step') records.push(record);
    return records;
  };
  const first = await client.train({ text, recipe, engine: 'cpu' });
  const begun = await follow(first);
  const more = await client.train({
    text,
    recipe: { ...recipe, train: { ...recipe.train, steps: 30 } },
    engine: 'cpu',
    resume: (first.source as { training: number }).training,
  });
  first.close(); // what it learned is in the other one now
  const after = await follow(more);
  expect([begun.at(-1)!.record.step, after[0].record.step, after.at(-1)!.record.step]).toEqual([20, 21, 30]);
  expect(after[0].record.loss).toBeLessThan(begun[0].record.loss);
  expect(after[0].saved).toBe(true);
  const { sample } = begun.findLast((record) => record.sample)!;
  const spelled = (tokens: readonly SampleToken[]) =>
    new TextDecoder().decode(Uint8Array.from(tokens.flatMap(({ bytes }) => bytes)));
  expect(spelled(sample!.tokens!)).toBe(sample!.prompt + sample!.text);
  expect(spelled(sample!.tokens!.filter(({ bits }) => bits === undefined))).toBe(sample!.prompt);
  more.close();
  await expect(client.train({ text, recipe, engine: 'cpu', resume: 99 })).rejects.toThrow(/training 99 is forgotten/);
});

test('without workers the host is on the same thread, and says so', async () => {
  const client = await openHost();
  const why = 'there are no workers of the web here';
  expect(client.place).toEqual({ thread: 'page', why, reason: { code: 'no-workers' } });
  const lane = await client.open('char-mini', options());
  expect((await run(lane, { text: 'And' }, { maxTokens: 2 })).tokens).toHaveLength(2);
  client.close();
});
