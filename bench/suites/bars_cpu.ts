/** What this project demands of its CPU engine, beside onnxruntime-web's wasm where bench/peers is installed. */
import {
  type Bench,
  instance,
  jobsOf,
  measure,
  type MeasureOptions,
  median,
  openBench,
  type Roofs,
} from '../../src/bench/index.ts';
import { openKernel, prepare } from '../../src/bench/kernel.ts';
import { choose } from '../../src/kernels/choose.ts';
import { findOp } from '../../src/kernels/registry.ts';
import { presets } from '../../src/model/config.ts';
import { atLeast, atMost, type SuiteResult, trainingBar } from './bars_gpu.ts';
import { greedy, livelyWeights, openDecode, openSession } from './models.ts';
import { openPeer, type Peer } from './peer.ts';

const DIMS = { Z: 1, M: 512, N: 512, K: 512 };

export async function cpuBars(
  bench: Bench,
  roofs: Roofs,
  options: MeasureOptions,
  result: SuiteResult,
  log: (line: string) => void,
): Promise<void> {
  const peer = await openPeer('onnxruntime-web');
  if (!peer) log('onnxruntime-web is not installed (npm install in bench/peers): no peer in these rounds');
  await matmulBars(bench, peer, options, result, log);
  await decodeBars(bench, peer, options, result, log);
  const [job] = jobsOf(bench, instance('matmul', DIMS), { cold: false });
  await trainingBar(bench, job, options, 0.25, result, roofs, log);
  await peer?.close();
}

/** matmul 512³ on all threads, on one, and the peer, interleaved. */
async function matmulBars(
  bench: Bench,
  peer: Peer | undefined,
  options: MeasureOptions,
  result: SuiteResult,
  log: (line: string) => void,
): Promise<void> {
  log('… matmul 512³');
  const c = instance('matmul', DIMS);
  const { variant } = choose(findOp('matmul'), DIMS, {}, bench.engine.facts);
  const exercise = await prepare(bench.engine, c, [variant]);
  const single = await openBench('cpu', { cpu: { threads: 1, fused: true } });
  const kernels = [await openKernel(bench, exercise, variant), await openKernel(single, exercise, variant)];
  for (const kernel of kernels) if (typeof kernel === 'string') throw new Error(kernel);
  const [all, one] = kernels.filter((kernel) => typeof kernel !== 'string');
  const theirs = await peer?.matmul(
    exercise.filled['a'] as Float32Array,
    exercise.filled['b'] as Float32Array,
    exercise.want['out'] as Float64Array,
    DIMS,
  );
  const timings = await measure([all.candidate, one.candidate, ...(theirs ? [theirs] : [])], options);
  const rate = (i: number) => all.flops / timings[i].median / 1e9;
  const ratio = (i: number, j: number) =>
    median(timings[i].samples.map((seconds, k) => timings[j].samples[k] / seconds));
  const beside = theirs ? `${peer!.title} ${rate(2).toFixed(1)} GFLOP/s in the same rounds` : 'no peer';
  result.bars.push(
    atLeast('CPU engine: matmul 512³', rate(0), 45, 'GFLOP/s', `${bench.engine.facts.description}; ${beside}`),
    ...(theirs ? [atLeast(`CPU engine: matmul 512³ over ${peer!.title}`, ratio(0, 2), 1, '×', beside)] : []),
    atLeast(
      'CPU engine: one thread over all threads, matmul 512³',
      ratio(1, 0),
      0.4,
      '×',
      `${rate(1).toFixed(1)} GFLOP/s on one thread`,
    ),
  );
  const wrong = (await Promise.all([all.consume(), one.consume()])).find(Boolean);
  if (wrong) throw new Error(wrong);
  all.close();
  one.close();
  single.engine.close();
}

/** One token of the mini GPT with our engine and with the peer, on the same weights. Both must produce the same tokens. */
async function decodeBars(
  { engine }: Bench,
  peer: Peer | undefined,
  options: MeasureOptions,
  result: SuiteResult,
  log: (line: string) => void,
): Promise<void> {
  log('… decoding of the mini GPT');
  const config = presets.mini;
  const weights = livelyWeights(config);
  const began = performance.now();
  const session = openSession(engine, config, weights);
  await session.warm({ candidates: 0, taps: [] });
  const ready = (performance.now() - began) / 1000;
  const expected = await greedy(session, 24);
  const decode = await openDecode(session);
  const theirs = await peer?.decoder(config, weights);
  if (theirs) {
    const said = await theirs.greedy(
      Array.from({ length: 16 }, (_, i) => (i * 7 + 3) % config.vocab),
      24,
    );
    if (said.join() !== expected.join())
      throw new Error(`${peer!.title} decodes ${said.join(' ')}, we decode ${expected.join(' ')}`);
  }
  const timings = await measure(
    [{ name: 'decode', run: decode.token, lot: 8 }, ...(theirs ? [theirs.candidate] : [])],
    options,
  );
  const [own, other] = timings;
  result.models.push({
    model: 'mini',
    what: 'decode',
    unit: 'tokens/s',
    value: 1 / own.median,
    interval: [1 / own.interval[1], 1 / own.interval[0]],
    samples: own.samples,
    check: '',
  });
  if (other)
    result.bars.push(
      atMost(
        `CPU engine: time per token of the mini GPT over ${peer!.title}`,
        median(own.samples.map((seconds, i) => seconds / other.samples[i])),
        1,
        '×',
        `${(own.median * 1e3).toFixed(3)} ms, ${peer!.title} ${(other.median * 1e3).toFixed(3)} ms; the same 24 greedy tokens`,
      ),
    );
  result.bars.push(atMost('CPU engine: mini GPT ready to run after its weights', ready, 0.5, 's'));
  session.close();
}
