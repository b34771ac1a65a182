/** What the training panel says. */
import { count } from '../core/format.ts';

const minutes = (seconds: number) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

export const english = {
  noEngine: 'This page has nothing to train with: it only shows recordings.',
  text: 'Text to learn from, in any language',
  file: 'Text file…',
  size: 'Size',
  sizes: { tiny: 'Tiny', small: 'Small' },
  facts: (layers: number, width: number, steps: string) => `${layers} layers, ${width} wide, ${steps} steps`,
  start: 'Start training',
  again: 'Start again',
  goOn: 'Continue',
  pause: 'Pause',
  resume: 'Resume',
  stop: 'Stop',
  stopNow: 'Stop at once',
  use: 'Use it',
  save: 'Save',
  local: 'Nothing leaves this device.',
  short: (enough: string, there: string) => `At least ${enough} characters; there are ${there}.`,
  notText: (name: string) => `${name} is not a text: choose a file of plain text, in UTF-8.`,
  phase: {
    idle: '',
    preparing: 'Preparing: tokenizer, n-grams, memory.',
    running: 'Training.',
    paused: 'Paused.',
    stopping: 'Stopping after this step. “Stop at once” forgets what it has learned.',
    recovering: 'The GPU was lost. Setting it up again; the training goes on from its checkpoint.',
  },
  ended: {
    finished: 'All steps are done.',
    'no better': 'It ended because it did not get better.',
    stopped: 'Stopped. What it has learned is still there.',
    forgotten: 'Stopped. What it had learned is gone.',
    recording: 'A recorded training.',
  },
  failed: (why: string) => `The training failed: ${why}`,
  recovered: (step: string) => `The GPU was lost; it went on from step ${step}.`,
  savedAs: (name: string, size: string) => `Saved as ${name}, ${size}.`,
  inUse: 'The model above is yours now.',
  progress: (step: string, of: string) => `step ${step} of ${of}`,
  left: (seconds: number) => `${minutes(seconds)} left`,
  rate: (n: string) => `${n} tokens/s`,
  about: (parameters: string, memory: string, why: string) => `${parameters} parameters, ${memory}. ${why}`,
  chart: (n: number) => (n > 0 ? `${n}-gram` : 'n-gram'),
  samples: 'What it writes',
  step: (n: number, lang: string) => `step ${count(n, lang)}`,
  none: 'What it writes appears here, newest first. The lower a token’s foot, the less it surprised the model.',
  label: (phase: string, more: string) => `Training. ${phase} ${more}`.trim(),
  how: 'A small model learns your text in this page. The curve falls as the next token surprises it less; under each token of a sample stands its surprise, 1.25 pixels a bit.',
  table: 'Training step by step, with samples',
  columns: ['step', 'loss (bits)', 'validation (bits)', 'learning rate', 'gradient norm', 'tokens/s', 'sample'],
};

export type Texts = typeof english;
