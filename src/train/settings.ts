/** The settings of a training. Every number has a range, which is checked before anything is planned or allocated. */
import { checkNumber, checkSettings, type NumberRule, SettingsError } from '../plan/settings.ts';
import type { Corpus } from './batches.ts';
import type { Schedule } from './schedule.ts';

/**
 * How a model learns: batches, optimizer, when it ends and what is measured on the way.
 *
 * @example
 * const settings: TrainSettings = { batch: 16, steps: 2000, schedule: { peak: 1e-3, floor: 1e-4, warmup: 100 }, seed: 1 };
 */
export interface TrainSettings {
  /** Rows of one batch. */
  readonly batch: number;
  /** Positions of a row. Default: the model's context. */
  readonly time?: number;
  /** Batches per step: gradients are added up. Default: 1. */
  readonly micro?: number;
  /** Share of activations that each step drops, 0 … 0.99. Default: 0. */
  readonly dropout?: number;
  /** Activations are computed again in the backward pass: less memory, about a third more work. Default: false. */
  readonly recompute?: boolean;
  /** Largest logits buffer in bytes. Default: 32 MiB. */
  readonly headBytes?: number;
  /** Planned end in optimizer steps. The learning rate follows it. Either this or `minutes` is given. */
  readonly steps?: number;
  /** Planned end in minutes of training, without pauses. */
  readonly minutes?: number;
  readonly schedule: Schedule;
  /** AdamW's decay of the first moment. Default: 0.9. */
  readonly beta1?: number;
  /** AdamW's decay of the second moment. Default: 0.99. */
  readonly beta2?: number;
  /** Added to AdamW's denominator. Default: 1e-8. */
  readonly epsilon?: number;
  /** Weight decay, on matrices only. Default: 0.1. */
  readonly decay?: number;
  /** Largest norm of all gradients together; 0 = no clipping. Default: 1. */
  readonly maxNorm?: number;
  /** Initial weights, order of rows, dropout: a whole number from 0 to 2³² − 1. */
  readonly seed: number;
  /** Share of rows that begin without the separator, as prompts do, 0 … 1. Default: 0. */
  readonly bare?: number;
  /** Steps between evaluations; 0 = only at the end. Default: 0. */
  readonly evaluateEvery?: number;
  /** Steps between samples; 0 = only at the end. Default: 0. */
  readonly sampleEvery?: number;
  /** Steps between checkpoints, beside those at the best evaluation and at the end; 0 = no others. Default: 0. */
  readonly saveEvery?: number;
  /** Training ends after so many evaluations in a row without a better one; 0 = never. Default: 0. */
  readonly patience?: number;
  /** Evaluate on at most this many targets. Default: all. */
  readonly evaluateTargets?: number;
  /** What samples begin with. Default: one empty prompt. */
  readonly prompts?: readonly string[];
  /** Tokens of a sample. Default: 100. */
  readonly sampleTokens?: number;
  /** Samples tell how surprising each of their tokens was to the model: one read of all logits for each. Default: false. */
  readonly sampleBits?: boolean;
}

const count: NumberRule = { min: 0, max: 2 ** 32 - 1, whole: true };

const RULES: Readonly<Record<string, NumberRule>> = {
  beta1: { min: 0, max: 0.9999 },
  beta2: { min: 0, max: 0.999999 },
  epsilon: { min: 0, max: 1, above: true },
  decay: { min: 0, max: 10 },
  maxNorm: { min: 0 },
  seed: count,
  bare: { min: 0, max: 1 },
  evaluateEvery: count,
  sampleEvery: count,
  saveEvery: count,
  patience: count,
  sampleTokens: count,
  temperature: { min: 0, max: 1e6 },
};

/** Throws SettingsError naming the field, its value and the range. Batch sizes are checked when the training is planned. */
export function checkTrainSettings(settings: TrainSettings): void {
  const { steps, minutes, schedule, evaluateTargets } = settings;
  if ((steps === undefined) === (minutes === undefined))
    throw new SettingsError(
      'the planned end',
      steps === undefined ? 'missing' : `${steps} steps and ${minutes} minutes`,
      'either steps or minutes: the schedule needs one planned end, which',
    );
  checkSettings(
    { steps, minutes },
    { steps: { min: 1, max: 2 ** 32 - 1, whole: true }, minutes: { min: 0, above: true } },
  );
  checkSettings(settings as unknown as Record<string, unknown>, RULES);
  if (evaluateTargets !== undefined && evaluateTargets !== Infinity)
    checkNumber('evaluateTargets', evaluateTargets, { min: 1, whole: true });
  if (!schedule) throw new SettingsError('schedule', schedule, '{ peak, floor, warmup }');
  checkNumber('schedule.peak', schedule.peak, { min: 0, max: 1e3, above: true });
  checkNumber('schedule.floor', schedule.floor, { min: 0, max: schedule.peak });
  checkNumber('schedule.warmup', schedule.warmup, count);
}

/** Throws SettingsError when a document holds a token that the model does not have: its loss would be meaningless. */
export function checkCorpus(name: string, { documents }: Corpus, vocab: number): void {
  documents.forEach((ids, i) => {
    const at = ids.findIndex((id) => id >= vocab);
    if (at >= 0) checkNumber(`token ${at} of document ${i} of the ${name} text`, ids[at], { min: 0, max: vocab - 1 });
  });
}
