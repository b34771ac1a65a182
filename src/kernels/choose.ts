/** Which variant with which knobs computes an op instance on a device: pure rules, overridden by a tuning table. */
import { plainLoops } from './cpu.ts';
import type { Dims, Facts, GpuVariant, Knobs, Op, Options, Variant } from './op.ts';
import { defaultKnobs, variantsOf } from './op.ts';

/** What chose a variant: the rules, a tuning table, or a check that found another one wrong on this device. */
export type ChosenBy = 'rule' | 'tuner' | 'check';

/** The variant that will compute an op instance, and why. */
export interface Choice {
  readonly variant: Variant;
  readonly knobs: Knobs;
  /** For people: the rule, the table, or what was missing. */
  readonly why: string;
  readonly by: ChosenBy;
}

/** A tuner's result for one op instance; without dims and options, for every instance. */
export interface TableEntry {
  readonly op: string;
  readonly dims?: Dims;
  readonly options?: Options;
  readonly variant: string;
  readonly knobs: Knobs;
  /** For people. Default: 'tuned on this device'. */
  readonly why?: string;
  /** What found it. Default: a tuner. */
  readonly by?: Exclude<ChosenBy, 'rule'>;
}

/**
 * A tuner's results: they go before the rules.
 *
 * @example
 * const table: Table = [{ op: 'gelu', dims: { N: 1024 }, options: { ERF: 0 }, variant: 'vec4', knobs: { WG: 128, PER: 4 } }];
 * const model = await openModel('austen', { table });
 */
export type Table = readonly TableEntry[];

const same = (a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([k, v]) => b[k] === v);

/** Why a variant cannot run here; '' when it can. */
export function obstacle(variant: Variant, knobs: Knobs, dims: Dims, options: Options, facts: Facts): string {
  for (const need of variant.needs ?? [])
    if (!facts[need]) return `this device lacks ${need === 'f16' ? 'shader-f16' : need}`;
  if (variant.fits && !variant.fits(dims, options, facts)) return 'it does not take these dims or options';
  return isGpu(variant) ? overLimits(variant, knobs, dims, options, facts) : '';
}

const isGpu = (variant: Variant): variant is GpuVariant => 'workgroup' in variant;

function overLimits(variant: GpuVariant, knobs: Knobs, dims: Dims, options: Options, { limits }: Facts): string {
  const [x, y, z] = variant.workgroup(knobs);
  if (x * y * z > limits.maxComputeInvocationsPerWorkgroup || x > limits.maxComputeWorkgroupSizeX)
    return `its workgroup ${x}×${y}×${z} is over this device's ${limits.maxComputeInvocationsPerWorkgroup} invocations`;
  const bytes = variant.workgroupBytes?.(knobs, dims, options) ?? 0;
  if (bytes > limits.maxComputeWorkgroupStorageSize)
    return `its ${bytes} bytes of workgroup memory are over this device's ${limits.maxComputeWorkgroupStorageSize}`;
  return '';
}

/**
 * The best variant for the instance. A tuned entry of `table` goes before the rules.
 *
 * @param dims sizes by letter, in elements
 * @param options every option of the op; 0 switches it off
 * @throws Error that names each variant and its obstacle, when none can run
 * @example
 * const { variant, why } = choose(findOp('gelu'), { N: 1024 }, { ERF: 0 }, engine.facts);
 * console.log(variant.name, why);
 */
export function choose(op: Op, dims: Dims, options: Options, facts: Facts, table: Table = []): Choice {
  const variants = variantsOf(op, facts);
  const tuned = table.find(
    (e) => e.op === op.name && same(e.dims ?? dims, dims) && same(e.options ?? options, options),
  );
  if (tuned) {
    const variant = variants.find((v) => v.name === tuned.variant);
    if (variant && !obstacle(variant, tuned.knobs, dims, options, facts))
      return { variant, knobs: tuned.knobs, why: tuned.why ?? 'tuned on this device', by: tuned.by ?? 'tuner' };
  }
  let best: Choice | undefined;
  let bestScore = -Infinity;
  const obstacles: string[] = [];
  for (const variant of variants) {
    const knobs = defaultKnobs(variant);
    const problem = obstacle(variant, knobs, dims, options, facts);
    if (problem) {
      obstacles.push(`${variant.name}: ${problem}`);
      continue;
    }
    const score = variant.score(dims, options, facts);
    if (score > bestScore) {
      bestScore = score;
      best = { variant, knobs, why: variant.about, by: 'rule' };
    }
  }
  if (best) return best;
  const set = Object.entries(options).filter(([, v]) => v);
  throw new Error(
    `no variant of ${op.name} can run with ${JSON.stringify(dims)} ${set.map(([k, v]) => `${k}=${v}`).join(' ')}: ${obstacles.join('; ') || 'it has none'}`,
  );
}

/**
 * Whether a merge of several ops into one is worth having when this variant runs it: on a software adapter barriers would eat the gain,
 * on the CPU engine plain loops.
 */
export function worthMerging(variant: Variant, facts: Facts): boolean {
  return isGpu(variant) ? !facts.software || Boolean(variant.barrierFree) : variant !== plainLoops;
}
