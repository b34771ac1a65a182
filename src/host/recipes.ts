/** How a small model learns a text in a page. */
import type { Preset } from '../train/preset.ts';

/** What a training takes, as plain data. */
export interface Recipe extends Pick<Preset, 'validation' | 'tokenizer' | 'model' | 'train'> {
  /** Separator between documents. Default: what the text itself suggests. */
  readonly separator?: string;
}

export type RecipeSize = 'tiny' | 'small';

/** What a person chooses between. */
export interface RecipeFacts {
  readonly context: number;
  readonly layers: number;
  readonly width: number;
  readonly steps: number;
}

export const recipeSizes: Readonly<Record<RecipeSize, RecipeFacts>> = {
  tiny: { context: 64, layers: 2, width: 64, steps: 2000 },
  small: { context: 128, layers: 4, width: 128, steps: 4000 },
};

/** Most characters that get an id of their own; further ones are spelled in bytes. */
const MOST_CHARACTERS = 3000;

/** Steps between evaluations, samples and checkpoints, so the most that a lost device can cost. */
const EVERY = 50;

/** A recipe by size; `steps` replaces its own number of steps. */
export function recipeFor(size: RecipeSize, steps = recipeSizes[size].steps): Recipe {
  const { context, layers, width } = recipeSizes[size];
  return {
    validation: 0.1,
    tokenizer: { kind: 'characters', maxSize: MOST_CHARACTERS, fallback: 'bytes' },
    model: { context, layers, width, heads: 4 },
    train: {
      batch: 8,
      steps,
      schedule: { peak: 2e-3, floor: 2e-4, warmup: 50 },
      decay: 0.1,
      seed: 1,
      evaluateEvery: EVERY,
      evaluateTargets: 4000,
      sampleEvery: EVERY,
      saveEvery: EVERY,
      sampleTokens: 80,
      sampleBits: true,
    },
  };
}
