/** The samples of README.md: fenced blocks marked `run` are programs, executed from the packed package. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Sample {
  /** The heading above it. */
  readonly title: string;
  readonly language: 'ts' | 'html';
  readonly code: string;
}

const text = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');

export const samples: readonly Sample[] = [...text.matchAll(/^```(ts|html) run\n(.*?)^```$/gms)].map(
  ({ 1: language, 2: code, index }) => ({
    title: text.slice(0, index).match(/.*^#+ (.*?)$/ms)?.[1] ?? '',
    language: language as Sample['language'],
    code,
  }),
);

/** What a sample writes, in part, with every run of white space as one space. */
export const WRITES: Readonly<Record<string, RegExp>> = {
  Predict: /very fine thing/,
  'Your own model': /\S/,
  Train: /step 150: loss 0\.\d\d the cow sat on the plough/,
  Measure: /roofs fma_peak 1 of 3 .*measure \d+ of 10 wasm \d+\.\d GFLOP\/s, [01]\.\d\d of the roof/,
};
