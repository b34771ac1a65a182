/** Checks before an engine's answers are trusted: right kernels pass; a wrong one is found, named and replaced, down to the CPU. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { Channel } from '../../src/host/channel.ts';
import { HostClient, type HostLane } from '../../src/host/client.ts';
import { Host } from '../../src/host/host.ts';
import type { HostRequests } from '../../src/host/protocol.ts';
import { findOp } from '../../src/kernels/registry.ts';
import type { KernelText } from '../../src/plan/types.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

function connect(variants: readonly KernelText[]): HostClient {
  const { port1, port2 } = new MessageChannel();
  new Host({ cpu: { threads: 1 }, variants }).serve(port2);
  const client = new HostClient({ thread: 'page', why: 'a test' }, new Channel<HostRequests>(port1));
  ends.push(() => (client.close(), port1.close(), port2.close()));
  return client;
}

const PROMPT = 'And the LORD said ';
const RIGHT = [14, 8, 4, 7, 2, 43, 7, 9];

async function greedy(lane: HostLane): Promise<number[]> {
  const tokens: number[] = [];
  for await (const record of lane.generate({ text: PROMPT }, { maxTokens: 8, temperature: 0 }))
    if (record.kind === 'token') tokens.push(record.token.token);
  return tokens;
}

/** The text of a kernel, with what is added to each result. */
function wrong(op: string, variant: string, from: string | RegExp, to: string): KernelText {
  const { file = variant, elems } = findOp(op).variants.find(({ name }) => name === variant)!;
  const text = readFileSync(`shaders/${op}/${file}.wgsl`, 'utf8');
  const wgsl = text.replace(from, to);
  expect(wgsl).not.toBe(text);
  return { op, name: variant, wgsl, ...(elems && { elems }) };
}

const open = (client: HostClient) => client.open('char-mini', { engine: 'gpu' });

test('right kernels: each is named, and nothing changes', async () => {
  const lane = await open(connect([]));
  const { ok, checks, steppedDown, seconds } = await lane.verify();
  console.log(
    `verified on ${lane.engine.facts.description}: ${checks.length} checks in ${(1000 * seconds).toFixed(0)} ms`,
  );
  expect(checks.filter((check) => !check.ok)).toEqual([]);
  expect(checks.map(({ what }) => what)).toEqual(expect.arrayContaining(['golden tokens']));
  expect(checks.some(({ what }) => what.startsWith('matvec/'))).toBe(true);
  expect(checks.filter(({ note }) => note === 'no case for it')).toEqual([]);
  expect(steppedDown).toEqual([]);
  expect(ok).toBe(true);
  expect(await greedy(lane)).toEqual(RIGHT);
});

test('the CPU engine passes too', async () => {
  const lane = await connect([]).open('char-mini', { engine: 'cpu' });
  const { ok, checks, seconds } = await lane.verify();
  console.log(
    `verified on ${lane.engine.facts.description}: ${checks.length} checks in ${(1000 * seconds).toFixed(0)} ms`,
  );
  expect(checks.filter((check) => !check.ok)).toEqual([]);
  expect(ok).toBe(true);
});

/** The variant that char-mini's decode plan has here, and a line of its text that makes results. */
async function inUse(op: string): Promise<string> {
  const lane = await open(connect([]));
  const row = (await lane.plan()).find((one) => one.op === op)!;
  lane.close();
  return row.variant;
}

test('a wrong kernel: the naive one takes its place, and the text is right again', async () => {
  const variant = await inUse('matvec');
  expect(variant).not.toBe('naive');
  const lane = await open(connect([wrong('matvec', variant, 'out[at] = y;', 'out[at] = y + f32(at % 5u);')]));
  expect(await greedy(lane)).not.toEqual(RIGHT);
  const { ok, steppedDown } = await lane.verify();
  expect(ok).toBe(true);
  expect(steppedDown).toHaveLength(1);
  expect(steppedDown[0]).toMatch(new RegExp(`^matvec/${variant} → matvec/naive: .*out\\[\\d+\\]: got .*, want `));
  expect(lane.engine.kind).toBe('gpu');
  expect(await greedy(lane)).toEqual(RIGHT);
});

test('both wrong: the CPU, which says why; a run in progress goes on there', async () => {
  const variant = await inUse('matvec');
  const texts = [variant, 'naive'].map((name) => wrong('matvec', name, 'out[at] = y;', 'out[at] = y + f32(at % 5u);'));
  const lane = await open(connect(texts));
  const run = lane.generate({ text: PROMPT }, { maxTokens: 8, temperature: 0 });
  await run.next();
  await run.next();
  const { ok, steppedDown } = await lane.verify();
  expect(ok).toBe(true);
  expect(steppedDown.map((step) => step.replace(/:.*/, ''))).toEqual([
    `matvec/${variant} → matvec/naive`,
    'matvec/naive → CPU',
  ]);
  expect(lane.engine).toMatchObject({ kind: 'cpu', why: 'CPU, because matvec/naive gives wrong numbers on this GPU' });
  let more = 0;
  for await (const record of run) if (record.kind === 'token') more++;
  expect(more).toBe(7);
  expect(await greedy(lane)).toEqual(RIGHT);
});
