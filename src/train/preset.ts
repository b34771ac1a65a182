/** What `npm run train` is given: one file that says which text, which tokenizer, which model and how it learns. */
import type { ModelConfig } from '../model/config.ts';
import type { TrainSettings } from './settings.ts';

/**
 * Which tokenizer is made from the training text.
 *
 * @example
 * const choice: TokenizerChoice = { kind: 'bpe', size: 1024 };
 */
export type TokenizerChoice =
  | {
      readonly kind: 'characters';
      readonly maxSize?: number;
      readonly minCount?: number;
      readonly fallback?: 'bytes' | 'unk';
    }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'bpe'; readonly size: number };

/**
 * A training as a file says it: text, tokenizer, model and settings.
 *
 * @example
 * const smaller: Preset = { ...preset, name: 'small', model: { context: 64, layers: 2, heads: 2, width: 32 } };
 */
export interface Preset {
  /** The folder under `runs/`, and that of the model that ships. */
  readonly name: string;
  readonly title: string;
  /** BCP 47. */
  readonly language: string;
  /** Files, relative to the data folder (NEXTOKEN_DATA, or ../shared/data beside the checkout) or absolute. */
  readonly texts: readonly string[];
  /** Texts → documents; or the separator between documents, for a JSON preset. Default: one document per file. */
  readonly documents?: ((texts: readonly string[]) => string[]) | string;
  /** What the text is and under which licence. */
  readonly source: string;
  readonly licence: string;
  /** Share of the characters that is held out, in whole documents: above 0 and below 1. */
  readonly validation: number;
  readonly tokenizer: TokenizerChoice;
  /** `vocab` comes from the tokenizer. */
  readonly model: Omit<Partial<ModelConfig>, 'vocab'> & Pick<ModelConfig, 'context' | 'layers' | 'heads' | 'width'>;
  readonly train: TrainSettings;
  /** More prompts for the card's samples, after `train.prompts`. Default: none. */
  readonly cardPrompts?: readonly string[];
  /** Remarks on the training, for the card. Default: none. */
  readonly notes?: readonly string[];
  /** What the model is bad at, for the card. Default: none. */
  readonly weaknesses?: readonly string[];
  /** Fine-tuning: a checkpoint or safetensors file to start from. Default: new weights. */
  readonly from?: string;
  /** How many last layers learn. Default: all. */
  readonly lastLayers?: number;
}
