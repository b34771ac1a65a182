/**
 * START READING HERE: before an engine's answers are trusted, every kernel in use is compared with the f64 reference, and a shipped model
 * must say its golden tokens. What is wrong steps down: f16 storage to f32, the kernel to the naive one, the GPU to the CPU. Loaded
 * when somebody asks; it takes turns with the lanes.
 */
import { defaultKnobs, variantsOf } from '../kernels/op.ts';
import { completeOps } from '../kernels/complete.ts';
import type { TableEntry } from '../kernels/choose.ts';
import { findOp } from '../kernels/registry.ts';
import type { KernelText } from '../plan/types.ts';
import type { EnginePreference } from '../session/choose_engine.ts';
import type { LoadedModel } from '../session/load.ts';
import { Model } from '../session/model.ts';
import type { Placement } from './placement.ts';
import type { Share } from './shared.ts';
import type { Check, StepDown, Verification } from './verification.ts';
import { checkKernel, type Used, usedKernels } from './verify_kernels.ts';

/** Gives a placement of the same model on another engine, or with other storage. */
export type Elsewhere = (engine: EnginePreference, storage: 'f32' | undefined) => Promise<Share<Placement>>;

export interface VerifyAsk {
  readonly placement: Placement;
  readonly context: number;
  readonly variants: readonly KernelText[];
  readonly elsewhere: Elsewhere;
  /** Runs a piece of work when it is its turn. */
  turn<T>(work: () => Promise<T>): Promise<T>;
}

/** What a lane must do to be right. */
export interface Verdict {
  readonly verification: Verification;
  /** Kernels to use instead of others. */
  readonly table: readonly TableEntry[];
  /** Where it must go; undefined: it stays. */
  readonly move: { readonly engine: EnginePreference; readonly storage: 'f32' | undefined } | undefined;
  /** What is wrong on the GPU, if it must go to the CPU. */
  readonly wrong: string | undefined;
}

const known = new WeakMap<Placement, Map<string, Promise<Verdict>>>();

/** The verdict on a model where it is placed; reached once for all its lanes. */
export function verify(ask: VerifyAsk): Promise<Verdict> {
  const { placement, context, variants } = ask;
  const engine = placement.weights.engine.facts.engine;
  const key = JSON.stringify([context, engine, variants.map(({ op, name, wgsl }) => [op, name, wgsl])]);
  const of = known.get(placement) ?? new Map<string, Promise<Verdict>>();
  known.set(placement, of);
  let verdict = of.get(key);
  if (!verdict) {
    verdict = reach(ask);
    of.set(key, verdict);
    verdict.catch(() => of.delete(key));
  }
  return verdict;
}

/** What is wrong, and with which kernel, if one alone is to blame. */
interface Wrong {
  readonly used: Used | undefined;
  readonly problem: string;
}

async function reach(ask: VerifyAsk): Promise<Verdict> {
  await completeOps();
  const began = performance.now();
  const steps: StepDown[] = [];
  let table: readonly TableEntry[] = [];
  let move: Verdict['move'];
  let wrongThere: string | undefined;
  let held: Share<Placement> | undefined;
  try {
    for (;;) {
      const placement = held?.value ?? ask.placement;
      const { engine, storage } = placement.weights;
      const { checks, wrong } = await examine(ask, placement, table);
      const steppedDown = steps.map(
        ({ from, to, problem }) => `${from}${to === 'f32' ? ': f16' : ''} → ${to}: ${problem}`,
      );
      const verification = { checks, seconds: (performance.now() - began) / 1000, steppedDown, steps: [...steps] };
      if (!wrong) return { verification: { ...verification, ok: true }, table, move, wrong: wrongThere };
      const { used, problem } = wrong;
      const what = used?.what ?? 'golden tokens';
      const naive = used && saferThan(used, engine.facts, table);
      const cpu = engine.facts.engine === 'cpu';
      if (storage === 'f16' && !cpu && (!used || isHalf(used))) {
        move = { engine: 'gpu', storage: 'f32' };
        steps.push({ from: what, to: 'f32', problem });
      } else if (naive) {
        table = [naive, ...table];
        steps.push({ from: what, to: `${naive.op}/${naive.variant}`, problem });
        continue;
      } else if (!cpu) {
        move = { engine: 'cpu', storage: undefined };
        table = [];
        wrongThere = what;
        steps.push({ from: what, to: 'CPU', problem });
      } else return { verification: { ...verification, ok: false }, table, move, wrong: wrongThere };
      const next = await ask.elsewhere(move.engine, move.storage);
      held?.release();
      held = next;
    }
  } finally {
    held?.release();
  }
}

const isHalf = ({ step: { options } }: Used): boolean => Boolean(options['HALF'] || options['A16'] || options['B16']);

/** The first rung of the op's ladder, for all its instances; undefined when that is what was wrong. */
function saferThan(
  { step: { op, variant } }: Used,
  facts: Parameters<typeof variantsOf>[1],
  table: readonly TableEntry[],
): TableEntry | undefined {
  const first = facts.engine === 'gpu' ? variantsOf(findOp(op), facts)[0] : variantsOf(findOp(op), facts).at(-1);
  if (!first || first.name === variant || table.some((entry) => entry.op === op)) return undefined;
  const why = `${variant} gives wrong numbers here`;
  return { op, variant: first.name, knobs: defaultKnobs(first), why, by: 'check' };
}

/** All checks on one engine, up to the first that fails. */
async function examine(
  { context, variants, turn }: VerifyAsk,
  { weights, model: { config, tokenizer, golden } }: Placement,
  table: readonly TableEntry[],
): Promise<{ checks: Verification['checks']; wrong: Wrong | undefined }> {
  const { engine } = weights;
  const edited = engine.facts.engine === 'gpu' ? variants : [];
  // a session of its own: the lanes' texts stay in their caches
  const model = new Model({ config, tokenizer, weights, engine, context, table, variants: edited });
  const checks: Check[] = [];
  try {
    const { session } = model;
    const plans = [(await session.decode()).plan];
    if (!session.replays(1)) plans.push((await session.prefill(1)).plan);
    for (const used of usedKernels(plans)) {
      const { what, problem, note, told } = await turn(() => checkKernel(engine, used, edited));
      checks.push({ what, ok: !problem, note, told });
      if (problem) return { checks, wrong: { used, problem } };
    }
    if (golden?.tokens.length) {
      const problem = await turn(() => goldenProblem(model, golden));
      const n = golden.tokens.length;
      const told = problem ? 'wrong' : 'golden';
      checks.push({ what: 'golden tokens', ok: !problem, note: problem || `${n} tokens`, told, tokens: n });
      if (problem) return { checks, wrong: { used: undefined, problem } };
    }
    return { checks, wrong: undefined };
  } finally {
    await model.close();
  }
}

async function goldenProblem(model: Model, { prompt, tokens }: NonNullable<LoadedModel['golden']>): Promise<string> {
  const made: number[] = [];
  for await (const { token } of model.generate(prompt, { maxTokens: tokens.length, temperature: 0, stop: [] }))
    made.push(token);
  const at = tokens.findIndex((token, i) => token !== made[i]);
  return at < 0 ? '' : `token ${at + 1} after "${prompt}" is ${made[at]}, ${tokens[at]} is right`;
}
