/** What a loss chart says. */
import { count, fixed } from '../core/format.ts';
import type { LossAxis, LossUnit } from './geometry.ts';

const unit = { bits: 'bits', nats: 'nats' } as const;

export const english = {
  unit: (u: LossUnit) => `${unit[u]} per token`,
  training: 'training',
  validation: 'validation',
  skipped: 'skipped',
  best: 'best',
  nothing: 'knows nothing',
  empty: 'The curve begins with the first step.',
  axis: { step: 'steps', tokens: 'tokens', time: 'time' } satisfies Record<LossAxis, string>,
  value: (x: number, u: LossUnit, lang: string) => `${fixed(x, 2, lang)} ${unit[u]}`,
  cursor: (step: number, loss: string, validation: string | undefined, skipped: boolean, lang: string) =>
    `step ${count(step, lang)}: ${loss}${validation === undefined ? '' : `, validation ${validation}`}${skipped ? ', skipped' : ''}`,
  label: (step: number, loss: string, validation: string | undefined, best: number | undefined, lang: string) =>
    `Loss after ${count(step, lang)} steps: training ${loss}${validation === undefined ? '' : `, validation ${validation}`}${best === undefined ? '' : `, best at step ${count(best, lang)}`}.`,
  how: 'Time goes to the right, up to the planned end. The lower the curve, the less each next token surprises the model. Thin: training, with its lowest and highest in each pixel. Thick, with dots: text it has not seen. Dashed: a model that only counts. Red dot: the best so far. Red cross: a step that was skipped.',
  table: 'Training step by step',
  columns: (u: LossUnit) => [
    'step',
    `loss (${unit[u]})`,
    `validation (${unit[u]})`,
    'learning rate',
    'gradient norm',
    'tokens/s',
  ],
  keys: [
    ['← →', 'one point'],
    ['Shift + ← →', 'ten points'],
  ] as readonly (readonly [string, string])[],
};

export type Texts = typeof english;
