/**
 * The mini model: one token per character, 0.45 M parameters, Shakespeare's plays. It loads at once and is what tests and first visits
 * use. Text and split are nanoGPT's `shakespeare_char` (the last tenth is for validation), so the losses can be compared with it.
 */
import type { Preset } from '../preset.ts';

export default {
  name: 'char-mini',
  title: 'Shakespeare, by character',
  language: 'en',
  texts: ['text/tinyshakespeare.txt'],
  source: 'William Shakespeare: parts of the plays, with speakers’ names ("tiny shakespeare")',
  licence: 'public domain',
  validation: 0.1,
  tokenizer: { kind: 'characters', fallback: 'unk' },
  // Llama's blocks, as in austen.ts: GPT-2's at width 64 came to 2.48 bits per character in 28 minutes of a busy core
  model: { family: 'llama', context: 128, layers: 4, heads: 4, width: 96, hidden: 256 },
  train: {
    batch: 8,
    minutes: 11,
    schedule: { peak: 3e-3, floor: 1e-4, warmup: 100 },
    beta2: 0.99,
    decay: 0.1,
    seed: 1,
    evaluateEvery: 500,
    evaluateTargets: 50_000,
    saveEvery: 500,
    sampleEvery: 2000,
    sampleTokens: 120,
    prompts: ['ROMEO:\n', 'The king', 'My lord, '],
  },
  cardPrompts: ['First Citizen:\n', 'What '],
  weaknesses: [
    'It spells: most words exist, sentences rarely mean anything.',
    'It sees 128 characters, so it forgets who speaks after a few lines.',
  ],
} satisfies Preset;
