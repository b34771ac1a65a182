/** Our kernels beside those of the peers, on the same numbers. */
import { type Bench, type Contender, instance, measure } from '../../src/bench/index.ts';
import { openKernel, prepare } from '../../src/bench/kernel.ts';
import { choose } from '../../src/kernels/choose.ts';
import { fillOptions } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import type { Dims, Options } from '../../src/plan/types.ts';
import type { Numbers, PagePeer } from '../suites/peer.ts';
import { type Effort, type Report, why } from './page_report.ts';

/** Ours on the wall clock, like the peers: queued, then awaited. */
async function ours(bench: Bench, op: string, dims: Dims, options: Options) {
  const c = instance(op, dims, options);
  const { engine } = bench;
  const { variant, knobs } = choose(findOp(op), dims, fillOptions(findOp(op), options), engine.facts);
  const exercise = await prepare(engine, c, [variant]);
  const wall = bench.clock ? { engine: bench.engine, clock: { ...bench.clock, kind: 'wall' as const } } : bench;
  const kernel = await openKernel(wall as Bench, exercise, variant, { knobs });
  if (typeof kernel === 'string') throw new Error(kernel);
  return { exercise, kernel };
}

/** Columns of a row-major matrix. */
function columns(data: Numbers, rows: number, width: number, from: number, count: number): Float32Array {
  const out = new Float32Array(rows * count);
  for (let r = 0; r < rows; r++) for (let c = 0; c < count; c++) out[r * count + c] = data[r * width + from + c];
  return out;
}

function theirs(
  peer: PagePeer,
  op: string,
  dims: Dims,
  filled: Readonly<Record<string, Numbers>>,
  out: Numbers,
): Promise<Contender> {
  const { inp, weight, bias } = filled;
  const C = dims['NH'] * dims['HS'];
  const part = (i: number) => columns(filled['qkv'], dims['T'], 3 * C, i * C, C);
  switch (op) {
    case 'matmul':
      return peer.matmul(filled['a'], filled['b'], out, dims);
    case 'matvec':
      return peer.matvec(inp, weight, out, dims);
    case 'softmax':
      return peer.softmax(inp, out, dims);
    case 'layernorm':
      return peer.layernorm(inp, weight, bias, out, dims);
    case 'attention':
      return peer.attention(part(0), part(1), part(2), out, dims);
    default:
      throw new Error(`no peer has an op "${op}"; they have matmul, matvec, softmax, layernorm, attention`);
  }
}

/** One kernel against every peer. */
export async function kernelBars(
  bench: Bench,
  peers: readonly PagePeer[],
  op: string,
  dims: Dims,
  options: Options,
  how: Effort,
  report: Report,
): Promise<void> {
  const { exercise, kernel } = await ours(bench, op, dims, options);
  const filled = exercise.filled as Readonly<Record<string, Numbers>>;
  const rivals: { title: string; candidate: Contender }[] = [];
  for (const peer of peers) {
    report.log(`${op}: checking ${peer.title}`);
    try {
      const candidate = await theirs(peer, op, dims, filled, exercise.want['out'] as Numbers);
      rivals.push({ title: peer.title, candidate });
    } catch (error) {
      report.note(`${peer.title}, ${op}: ${why(error)}`);
    }
  }
  report.log(`${op}: measuring`);
  const [own, ...others] = await measure([kernel.candidate, ...rivals.map((r) => r.candidate)], how);
  const wrong = await kernel.consume();
  kernel.close();
  if (wrong) throw new Error(wrong);
  const size = Object.entries(dims)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');
  for (const [i, timing] of others.entries())
    report.over(`${op} ${size}`, rivals[i].title, own.samples, timing.samples, kernel.variant);
}
