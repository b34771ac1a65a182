/** Every kernel of a plan against the f64 reference, on the engine that runs it. */
import { checkCase } from '../bench/check.ts';
import { instance } from '../bench/instance.ts';
import { caseName, cases, type Case } from '../kernels/cases/index.ts';
import { fillOptions, opBytes, type Op, type Variant, variantsOf } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { DeviceLostError } from '../plan/errors.ts';
import type { Engine, KernelText, Plan, PlanStep } from '../plan/types.ts';
import type { CheckTold } from './verification.ts';

/**
 * An instance above this (flops and bytes) is made smaller: the reference would take longer than all the rest. On a GPU other dims may
 * mean another text to compile, which takes longer than that.
 */
const MOST_WORK = { cpu: 2 ** 17, gpu: 2 ** 22 } as const;
const SEED = 1;
/** Letters that may be made smaller without another kernel being needed. */
const LONG = ['V', 'N', 'TMAX', 'T', 'S', 'R'];

/** A kernel that a plan uses, with one instance of it. */
export interface Used {
  readonly step: PlanStep;
  readonly what: string;
}

export interface KernelCheck {
  readonly what: string;
  /** '' when it is right. */
  readonly problem: string;
  readonly note: string;
  readonly told: CheckTold;
}

/** Each op with variant, knobs and options once: the smallest instance. */
export function usedKernels(plans: readonly Plan[]): Used[] {
  const used = new Map<string, Used>();
  for (const step of plans.flatMap(({ steps }) => steps)) {
    const { op, variant, knobs, options } = step;
    const key = JSON.stringify([op, variant, knobs, options]);
    const known = used.get(key);
    if (!known || step.flops < known.step.flops) used.set(key, { step, what: `${op}/${variant}` });
  }
  return [...used.values()];
}

/** Runs the kernel on an instance of the plan's own dims and options, so that nothing new is compiled, with numbers of ours. */
export async function checkKernel(
  engine: Engine,
  { step, what }: Used,
  edited: readonly KernelText[] = [],
): Promise<KernelCheck> {
  const op = findOp(step.op);
  const shipped = variantsOf(op, engine.facts).find(({ name }) => name === step.variant);
  if (!shipped) return { what, problem: '', note: 'a kernel of another engine', told: 'elsewhere' };
  const text = edited.find((one) => one.op === step.op && one.name === step.variant);
  const variant: Variant = text ? { ...shipped, ...text, name: shipped.name } : shipped;
  const c = caseFor(op, variant, step, engine);
  if (!c) return { what, problem: '', note: 'no case for it', told: 'no-case' };
  try {
    const { problem } = await checkCase(engine, variant, c, { seed: SEED, knobs: step.knobs });
    const wrong = problem === 'unfit' ? '' : problem;
    return { what, problem: wrong, note: wrong || caseName(c), told: wrong ? 'wrong' : 'case' };
  } catch (error) {
    if (error instanceof DeviceLostError) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    return { what, problem, note: problem, told: 'wrong' };
  }
}

function caseFor(op: Op, variant: Variant, step: PlanStep, engine: Engine): Case | undefined {
  const { options } = step;
  const most = MOST_WORK[engine.facts.engine];
  const takes = (dims: PlanStep['dims']) => variant.fits?.(dims, options, engine.facts) ?? true;
  const work = (dims: PlanStep['dims']) => op.flops(dims, options) + opBytes(op, dims, options);
  let { dims } = step;
  for (const letter of LONG) {
    while (letter in dims && dims[letter] > 64 && work(dims) > most) {
      const smaller = { ...dims, [letter]: Math.ceil(dims[letter] / 8) * 4 };
      if (!takes(smaller)) break;
      dims = smaller;
    }
  }
  try {
    return { ...instance(op.name, dims, options), scalars: step.scalars };
  } catch {
    // nobody has said what numbers such ports hold: a case of the tests with these options
    const same = JSON.stringify(Object.entries(fillOptions(op, options)));
    return cases.find(
      (c) =>
        c.op === op.name &&
        c.size !== 'wide' &&
        !c.note?.includes('NaN') &&
        JSON.stringify(Object.entries(fillOptions(op, c.options ?? {}))) === same &&
        takes(c.dims),
    );
  }
}
