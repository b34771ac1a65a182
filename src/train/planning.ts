/** How a training is set up: its sizes, its plans and the memory that they take, before anything is allocated. */
import type { Table } from '../kernels/choose.ts';
import type { ModelConfig } from '../model/config.ts';
import { decodeLayout, weightsLayout } from '../model/places.ts';
import { trainLayout } from '../model/program_places.ts';
import { decodePlan } from '../model/plans/decode.ts';
import { evalPlan, optimizerPlan, trainPlan } from '../model/plans/train.ts';
import { checkNumber, checkSettings } from '../plan/settings.ts';
import type { Engine, Plan } from '../plan/types.ts';
import { HISTORY } from '../session/session.ts';

/**
 * The shape of a training: what decides how much memory it takes and how it is planned.
 *
 * @example
 * const options: TrainerOptions = { config, batch: 16, time: 64, micro: 2, recompute: true };
 */
export interface TrainerOptions {
  readonly config: ModelConfig;
  /** Rows of one batch. */
  readonly batch: number;
  /** Positions of a row. Default: the model's context. */
  readonly time?: number;
  /** Batches whose gradients make one step. Default: 1. */
  readonly micro?: number;
  /** Share of activations that each step drops, 0 … 0.99. Default: 0. */
  readonly dropout?: number;
  /** Activations are computed again in the backward pass: less memory, about a third more work. Default: false. */
  readonly recompute?: boolean;
  /** Largest logits buffer, in bytes; the head works in chunks of rows that fit. Default: 32 MiB. */
  readonly headBytes?: number;
  /** Which parameters learn; see `lastLayers`. Default: all. */
  readonly trainable?: (name: string) => boolean;
  /** A tuner's choices of kernels. Default: none, the rules choose. */
  readonly table?: Table;
}

/** The bytes that a configuration takes, by purpose. Known before anything is allocated. */
export interface Memory {
  /** Bytes of all parts. */
  readonly total: number;
  /** Arena → bytes: `params`, `grads`, `m`, `v`, `batch`, …, `work` (activations of all plans). */
  readonly parts: Readonly<Record<string, number>>;
}

/** What a training will run and how much memory that takes. */
export interface PlannedTraining {
  readonly options: Required<Pick<TrainerOptions, 'config' | 'batch' | 'time' | 'micro'>>;
  /** Which parameters learn, by name. */
  readonly trainable: (name: string) => boolean;
  readonly plans: Readonly<Record<'train' | 'optimizer' | 'eval', Plan | undefined>>;
  readonly layout: ReturnType<typeof trainLayout>;
  readonly memory: Memory;
}

/** Checks sizes before anything is planned. Throws SettingsError. */
function checkOptions({ config, batch, time, micro, dropout, headBytes }: TrainerOptions): void {
  checkNumber('batch', batch, { min: 1, max: 2 ** 20, whole: true });
  checkSettings(
    { time, micro, dropout, headBytes },
    {
      time: { min: 1, max: config.context, whole: true },
      micro: { min: 1, max: 2 ** 16, whole: true },
      dropout: { min: 0, max: 0.99 },
      headBytes: { min: 4 },
    },
  );
}

/**
 * Plans and memory of a configuration, nothing allocated: what is said before a training starts.
 *
 * @throws SettingsError naming the size that is out of range
 * @example
 * const { memory } = planTraining(engine.facts, { config, batch: 16 });
 * console.log(`${(memory.total / 2 ** 20).toFixed()} MiB`);
 */
export function planTraining(facts: Engine['facts'], given: TrainerOptions): PlannedTraining {
  checkOptions(given);
  const { config, batch, micro = 1, table, trainable = () => true } = given;
  const time = given.time ?? config.context;
  const weights = weightsLayout(config, { trainable });
  const layout = trainLayout(weights, config, { batch, time, micro, trainable });
  const context = { config, layout, facts, ...(table && { table }) };
  const shape = {
    B: batch,
    T: time,
    dropout: given.dropout ?? 0,
    recompute: given.recompute ?? false,
    ...(given.headBytes && { headBytes: given.headBytes }),
  };
  const plans = {
    train: trainPlan(context, { ...shape, accumulate: micro > 1 }),
    optimizer: micro > 1 ? optimizerPlan(context) : undefined,
    eval: evalPlan(context, shape),
  };
  // the sampling session is opened on demand, but its memory counts as the training's
  const sampling = decodeLayout(weights, config, { history: HISTORY });
  const decode = decodePlan({ ...context, layout: sampling });
  const parts: Record<string, number> = {};
  const count = (name: string, bytes: number) => (parts[name] = (parts[name] ?? 0) + bytes);
  for (const { name, bytes } of [weights, layout, sampling].flatMap((own) => own.arenas())) count(name, bytes);
  for (const plan of [...Object.values(plans), decode])
    for (const { bytes, kind } of plan?.arenas ?? []) if (kind === 'work') count('work', bytes);
  const total = Object.values(parts).reduce((a, b) => a + b, 0);
  return { options: { config, batch, time, micro }, trainable, layout, plans, memory: { total, parts } };
}
