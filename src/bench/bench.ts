/** Measures kernels of any engine against its roofs: gate, load, interleave, check again, compute. */
import type { Case } from '../kernels/cases/index.ts';
import { fillOptions, type Knobs, opBytes, type Variant } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { type Bench, type Exercise, type Kernel, openKernel, prepare } from './kernel.ts';
import { measure, type MeasureOptions, type Timing } from './measure.ts';
import type { KernelRow, RoofRow, Share, Times } from './record.ts';
import { COLD_BYTES, type Probe, quantumOf, quick, type Roofs, runnable } from './roofs.ts';
import { median, medianInterval } from './stats.ts';

/**
 * One line of a benchmark before it is measured.
 *
 * @example
 * const c = instance('gelu', { N: 2 ** 20 });
 * const job: Job = { case: c, variant: choose(findOp('gelu'), c.dims, c.options!, bench.engine.facts).variant, cache: 'hot' };
 */
export interface Job {
  readonly case: Case;
  readonly variant: Variant;
  readonly knobs?: Knobs;
  readonly cache: 'hot' | 'cold';
}

/** Sets of buffers used in turn: enough to exceed the caches, within reason. */
const MOST_COPIES = 64;
const coldCopies = (bytes: number): number => Math.max(2, Math.min(MOST_COPIES, Math.ceil(COLD_BYTES / bytes)));

/** The most seconds for one turn through all buffers. */
const LONGEST_LOT = 0.25;

/** Below so many operations per byte, memory is the limit on every device: such kernels are measured with cold caches too. */
const MEMORY_BOUND = 4;

/**
 * Jobs of one instance: every variant that runs here (or the named one), hot, and cold where memory is the limit.
 *
 * @throws Error when there is no such op or option, or no variant of it runs here at these dims
 * @example
 * const jobs = jobsOf(bench, instance('softmax', { R: 512, C: 512 }), { cold: false });
 */
export function jobsOf(
  bench: Bench,
  c: Case,
  selection: { readonly variant?: string | undefined; readonly knobs?: Knobs; readonly cold?: boolean } = {},
): Job[] {
  const op = findOp(c.op);
  const options = fillOptions(op, c.options ?? {});
  const all = runnable(op, c.dims, options, bench.engine.facts);
  const variants = selection.variant ? all.filter((v) => v.name === selection.variant) : quick(all);
  if (!variants.length)
    throw new Error(
      `op ${c.op} has no variant ${selection.variant ?? ''} that runs here at these dims; there are ${all.map((v) => v.name).join(', ') || 'none'}`,
    );
  const bound = op.flops(c.dims, options) / opBytes(op, c.dims, options) < MEMORY_BOUND;
  const caches = bound && (selection.cold ?? true) ? (['hot', 'cold'] as const) : (['hot'] as const);
  return variants.flatMap((variant) =>
    caches.map((cache) => ({ case: c, variant, cache, ...(selection.knobs ? { knobs: selection.knobs } : {}) })),
  );
}

export interface GroupResult {
  readonly rows: readonly KernelRow[];
  readonly roofs: readonly RoofRow[];
  /** Kernels that were not reached within half of the budget: `matmul/quad hot`. */
  readonly left: readonly string[];
}

export const timesOf = ({ median, interval, min, samples, reps, dropped }: Timing): Times => ({
  median,
  interval,
  min,
  samples,
  reps,
  dropped,
});

const shareOf = (ratios: readonly number[]): Share => ({ value: median(ratios), interval: medianInterval(ratios) });

/** The kernel of a job, or what is wrong with it. A slow kernel gets fewer sets of buffers, because it does not wait for memory anyway. */
async function open(bench: Bench, exercise: Exercise, job: Job): Promise<Kernel | string> {
  const knobs = job.knobs ? { knobs: job.knobs } : {};
  try {
    const kernel = await openKernel(bench, exercise, job.variant, knobs);
    if (job.cache === 'hot' || typeof kernel === 'string') return kernel;
    const seconds = await kernel.candidate.run(1);
    kernel.close();
    const copies = Math.min(coldCopies(kernel.bytes), Math.max(4, Math.floor(LONGEST_LOT / Math.max(seconds, 1e-9))));
    return await openKernel(bench, exercise, job.variant, { copies, ...knobs });
  } catch (error) {
    return `${job.variant.name}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * Measures the jobs and the roofs in the same interleaved rounds. A kernel that fails its gate gets a row without a number. Gates and
 * compilers get half of the budget; kernels that they do not reach in that time are left out.
 *
 * @param options `budget` in seconds counts gates and compilers too
 * @throws Error when an instance is too large for the f64 reference and no variant is right on the op's small cases
 * @throws Error when the clock shows no time for a contender six times in a row
 * @example
 * const roofs = await openRoofs(bench);
 * const { rows } = await benchJobs(bench, roofs, jobsOf(bench, largestCase('softmax')), { budget: 10 });
 * for (const { variant, times, check } of rows) console.log(variant, times?.median, 's', check);
 */
export async function benchJobs(
  bench: Bench,
  roofs: Roofs,
  jobs: readonly Job[],
  options: MeasureOptions = {},
): Promise<GroupResult> {
  const exercises = new Map<Case, Exercise>();
  const opened: (Kernel | string)[] = [];
  const probes: { kind: RoofRow['kind']; probe: Probe }[] = [
    { kind: 'fma', probe: roofs.fma },
    { kind: 'copy', probe: roofs.copy },
    ...(jobs.some((job) => job.cache === 'cold') && roofs.copyCold !== roofs.copy
      ? [{ kind: 'copy cold' as const, probe: roofs.copyCold }]
      : []),
  ];
  const { budget = Infinity, now = () => performance.now(), onProgress } = options;
  const began = now();
  const seconds = () => (now() - began) / 1000;
  const taken: Job[] = [];
  const left: string[] = [];
  try {
    for (const [i, job] of jobs.entries()) {
      const name = `${job.case.op}/${job.variant.name}`;
      if (seconds() > budget / 2 && opened.some((kernel) => typeof kernel !== 'string')) {
        left.push(`${name} ${job.cache}`);
        continue;
      }
      onProgress?.({ phase: 'check', name, done: i, of: jobs.length });
      taken.push(job);
      const variants = jobs.filter((j) => j.case === job.case).map((j) => j.variant);
      let exercise = exercises.get(job.case);
      if (!exercise) exercises.set(job.case, (exercise = await prepare(bench.engine, job.case, variants)));
      opened.push(await open(bench, exercise, job));
    }
    const right = opened.filter((kernel): kernel is Kernel => typeof kernel !== 'string');
    const timings = await measure([...probes.map(({ probe }) => probe.candidate), ...right.map((k) => k.candidate)], {
      ...quantumOf(bench),
      ...options,
      budget: Math.max(budget / 2, budget - seconds()),
    });
    const roofTimings = timings.slice(0, probes.length);
    const timing = new Map(right.map((kernel, i) => [kernel, timings[probes.length + i]]));
    const rows: KernelRow[] = [];
    for (const [i, job] of taken.entries()) {
      const kernel = opened[i];
      const { against } = exercises.get(job.case)!;
      const problem = typeof kernel === 'string' ? kernel : await kernel.consume();
      rows.push(
        problem || typeof kernel === 'string'
          ? refused(job, problem, against)
          : row(job, kernel, timing.get(kernel)!, against, probes, roofTimings),
      );
    }
    return {
      rows,
      left,
      roofs: probes.map(({ kind, probe }, i) => ({
        kind,
        name: probe.name,
        rate: probe.amount / roofTimings[i].median,
        times: timesOf(roofTimings[i]),
      })),
    };
  } finally {
    for (const kernel of opened) if (typeof kernel !== 'string') kernel.close();
  }
}

function base({
  case: c,
  variant,
  cache,
  knobs = {},
}: Job): Pick<KernelRow, 'op' | 'variant' | 'dims' | 'options' | 'cache' | 'knobs' | 'flops' | 'bytes' | 'intensity'> {
  const op = findOp(c.op);
  const options = fillOptions(op, c.options ?? {});
  const [flops, bytes] = [op.flops(c.dims, options), opBytes(op, c.dims, options)];
  const set = Object.fromEntries(Object.entries(options).filter(([name, value]) => value !== op.options[name][0]));
  return {
    op: c.op,
    variant: variant.name,
    knobs,
    dims: c.dims,
    options: set,
    cache,
    flops,
    bytes,
    intensity: flops / bytes,
  };
}

const refused = (job: Job, check: string, against: string): KernelRow => ({ ...base(job), check, against });

function row(
  job: Job,
  kernel: Kernel,
  timing: Timing,
  against: string,
  probes: readonly { kind: RoofRow['kind']; probe: Probe }[],
  roofs: readonly Timing[],
): KernelRow {
  const made = base(job);
  const { flops, bytes } = made;
  const per = (kind: RoofRow['kind']) => {
    const i = probes.findIndex((p) => p.kind === kind);
    return i < 0 ? undefined : roofs[i].samples.map((seconds) => probes[i].probe.amount / seconds);
  };
  const fma = per('fma')!;
  const copy = (job.cache === 'cold' && per('copy cold')) || per('copy')!;
  const share = (roof: (i: number) => number) => shareOf(timing.samples.map((seconds, i) => roof(i) / seconds));
  return {
    ...made,
    knobs: kernel.knobs,
    check: '',
    against,
    coldStart: kernel.coldStart,
    times: timesOf(timing),
    gflops: flops / timing.median / 1e9,
    gbps: bytes / timing.median / 1e9,
    // seconds at the roof over seconds taken, in the same round
    ofFma: share((i) => flops / fma[i]),
    ofCopy: share((i) => bytes / copy[i]),
    ofRoof: share((i) => Math.max(flops / fma[i], bytes / copy[i])),
  };
}

/**
 * The best of each roof over several groups.
 *
 * @example
 * const roofs = bestRoofs([...before.roofs, ...after.roofs]);
 * for (const { kind, rate } of roofs) console.log(kind, rate); // FLOP/s or bytes/s
 */
export function bestRoofs(all: readonly RoofRow[]): RoofRow[] {
  const kinds = [...new Set(all.map((r) => r.kind))];
  return kinds.map((kind) => all.filter((r) => r.kind === kind).reduce((best, r) => (r.rate > best.rate ? r : best)));
}
