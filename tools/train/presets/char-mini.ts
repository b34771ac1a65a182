/**
 * The mini model: one token per character, 0.45 M parameters, the King James Bible. It loads at once and is what tests and first visits
 * use. A text of short sentences that come again and again: what one megabyte can learn to write so that it reads well.
 */
import type { Preset } from '../../../src/train/preset.ts';

/** Chapters without their headings (`Genesis 1`), one verse a line. */
function chapters(text: string): string[] {
  return text
    .split(/^[^.,:;!?\n]+ \d+$/m)
    .map((chapter) => chapter.trim())
    .filter((chapter) => chapter !== '');
}

export default {
  name: 'char-mini',
  title: 'King James Bible, by character',
  language: 'en',
  texts: ['text/kjv.txt'],
  documents: (texts) => texts.flatMap(chapters),
  source: 'The Bible, King James Version of 1611, verse numbers removed',
  licence: 'public domain outside the United Kingdom',
  validation: 0.05,
  tokenizer: { kind: 'characters', fallback: 'unk' },
  model: { family: 'llama', context: 256, layers: 4, heads: 4, width: 96, hidden: 256 },
  train: {
    batch: 4,
    steps: 25_300,
    schedule: { peak: 3e-3, floor: 5e-5, warmup: 300 },
    beta2: 0.99,
    decay: 0.1,
    seed: 1,
    evaluateEvery: 1000,
    evaluateTargets: 50_000,
    saveEvery: 500,
    sampleEvery: 2000,
    sampleTokens: 200,
    prompts: ['And the LORD said ', 'In the beginning', 'Behold, '],
  },
  cardPrompts: ['The king ', 'Blessed are '],
  notes: [
    'Two other texts were tried at this size. Shakespeare (1.1 MB) ended 0.05 bits per character below its best n-gram: too little text. Jane Austen (4 MB) was 0.07 below hers after 9,000 steps and heading for about 0.25.',
  ],
  weaknesses: [
    'It spells words and keeps the tone; what happens in a verse has no sense.',
    'It sees 256 characters, so it forgets who speaks after two verses.',
  ],
} satisfies Preset;
