/** What a training may be asked for: every number has a range, checked before anything is planned or allocated. */
import { checkNumber, checkSettings, type NumberRule, SettingsError } from '../plan/settings.ts';
import type { Corpus } from './batches.ts';
import type { TrainSettings } from './train.ts';

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

/** Throws SettingsError naming the field, its value and the range. Sizes of batches are checked where the training is planned. */
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

/** Throws SettingsError when a document holds a token that the model does not have: its loss would come out of nothing. */
export function checkCorpus(name: string, { documents }: Corpus, vocab: number): void {
  documents.forEach((ids, i) => {
    const at = ids.findIndex((id) => id >= vocab);
    if (at >= 0) checkNumber(`token ${at} of document ${i} of the ${name} text`, ids[at], { min: 0, max: vocab - 1 });
  });
}
