/** The measured roofs of an adapter: the fastest multiply-adds and the fastest copy kernel that we can write for it. */
import { obstacle } from '../kernels/choose.ts';
import { plainLoops } from '../kernels/cpu.ts';
import { defaultKnobs, fillOptions, type Op, type Variant, variantsOf } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import type { Facts } from '../plan/types.ts';
import { instance } from './instance.ts';
import { type Bench, type Kernel, openKernel, prepare } from './kernel.ts';
import { type Contender, measure, type MeasureOptions } from './measure.ts';

/** One roof: a candidate that is measured beside the kernels, and the amount of work in one repetition. */
export interface Probe {
  readonly candidate: Contender;
  /** `fma_peak/vec4 N=… I=…`. */
  readonly name: string;
  /** Floating-point operations or bytes of one repetition. */
  readonly amount: number;
  /** Frees what it holds on the device. */
  close(): void;
}

/** The peaks of a machine as kernels that reach them: arithmetic, and memory near and far. */
export interface Roofs {
  readonly fma: Probe;
  /** The same buffers again and again, in whatever cache holds them. */
  readonly copy: Probe;
  /** Many buffers in turn, together larger than the caches: main memory. */
  readonly copyCold: Probe;
}

/** Total bytes of buffers used in turn: more than caches hold. */
export const COLD_BYTES = 2 ** 28;

/** The variants of an op that can run here, in the record's order. */
export function runnable(
  op: Op,
  dims: Readonly<Record<string, number>>,
  options: Readonly<Record<string, number>>,
  facts: Facts,
): Variant[] {
  return variantsOf(op, facts).filter((v) => !obstacle(v, defaultKnobs(v), dims, options, facts));
}

/** Those worth measuring by default. Plain loops take seconds, and no plan uses them when there is a kernel. */
export const quick = (variants: readonly Variant[]): readonly Variant[] =>
  variants.length > 1 ? variants.filter((v) => v !== plainLoops) : variants;

/** Opens every variant of a probe, times them briefly, and keeps the fastest. */
async function best(bench: Bench, op: string, dims: Readonly<Record<string, number>>, copies: number): Promise<Kernel> {
  const c = instance(op, dims);
  const options = fillOptions(findOp(op), c.options ?? {});
  const variants = quick(runnable(findOp(op), dims, options, bench.engine.facts));
  const exercise = await prepare(bench.engine, c, variants);
  const kernels: Kernel[] = [];
  for (const variant of variants) {
    const opened = await openKernel(bench, exercise, variant, { copies });
    if (typeof opened === 'string') throw new Error(`roof probe refused: ${opened}`);
    kernels.push(opened);
  }
  if (kernels.length === 1) return kernels[0];
  const timings = await measure(
    kernels.map((k) => k.candidate),
    { samples: 5, budget: 3, ...quantumOf(bench) },
  );
  const order = kernels.map((_, i) => i).sort((a, b) => timings[a].min - timings[b].min);
  for (const i of order.slice(1)) kernels[i].close();
  return kernels[order[0]];
}

export const quantumOf = ({ clock }: Bench): { quantum?: number } => (clock ? { quantum: clock.quantum } : {});

const asProbe = (kernel: Kernel, amount: number, dims: object): Probe => ({
  candidate: { ...kernel.candidate, name: `roof ${kernel.candidate.name}` },
  name: `${kernel.candidate.name} ${Object.entries(dims)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ')}${kernel.copies > 1 ? `, ${kernel.copies} buffers in turn` : ''}`,
  amount,
  close: () => kernel.close(),
});

/**
 * Opens the probes for this engine. Choosing the best variant takes some seconds.
 *
 * @throws Error when a probe is wrong on this device
 * @throws Error when the clock shows no time for a contender six times in a row
 * @example
 * const roofs = await openRoofs(bench, { onProgress: ({ done, of }) => console.log(done, of) });
 * console.log(roofs.fma.name, roofs.copy.name);
 */
export async function openRoofs(bench: Bench, { onProgress }: Pick<MeasureOptions, 'onProgress'> = {}): Promise<Roofs> {
  const { facts } = bench.engine;
  // many times more invocations than the device has lanes, for some milliseconds each
  const fmaDims = facts.software ? { N: 2 ** 13, I: 256 } : { N: 2 ** 22, I: 512 };
  const copyDims = { N: facts.software ? 2 ** 20 : 2 ** 26 };
  const begin = (name: string, done: number) => onProgress?.({ phase: 'roofs', name, done, of: 3 });
  begin('fma_peak', 0);
  const fma = await best(bench, 'fma_peak', fmaDims, 1);
  begin('copy', 1);
  const copy = await best(bench, 'copy', copyDims, 1);
  begin('copy, cold', 2);
  // on a GPU the large buffers exceed the caches anyway
  const copyCold = facts.software ? await best(bench, 'copy', copyDims, COLD_BYTES / (8 * copyDims.N)) : copy;
  return {
    fma: asProbe(fma, fma.flops, fmaDims),
    copy: asProbe(copy, copy.bytes, copyDims),
    copyCold: asProbe(copyCold, copyCold.bytes, copyDims),
  };
}
