/** One optimizer step: what goes in, what comes out, and the words that the kernels read. */
import { checkNumber } from '../plan/settings.ts';
import { HYPER, STATE } from '../plan/state.ts';

/**
 * What AdamW needs for one step.
 *
 * @example
 * const hyper: Hyper = { learningRate: 1e-3, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1, maxNorm: 1 };
 */
export interface Hyper {
  /** Of this step. */
  readonly learningRate: number;
  /** AdamW's decay of the first moment, 0 … 1. */
  readonly beta1: number;
  /** AdamW's decay of the second moment, 0 … 1. */
  readonly beta2: number;
  /** Added to AdamW's denominator. */
  readonly epsilon: number;
  /** Weight decay, on matrices only. */
  readonly decay: number;
  /** Largest norm of all gradients together; 0 = no clipping. */
  readonly maxNorm: number;
}

/** What an optimizer step did. */
export interface StepResult {
  /** Mean nats per target. */
  readonly loss: number;
  /** Norm of all gradients before clipping. */
  readonly gradNorm: number;
  /** A gradient was infinite or NaN, so nothing was changed. */
  readonly skipped: boolean;
}

/** The tensor `hyper` for step `step`, which counts from 0; `rate` multiplies the learning rate of a group of parameters. */
export function hyperWords(hyper: Hyper, step: number, rate = 1): Float32Array<ArrayBuffer> {
  checkNumber(`learning rate at step ${step}`, hyper.learningRate, { min: 0 });
  const words = new Float32Array(HYPER.WORDS);
  words[HYPER.LR] = hyper.learningRate * rate;
  words[HYPER.BETA1] = hyper.beta1;
  words[HYPER.BETA2] = hyper.beta2;
  words[HYPER.EPS] = hyper.epsilon;
  words[HYPER.DECAY] = hyper.decay;
  words[HYPER.CORRECTION1] = 1 / (1 - hyper.beta1 ** (step + 1));
  words[HYPER.CORRECTION2] = 1 / (1 - hyper.beta2 ** (step + 1));
  words[HYPER.MAX_NORM] = hyper.maxNorm;
  return words;
}

/** The tensor `state` of a step, from which dropout draws. */
export function stateWords(seed: number, step: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(STATE.WORDS);
  words[STATE.SEED] = seed;
  words[STATE.STEP] = step;
  return words;
}

/** The result of a step, from its losses (one per micro-batch) and the words of `norm`. */
export function stepResult(losses: readonly ArrayLike<number>[], norm: ArrayLike<number>): StepResult {
  const loss = losses.reduce((sum, each) => sum + each[0], 0);
  return { loss, gradNorm: norm[0], skipped: norm[1] !== 0 || !Number.isFinite(loss) };
}
