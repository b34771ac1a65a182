/**
 * The mini model: one token per character, 0.2 M parameters, trained in minutes on The Wizard of Oz and Sherlock Holmes. It loads at
 * once and is what tests and first visits use.
 */
import { joinLines } from '../documents.ts';
import type { Preset } from '../preset.ts';

export default {
  name: 'char-mini',
  title: 'Character mini',
  language: 'en',
  texts: ['text/wizard-of-oz.txt', 'text/sherlock-holmes.txt'],
  documents: (texts) => texts.flatMap((text) => text.split(/^\s*(?:chapter|adventure) .*$/im).map(joinLines)).filter((d) => d.length > 1000),
  source: 'L. Frank Baum: The Wonderful Wizard of Oz; Arthur Conan Doyle: The Adventures of Sherlock Holmes',
  licence: 'public domain',
  validation: 0.05,
  tokenizer: { kind: 'characters', maxSize: 96, fallback: 'unk' },
  model: { context: 128, layers: 4, heads: 4, width: 64 },
  train: {
    batch: 8,
    minutes: 15,
    schedule: { peak: 3e-3, floor: 1e-4, warmup: 100 },
    beta2: 0.99,
    decay: 0.1,
    seed: 1,
    evaluateEvery: 250,
    evaluateTargets: 40_000,
    saveEvery: 250,
    sampleEvery: 500,
    sampleTokens: 120,
    prompts: ['The ', '"My dear'],
  },
} satisfies Preset;
