/**
 * The Chinese model that ships: poems of the Tang dynasty, one token per character. Only poems whose lines all have five or all have
 * seven characters, so that a model of 1 M parameters learns the form for certain; title and author are left out.
 */
import { documentsBetween } from '../../../src/train/documents.ts';
import type { Preset } from '../../../src/train/preset.ts';

/** Poems of regular lines, each `上句，下句。` on a line of its own. */
function regularPoems(text: string): string[] {
  return documentsBetween(text, /\n\n+/).flatMap((poem) => {
    const lines = poem.split('\n').slice(2); // title, author
    const verses = lines.flatMap((line) => line.split(/[，。？！；、：]/)).filter((verse) => verse !== '');
    const length = verses[0]?.length;
    const regular =
      (length === 5 || length === 7) &&
      verses.every((verse) => /^\p{Script=Han}+$/u.test(verse) && verse.length === length);
    return regular ? [lines.join('\n')] : [];
  });
}

export default {
  name: 'tang',
  title: '唐诗',
  language: 'zh-Hans',
  texts: ['text/tang-poems-simplified.txt'],
  documents: (texts) => texts.flatMap(regularPoems),
  source: 'Complete Tang Poems (全唐诗), from chinese-poetry, converted to simplified characters',
  licence: 'poems: public domain; collection: MIT (chinese-poetry)',
  validation: 0.03,
  // 3582 characters cover 98.9 % of the text; rarer ones read as <unk>, which is never a target and so never sampled
  tokenizer: { kind: 'characters', maxSize: 3584, fallback: 'unk' },
  model: { family: 'llama', context: 96, layers: 4, heads: 4, width: 128, hidden: 344 },
  train: {
    batch: 12,
    steps: 5000,
    schedule: { peak: 2e-3, floor: 5e-5, warmup: 300 },
    beta2: 0.99,
    decay: 0.1,
    seed: 1,
    // half of the poems at the head of a row begin without the separator, as a prompt does
    bare: 0.5,
    evaluateEvery: 500,
    evaluateTargets: 30_000,
    saveEvery: 250,
    sampleEvery: 1000,
    sampleTokens: 80,
    prompts: ['', '床前明月光，', '春风'],
  },
  cardPrompts: ['明月', '山中'],
  notes: [
    'Before it, 3 layers of GPT-2’s blocks (1.07 M parameters) had learned from 3.8 M tokens: 4.449 nats per token, with a training loss that was hardly lower. So: more steps, one layer more, and the rotary positions and gated MLP of `austen`.',
  ],
  weaknesses: [
    'Lines have the right length and tone of words, the poem as a whole has no story; rhyme comes and goes.',
    'Characters outside its 3,582 read as <unk> and are never written.',
    'Modern Chinese: everything becomes a Tang poem.',
  ],
} satisfies Preset;
