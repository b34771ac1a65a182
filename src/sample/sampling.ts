/** How a token is drawn from the logits: the one set of settings that every engine, training and page uses. */
import { checkSettings } from '../plan/settings.ts';

/**
 * How the next token is chosen from the probabilities.
 *
 * @example
 * const sampling: Sampling = { temperature: 0.8, topK: 40, topP: 0.95, seed: 7 };
 */
export interface Sampling {
  /** 0 always takes the most probable token; 1 draws from the model's own distribution. Default: 0. From 0 to 1e6. */
  readonly temperature: number;
  /** How many of the most probable tokens stay; 0 = all. Default: 0. */
  readonly topK: number;
  /** Share of the probability that stays, after `topK`; 1 = all. Default: 1. From 0 to 1. */
  readonly topP: number;
  /** Where the random numbers begin: the same seed, prompt and engine give the same tokens. Default: 1. A whole number from 0 to 2³² − 1. */
  readonly seed: number;
}

export const SAMPLING: Sampling = { temperature: 0, topK: 0, topP: 1, seed: 1 };

const MOST = 2 ** 32 - 1;

/** Fills in defaults. Throws SettingsError naming the field, its value and the range. */
export function checkSampling(given: Partial<Sampling>): Sampling {
  checkSettings(given as Record<string, unknown>, {
    temperature: { min: 0, max: 1e6 },
    topK: { min: 0, max: MOST, whole: true },
    topP: { min: 0, max: 1 },
    seed: { min: 0, max: MOST, whole: true },
  });
  return {
    temperature: given.temperature ?? SAMPLING.temperature,
    topK: given.topK ?? SAMPLING.topK,
    topP: given.topP ?? SAMPLING.topP,
    seed: given.seed ?? SAMPLING.seed,
  };
}
