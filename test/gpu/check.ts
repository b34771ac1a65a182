/** The correctness gate of one variant on one case; the bench uses the same rules. */
import { caseName, fillCase, runReference, type Case } from '../../src/kernels/cases.ts';
import type { GpuEngine } from '../../src/kernels/engine.ts';
import { fillOptions, type Knobs, type Op, portElem, portPresent, type Variant } from '../../src/kernels/op.ts';
import { fromHalf, toHalf } from '../../src/reference/half.ts';
import type { Facts, Plan, Region } from '../../src/plan/types.ts';
import { GUARD_BYTES, planOf } from '../plan-of.ts';

/** Does this adapter have what the variant needs? */
export function runsHere(variant: Variant, facts: Facts): boolean {
  return (variant.needs ?? []).every((need) => facts[need]);
}

const POISON = 0x7fc0dead; // a NaN: an element that was not written, or was read though it should not be, shows

function bits(values: Float32Array | Uint32Array, elem: Region['elem']): Uint32Array<ArrayBuffer> {
  if (values instanceof Uint32Array) return new Uint32Array(values);
  if (elem === 'f16') {
    const words = new Uint32Array(Math.ceil(values.length / 2));
    new Uint16Array(words.buffer).set(Uint16Array.from(values, toHalf));
    return words;
  }
  return new Uint32Array(new Float32Array(values).buffer);
}

/** '' when right, 'unfit' when the variant does not take this case, else the first thing that is wrong. */
export async function checkVariant(engine: GpuEngine, op: Op, variant: Variant, c: Case, seed: number, knobs?: Knobs): Promise<string> {
  const options = fillOptions(op, c.options ?? {});
  if (variant.fits && !variant.fits(c.dims, options, engine.facts)) return 'unfit';
  const filled = fillCase(c, op, seed);
  const want = runReference(c, filled);
  const plan = planOf({ op, dims: c.dims, options, scalars: c.scalars ?? {}, facts: engine.facts, variant, ...(knobs ? { knobs } : {}) });
  const runner = await engine.load(plan);
  try {
    const first = await runOnce(engine, plan, op, options, filled, runner);
    for (const port of op.ports) {
      if (port.dir === 'in' || !portPresent(port, options)) continue;
      const problem = compare(first[port.name], want[port.name], op, c, portElem(port, options), options);
      if (problem) return `${variant.name}: ${port.name}${problem}`;
    }
    const second = await runOnce(engine, plan, op, options, filled, runner);
    for (const name of Object.keys(first))
      if (Buffer.compare(Buffer.from(first[name]), Buffer.from(second[name])) !== 0) return `${variant.name}: ${name} differs between two runs`;
    return '';
  } finally {
    runner.destroy();
  }
}

async function runOnce(
  engine: GpuEngine,
  plan: Plan,
  op: Op,
  options: Readonly<Record<string, number>>,
  filled: Readonly<Record<string, Float32Array | Uint32Array>>,
  runner: { run(): void },
): Promise<Record<string, ArrayBuffer>> {
  const whole = (region: Region): Region => ({ ...region, bytes: arenaBytes(plan, region) });
  for (const region of Object.values(plan.values)) engine.write(whole(region), new Uint32Array(arenaBytes(plan, region) / 4).fill(POISON));
  for (const port of op.ports)
    if (portPresent(port, options) && port.dir !== 'out') engine.write(plan.values[port.name], bits(filled[port.name], portElem(port, options)));
  runner.run();
  const names = Object.keys(plan.values).filter((name) => name !== 'workspace');
  const buffers = await engine.read(...Object.keys(plan.values).map((name) => whole(plan.values[name])));
  const result: Record<string, ArrayBuffer> = {};
  Object.keys(plan.values).forEach((name, i) => {
    const region = plan.values[name];
    const words = new Uint32Array(buffers[i], Math.ceil(region.bytes / 4) * 4);
    const hit = words.findIndex((w) => w !== POISON);
    if (hit >= 0) throw new Error(`${op.name}: ${name} was written ${hit} words behind its end (of ${GUARD_BYTES / 4} guarded)`);
    if (names.includes(name)) result[name] = buffers[i].slice(0, region.bytes);
  });
  return result;
}

function arenaBytes(plan: Plan, region: Region): number {
  return plan.arenas.find((a) => a.name === region.arena)!.bytes;
}

/** '' or `[i]: got …, want …`. NaN and infinity are compared on bits, numbers within the op's tolerance. */
function compare(
  bytes: ArrayBuffer,
  want: Float64Array | Uint32Array,
  op: Op,
  c: Case,
  elem: Region['elem'],
  options: Readonly<Record<string, number>>,
): string {
  if (elem === 'u32') {
    const got = new Uint32Array(bytes);
    const i = got.findIndex((x, j) => x !== want[j]);
    return i < 0 ? '' : `[${i}]: got ${got[i]}, want ${want[i]} in ${caseName(c)}`;
  }
  const got = elem === 'f16' ? Float32Array.from(new Uint16Array(bytes), fromHalf) : new Float32Array(bytes);
  const { abs, rel } = op.tolerance(c.dims, options);
  let worst = 0;
  let at = -1;
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(got[i] - want[i]);
    const excess = Number.isFinite(want[i]) ? error / (abs + rel * Math.abs(want[i]) + 1e-38) : Object.is(got[i], want[i]) ? 0 : Infinity;
    if (!(excess <= 1) && !(excess <= worst)) {
      worst = excess;
      at = i;
    }
  }
  return at < 0 ? '' : `[${at}]: got ${got[at]}, want ${want[at]} (${worst.toFixed(1)}× the tolerance) in ${caseName(c)}`;
}
