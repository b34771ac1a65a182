/**
 * In a page: our kernels and models and those of onnxruntime-web, TensorFlow.js and jax-js on the same adapter, interleaved, all timed
 * by the wall clock and all with results that agree. bench/peers/run.mjs opens this page; `window.runPeers` does the work.
 */
import { type Bench, openBench } from '../../src/bench/index.ts';
import type { PagePeer } from '../suites/peer.ts';
import { kernelBars } from './page_kernels.ts';
import { gpt2Bars, miniBars, trainingBars } from './page_models.ts';
import { type Effort, openReport, type PeersResult, progress, type Report, why } from './page_report.ts';

interface Work {
  readonly name: string;
  readonly engine: 'cpu' | 'gpu';
  run(bench: Bench, peers: readonly PagePeer[], how: Effort, report: Report): Promise<void>;
}

const kernel = (
  name: string,
  engine: Work['engine'],
  op: string,
  dims: Record<string, number>,
  options = {},
): Work => ({
  name,
  engine,
  run: (bench, peers, how, report) => kernelBars(bench, peers, op, dims, options, how, report),
});

const WORK: readonly Work[] = [
  kernel('wasm-matmul', 'cpu', 'matmul', { Z: 1, M: 512, N: 512, K: 512 }),
  { name: 'wasm-decode', engine: 'cpu', run: miniBars },
  { name: 'wasm-training', engine: 'cpu', run: trainingBars },
  kernel('matmul', 'gpu', 'matmul', { Z: 1, M: 512, N: 512, K: 512 }),
  kernel('matvec', 'gpu', 'matvec', { M: 1, N: 3072, K: 768 }),
  kernel('softmax', 'gpu', 'softmax', { R: 512, C: 512 }),
  kernel('layernorm', 'gpu', 'layernorm', { R: 512, C: 768 }, { BIAS: 1 }),
  kernel('attention', 'gpu', 'attention', { B: 1, T: 256, S: 256, NH: 12, NKV: 12, HS: 64 }),
  { name: 'decode', engine: 'gpu', run: miniBars },
  { name: 'training', engine: 'gpu', run: trainingBars },
  { name: 'gpt2', engine: 'gpu', run: gpt2Bars },
];

type Open = () => Promise<PagePeer>;

/** The casts give types to plain JavaScript modules. */
async function peersOf(engine: Work['engine']): Promise<readonly (readonly [string, Open])[]> {
  const jax = (await import('./jax.js')) as unknown as { openJax(device: string): Promise<PagePeer> };
  const ort = (await import('./ort_page.js')) as unknown as { openWasm: Open; openWebgpu: Open };
  if (engine === 'cpu')
    return [
      ['onnxruntime-web wasm', ort.openWasm],
      ['jax-js wasm', () => jax.openJax('wasm')],
    ];
  const tf = (await import('./tfjs.js')) as unknown as { openTf: Open };
  return [
    ['jax-js webgpu', () => jax.openJax('webgpu')],
    ['tfjs webgpu', tf.openTf],
    ['onnxruntime-web webgpu', ort.openWebgpu],
  ];
}

/** Runs what `only` names, or everything. `keep` gets the results so far after each workload. */
async function runPeers(
  how: Effort,
  only?: string,
  keep: (result: PeersResult) => Promise<void> = () => Promise.resolve(),
): Promise<PeersResult> {
  const chosen = WORK.filter(({ name }) => only === undefined || name === only);
  if (!chosen.length)
    throw new Error(`there is no workload "${only}"; there are ${WORK.map(({ name }) => name).join(', ')}`);
  const { engine: adapter, clock } = await openBench('gpu');
  const report = openReport(adapter.facts);
  clock?.close();
  adapter.close();
  let done = 0;
  for (const engine of ['cpu', 'gpu'] as const) {
    const works = chosen.filter((work) => work.engine === engine);
    if (!works.length) continue;
    const peers: PagePeer[] = [];
    for (const [name, open] of await peersOf(engine))
      try {
        peers.push(await open());
      } catch (error) {
        report.note(`${name} did not open: ${why(error)}`);
      }
    for (const { name, run } of works) {
      const from = performance.now();
      // an engine of its own: sessions and trainers, and models of other sizes, use the same names for their memory
      const bench = await openBench(engine);
      report.log(`${name} on ${bench.engine.facts.description}`);
      try {
        await run(bench, peers, how, report);
      } catch (error) {
        report.note(`${name} on ${engine}: ${why(error)}`);
      } finally {
        bench.clock?.close();
        bench.engine.close();
      }
      report.log(`${name} on ${engine}: done in ${((performance.now() - from) / 1000).toFixed(0)} s`);
      progress(++done, chosen.length);
      await keep(report.result);
    }
    for (const peer of peers) await peer.close();
  }
  report.log('done');
  return report.result;
}

Object.assign(window, { runPeers });
const start = document.getElementById('start') as HTMLButtonElement;
start.disabled = false;
start.addEventListener('click', () => {
  start.disabled = true;
  runPeers({ samples: 15, budget: 45 }).catch((error: unknown) => {
    document.getElementById('now')!.textContent = why(error);
  });
});
