/** Where the tensors of a Program are beside its weights: inputs, constants, and what training needs. */
import { Layout } from '../graph/layout.ts';
import { HYPER, STATE } from '../plan/state.ts';
import type { ModelConfig } from './config.ts';
import { gptProgram } from './gpt_program.ts';
import type { Program } from './program.ts';

export interface TrainLayoutOptions {
  readonly batch: number;
  readonly time: number;
  /** Batches whose gradients make one step, uploaded together. */
  readonly micro: number;
  trainable(name: string): boolean;
}

/** Beside `weights`: what the training of a GPT needs. */
export function trainLayout(weights: Layout, c: ModelConfig, options: TrainLayoutOptions): Layout {
  const { batch, time, micro, trainable } = options;
  return programLayout(weights, gptProgram(c, { B: batch, T: time, trainable }), { train: true, micro });
}

export interface ProgramLayoutOptions {
  /** Room for gradients and moments: arenas `grads`, `m`, `v`, `hyper`. Default: false. */
  readonly train?: boolean;
  /** Batches whose gradients make one step, uploaded together into the arena `batches`. Default: 1. */
  readonly micro?: number;
}

/** Beside `weights`: `tables` (constants), `state`, `batch` (inputs), and what training needs. */
export function programLayout(
  weights: Layout,
  p: Program,
  { train = false, micro = 1 }: ProgramLayoutOptions = {},
): Layout {
  const layout = new Layout(weights);
  const trained = train ? p.params.filter(({ name }) => p.trainable(name)) : [];
  // in memory order, so that neighbours are swept together
  const inOrder = trained
    .map(({ name }) => weights.region('params', name))
    .map((region, i) => ({ ...trained[i], at: region.offset }))
    .sort((a, b) => a.at - b.at);
  for (const arena of ['grads', 'm', 'v']) for (const { name, shape } of inOrder) layout.add(arena, name, shape);
  for (const { name, shape } of p.constants ?? []) layout.add('tables', name, shape);
  layout.add('state', 'state', [STATE.WORDS], 'u32');
  if (train) for (const rate of ratesOf(p)) layout.add('hyper', hyperName(rate), [HYPER.WORDS]);
  const addInputs = (arena: string, prefix: string) => {
    for (const { name, shape, elem } of p.inputs) layout.add(arena, `${prefix}${name}`, shape, elem);
  };
  addInputs('batch', '');
  if (micro > 1)
    for (let i = 0; i < micro; i++) {
      addInputs('batches', `${i}.`);
      layout.add('batches', `${i}.loss`, [1]); // kept before the next micro-batch overwrites it
    }
  return layout;
}

/** Factor on a parameter's learning rate. */
export const rateOf = (p: Program, name: string): number => p.rate?.(name) ?? 1;

/** The different rates at which parameters learn: AdamW reads its numbers from `hyper`, one block per rate. */
export const ratesOf = (p: Program): number[] => [
  ...new Set(p.params.filter(({ name }) => p.trainable(name)).map(({ name }) => rateOf(p, name))),
];

export const hyperName = (rate: number): string => (rate === 1 ? 'hyper' : `hyper×${rate}`);
