/**
 * In a page: our kernels and those of onnxruntime-web, TensorFlow.js and jax-js on the same adapter, interleaved, all on the wall
 * clock and all with results that agree. bench/peers/run.mjs opens this page; `window.runPeers` does the work.
 */
import {
  type Bench,
  type Candidate,
  instance,
  measure,
  median,
  type ModelRow,
  openBench,
  openKernel,
  prepare,
  type BarRow,
} from '../../src/bench/index.ts';
import { choose } from '../../src/kernels/choose.ts';
import { fillOptions } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import { presets } from '../../src/model/config.ts';
import type { Dims, Facts, Options } from '../../src/plan/types.ts';
import { Session } from '../../src/session/session.ts';
import { initialWeights } from '../../src/train/trainer.ts';
import { greedy, openDecode, silent } from '../suites/models.ts';

type Numbers = Float32Array | Float64Array;

/** What every peer module opens; a peer lacks what it has no kernel for. */
interface PagePeer {
  readonly title: string;
  matmul(a: Numbers, b: Numbers, want: Numbers, dims: Dims): Promise<Candidate>;
  matvec?(inp: Numbers, weight: Numbers, want: Numbers, dims: Dims): Promise<Candidate>;
  softmax(inp: Numbers, want: Numbers, dims: Dims): Promise<Candidate>;
  layernorm(inp: Numbers, weight: Numbers, bias: Numbers, want: Numbers, dims: Dims): Promise<Candidate>;
  attention(q: Numbers, k: Numbers, v: Numbers, want: Numbers, dims: Dims): Promise<Candidate>;
  decoder?(
    config: object,
    weights: unknown,
  ): Promise<{ candidate: Candidate; greedy(prompt: readonly number[], count: number): Promise<number[]> }>;
  close(): Promise<void>;
}

export interface PeersResult {
  readonly adapter: Facts;
  readonly bars: BarRow[];
  readonly models: ModelRow[];
  readonly notes: string[];
}

interface Effort {
  readonly samples: number;
  readonly budget: number;
}

const log = (line: string) => {
  document.getElementById('log')!.append(`${line}\n`);
  console.log(line);
};

const milliseconds = (seconds: number) => `${(seconds * 1e3).toPrecision(3)} ms`;

/** Ours on the wall clock, as the peers are: queued, then waited for. */
async function ours(bench: Bench, op: string, dims: Dims, options: Options = {}) {
  const c = instance(op, dims, options);
  const { engine } = bench;
  const chosen =
    engine.facts.engine === 'cpu'
      ? undefined
      : choose(findOp(op), dims, fillOptions(findOp(op), options), engine.facts);
  const variant = chosen?.variant ?? 'wasm';
  const exercise = await prepare(engine, c, [variant]);
  const wall = bench.clock ? { engine: bench.engine, clock: { ...bench.clock, kind: 'wall' as const } } : bench;
  const kernel = await openKernel(wall as Bench, exercise, variant, chosen ? { knobs: chosen.knobs } : {});
  if (typeof kernel === 'string') throw new Error(kernel);
  return { exercise, kernel };
}

/** Columns of a row-major matrix. */
function columns(data: Numbers, rows: number, width: number, from: number, count: number): Float32Array {
  const out = new Float32Array(rows * count);
  for (let r = 0; r < rows; r++) for (let c = 0; c < count; c++) out[r * count + c] = data[r * width + from + c];
  return out;
}

/** One kernel against every peer that has it. */
async function kernelBars(
  bench: Bench,
  peers: readonly PagePeer[],
  op: string,
  dims: Dims,
  options: Options,
  how: Effort,
  result: PeersResult,
): Promise<void> {
  log(`… ${op} on ${bench.engine.facts.engine}`);
  const { exercise, kernel } = await ours(bench, op, dims, options);
  const { filled, want } = exercise;
  const out = want['out'] as Numbers;
  const theirs: { peer: PagePeer; candidate: Candidate }[] = [];
  for (const peer of peers) {
    try {
      const part = (i: number) =>
        columns(
          filled['qkv'] as Numbers,
          dims['T'],
          3 * dims['NH'] * dims['HS'],
          i * dims['NH'] * dims['HS'],
          dims['NH'] * dims['HS'],
        );
      const inp = filled['inp'] as Numbers;
      const made =
        op === 'matmul'
          ? peer.matmul(filled['a'] as Numbers, filled['b'] as Numbers, out, dims)
          : op === 'matvec'
            ? peer.matvec?.(inp, filled['weight'] as Numbers, out, dims)
            : op === 'softmax'
              ? peer.softmax(inp, out, dims)
              : op === 'layernorm'
                ? peer.layernorm(inp, filled['weight'] as Numbers, filled['bias'] as Numbers, out, dims)
                : peer.attention(part(0), part(1), part(2), out, dims);
      if (made) theirs.push({ peer, candidate: await made });
    } catch (error) {
      result.notes.push(`${peer.title}, ${op}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const [own, ...others] = await measure([kernel.candidate, ...theirs.map((t) => t.candidate)], how);
  const wrong = await kernel.consume();
  kernel.destroy();
  if (wrong) throw new Error(wrong);
  const size = Object.entries(dims)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');
  others.forEach((timing, i) => {
    const ratio = median(own.samples.map((seconds, k) => seconds / timing.samples[k]));
    const note = `${milliseconds(own.median)} (${kernel.variant}), ${milliseconds(timing.median)}`;
    result.bars.push({
      bar: `${op} ${size}: our time over ${theirs[i].peer.title}`,
      wanted: '≤ 1',
      measured: ratio,
      unit: '×',
      pass: ratio <= 1,
      note,
    });
    log(`${op}: ours ${note} ${theirs[i].peer.title}`);
  });
}

/** The mini GPT, token by token, and how long frames last while it becomes ready. */
async function decodeBars(
  { engine }: Bench,
  peer: PagePeer | undefined,
  how: Effort,
  result: PeersResult,
): Promise<void> {
  log(`… decoding on ${engine.facts.engine}`);
  const config = presets.mini;
  const weights = initialWeights(config, 1);
  const frames = watchFrames();
  const from = performance.now();
  const session = new Session({ config, weights, tokenizer: silent(), engine });
  await session.warm({ candidates: 0, taps: [] });
  await engine.idle();
  const ready = (performance.now() - from) / 1000;
  const longest = await frames();
  const where = engine.facts.engine === 'gpu' ? 'page, WebGPU' : 'page, CPU engine';
  result.bars.push({
    bar: `${where}: mini GPT ready to run after its weights`,
    wanted: '≤ 0.5',
    measured: ready,
    unit: 's',
    pass: ready <= 0.5,
    note: '',
  });
  if (engine.facts.engine === 'gpu')
    result.bars.push({
      bar: `${where}: longest frame meanwhile`,
      wanted: '≤ 50',
      measured: longest,
      unit: 'ms',
      pass: longest <= 50,
      note: '',
    });
  const decode = await openDecode(session);
  const expected = await greedy(session, 24);
  let theirs: Candidate | undefined;
  try {
    const decoder = await peer?.decoder?.(config, weights);
    const said = await decoder?.greedy(
      Array.from({ length: 16 }, (_, i) => (i * 7 + 3) % config.vocab),
      24,
    );
    if (said && said.join() !== expected.join())
      throw new Error(`it says ${said.join(' ')}, we say ${expected.join(' ')}`);
    theirs = decoder?.candidate;
  } catch (error) {
    result.notes.push(`${peer!.title}, decoding: ${error instanceof Error ? error.message : String(error)}`);
  }
  const [own, other] = await measure([{ name: 'decode', run: decode.token, lot: 8 }, ...(theirs ? [theirs] : [])], how);
  result.models.push({
    model: 'mini',
    what: `decode (${where})`,
    unit: 'tokens/s',
    value: 1 / own.median,
    interval: [1 / own.interval[1], 1 / own.interval[0]],
    samples: own.samples,
    check: '',
  });
  if (other) {
    const ratio = median(own.samples.map((seconds, k) => seconds / other.samples[k]));
    const note = `${milliseconds(own.median)} a token, ${milliseconds(other.median)}`;
    result.bars.push({
      bar: `${where}, decode of the mini GPT: our time over ${peer!.title}`,
      wanted: '≤ 1',
      measured: ratio,
      unit: '×',
      pass: ratio <= 1,
      note,
    });
    log(note);
  }
  await session.destroy();
}

/** Longest gap between two animation frames, in ms, until the returned function is called. */
function watchFrames(): () => Promise<number> {
  let longest = 0;
  let last = performance.now();
  let on = true;
  const frame = (now: number) => {
    longest = Math.max(longest, now - last);
    last = now;
    if (on) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  return () =>
    new Promise((resolve) =>
      requestAnimationFrame(() => {
        on = false;
        resolve(longest);
      }),
    );
}

async function tryOpen(name: string, open: () => Promise<PagePeer>, notes: string[]): Promise<PagePeer[]> {
  try {
    return [await open()];
  } catch (error) {
    notes.push(`${name} did not open: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
}

async function runPeers(how: Effort): Promise<PeersResult> {
  const gpu = await openBench('gpu');
  const result: PeersResult = { adapter: gpu.engine.facts, bars: [], models: [], notes: [] };
  const ort = (await import('./ort_page.js')) as unknown as {
    openWasm(): Promise<PagePeer>;
    openWebgpu(): Promise<PagePeer>;
  };
  const wasm = await tryOpen('onnxruntime-web wasm', ort.openWasm, result.notes);
  const cpu = await openBench('cpu');
  log(cpu.engine.facts.description);
  await kernelBars(cpu, wasm, 'matmul', { Z: 1, M: 512, N: 512, K: 512 }, {}, how, result);
  await decodeBars(cpu, wasm[0], how, result);
  for (const peer of wasm) await peer.close();
  cpu.engine.destroy();
  const peers = [
    ...(await tryOpen(
      'jax-js',
      async () => ((await import('./jax.js')) as unknown as { openJax(): Promise<PagePeer> }).openJax(),
      result.notes,
    )),
    ...(await tryOpen(
      'tfjs',
      async () => ((await import('./tfjs.js')) as unknown as { openTf(): Promise<PagePeer> }).openTf(),
      result.notes,
    )),
    ...(await tryOpen('onnxruntime-web webgpu', ort.openWebgpu, result.notes)),
  ];
  await kernelBars(gpu, peers, 'matmul', { Z: 1, M: 512, N: 512, K: 512 }, {}, how, result);
  await kernelBars(gpu, peers, 'matvec', { M: 1, N: 3072, K: 768 }, {}, how, result);
  await kernelBars(gpu, peers, 'softmax', { R: 512, C: 512 }, {}, how, result);
  await kernelBars(gpu, peers, 'layernorm', { R: 512, C: 768 }, { BIAS: 1 }, how, result);
  await kernelBars(gpu, peers, 'attention', { B: 1, T: 256, S: 256, NH: 12, NKV: 12, HS: 64 }, {}, how, result);
  await decodeBars(
    gpu,
    peers.find((p) => p.decoder),
    how,
    result,
  );
  for (const note of result.notes) log(note);
  return result;
}

Object.assign(window, { runPeers });
