/**
 * The correctness gate of one variant on one case: numbers against the f64 reference, guard words behind each region, outputs
 * poisoned before the run, the same bits twice. Tests and bench share it: no number for a wrong kernel.
 */
import { caseName, fillCase, runReference, type Case } from '../kernels/cases/index.ts';
import { fillOptions, type Knobs, type Op, type Options, portElem, portPresent, type Variant } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import type { Engine, Facts, Plan, Region, Runner } from '../plan/types.ts';
import { fromHalf, toHalf } from '../files/half.ts';
import { GUARD_BYTES, loadOptions, planOf } from './one_step.ts';

const POISON = 0x7fc0dead; // a NaN: shows elements that were not written, or read by mistake

export type Filled = Readonly<Record<string, Float32Array | Uint32Array>>;
export type Wanted = Readonly<Record<string, Float64Array | Float32Array | Uint32Array>>;

export interface Checked {
  /** '' when right, 'unfit' when the variant does not take this case, else the first thing that is wrong. */
  readonly problem: string;
  /** Bytes of each output by port; empty when unfit. */
  readonly outputs: Readonly<Record<string, ArrayBuffer>>;
}

export interface CheckOptions {
  readonly seed: number;
  readonly knobs?: Knobs;
  /** Inputs and expected outputs, if the caller has them already. */
  readonly filled?: Filled;
  readonly want?: Wanted;
}

/** What the variant needs and this adapter lacks; '' if nothing. */
export function missingFeatures(variant: Variant, facts: Facts): string {
  return (variant.needs ?? []).filter((need) => !facts[need]).join(' and ');
}

/** A port's contents as an engine's words (f16 in pairs). */
export function portWords(values: Float32Array | Uint32Array, elem: Region['elem']): Uint32Array<ArrayBuffer> {
  if (values instanceof Uint32Array) return new Uint32Array(values);
  if (elem === 'f16') {
    const words = new Uint32Array(Math.ceil(values.length / 2));
    new Uint16Array(words.buffer).set(Uint16Array.from(values, toHalf));
    return words;
  }
  return new Uint32Array(new Float32Array(values).buffer);
}

/** Can the variant run the case at all? */
export function takesCase(variant: Variant, c: Case, facts: Facts): boolean {
  return variant.fits?.(c.dims, fillOptions(findOp(c.op), c.options ?? {}), facts) ?? true;
}

/** Runs the case twice on the engine and checks everything that comes out. */
export async function checkCase(engine: Engine, variant: Variant, c: Case, given: CheckOptions): Promise<Checked> {
  const op = findOp(c.op);
  const options = fillOptions(op, c.options ?? {});
  if (!takesCase(variant, c, engine.facts)) return { problem: 'unfit', outputs: {} };
  const filled = given.filled ?? fillCase(c, op, given.seed);
  const want = given.want ?? runReference(c, filled);
  const plan = planOf({
    op,
    dims: c.dims,
    options,
    scalars: c.scalars ?? {},
    facts: engine.facts,
    variant,
    ...(given.knobs ? { knobs: given.knobs } : {}),
  });
  const scope = engine.open(`check ${c.op}`);
  try {
    const runner = await scope.load(plan, loadOptions(op, variant));
    const outputs = await runOnce(runner, op, options, filled);
    const again = await runOnce(runner, op, options, filled);
    const differing = Object.keys(outputs).find((name) => !sameBytes(outputs[name], again[name]));
    const problem = compareOutputs(outputs, want, c) || (differing ? `${differing} differs between two runs` : '');
    return { problem: problem && `${variant.name}: ${problem} in ${caseName(c)}, seed ${given.seed}`, outputs };
  } finally {
    scope.close();
  }
}

/** The variant's problem with the case as `checkCase` tells it. */
export async function checkVariant(
  engine: Engine,
  variant: Variant,
  c: Case,
  seed: number,
  knobs?: Knobs,
): Promise<string> {
  return (await checkCase(engine, variant, c, { seed, ...(knobs ? { knobs } : {}) })).problem;
}

export function sameBytes(a: ArrayBuffer, b: ArrayBuffer): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const [x, y] = [new Uint8Array(a), new Uint8Array(b)];
  return x.every((byte, i) => byte === y[i]);
}

/** Poisons every region and its guard, fills the inputs, runs, and returns the outputs' bytes. Throws when a guard word was overwritten. */
export async function runOnce(
  runner: Runner,
  op: Op,
  options: Options,
  filled: Filled,
): Promise<Record<string, ArrayBuffer>> {
  const { plan } = runner;
  const names = Object.keys(plan.values);
  const wholes = names.map((name): Region => ({ ...plan.values[name], bytes: arenaBytes(plan, plan.values[name]) }));
  for (const whole of wholes) runner.write(whole, new Uint32Array(whole.bytes / 4).fill(POISON));
  for (const port of op.ports)
    if (portPresent(port, options) && port.dir !== 'out')
      runner.write(plan.values[port.name], portWords(filled[port.name], portElem(port, options)));
  runner.run();
  const buffers = await runner.read(...wholes);
  const result: Record<string, ArrayBuffer> = {};
  names.forEach((name, i) => {
    const { bytes } = plan.values[name];
    const behind = new Uint32Array(buffers[i], Math.ceil(bytes / 4) * 4);
    const hit = behind.findIndex((word) => word !== POISON);
    if (hit >= 0)
      throw new Error(`${op.name}: ${name} was written ${hit} words beyond its end (of ${GUARD_BYTES / 4} guarded)`);
    if (op.ports.some((port) => port.name === name && port.dir !== 'in')) result[name] = buffers[i].slice(0, bytes);
  });
  return result;
}

function arenaBytes(plan: Plan, region: Region): number {
  return plan.arenas.find((a) => a.name === region.arena)!.bytes;
}

/** Bytes of a port as numbers. */
export function portNumbers(bytes: ArrayBuffer, elem: Region['elem']): Float32Array | Uint32Array {
  if (elem === 'u32') return new Uint32Array(bytes);
  return elem === 'f16' ? Float32Array.from(new Uint16Array(bytes), fromHalf) : new Float32Array(bytes);
}

/** '' or the worst element of the first wrong port. `slack` widens the tolerance when `want` itself is rounded. */
export function compareOutputs(
  outputs: Readonly<Record<string, ArrayBuffer>>,
  want: Wanted,
  c: Case,
  slack = 1,
): string {
  const op = findOp(c.op);
  const options = fillOptions(op, c.options ?? {});
  const { abs, rel } = op.tolerance(c.dims, options);
  for (const [name, values] of Object.entries(want)) {
    const elem = portElem(
      op.ports.find((p) => p.name === name)!,
      options,
    );
    const problem = comparePort(portNumbers(outputs[name], elem), values, elem, slack * abs, slack * rel);
    if (problem) return name + problem;
  }
  return '';
}

/** Integers, NaN and infinity must be equal; other numbers must lie within the tolerance. */
function comparePort(
  got: Float32Array | Uint32Array,
  want: Wanted[string],
  elem: Region['elem'],
  abs: number,
  rel: number,
): string {
  let worst = 0;
  let at = -1;
  for (let i = 0; i < want.length; i++) {
    const exact = elem === 'u32' || !Number.isFinite(want[i]);
    const error = exact
      ? Object.is(got[i], want[i])
        ? 0
        : Infinity
      : Math.abs(got[i] - want[i]) / (abs + rel * Math.abs(want[i]) + 1e-38);
    const excess = Number.isNaN(error) ? Infinity : error;
    if (excess > 1 && excess > worst) {
      worst = excess;
      at = i;
    }
  }
  return at < 0 ? '' : `[${at}]: got ${got[at]}, want ${want[at]} (${worst.toFixed(1)}× the tolerance)`;
}
