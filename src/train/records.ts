/** What training tells, step by step. */
import type { Checkpoint } from './checkpoint.ts';

/** One step, or the end. Plain data: it crosses a worker's border as it is. */
export interface TrainRecord {
  /** Optimizer steps done. */
  readonly step: number;
  readonly epoch: number;
  /** 0 … 1 of the planned training. */
  readonly progress: number;
  /** Training time, pauses left out. */
  readonly seconds: number;
  /** Targets learned from so far. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
  /** Mean nats per target of this step's batches, before the step. */
  readonly loss: number;
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  /** A gradient was not finite: nothing was changed. */
  readonly skipped?: true;
  /** Mean nats per target of the validation text, where it was measured. */
  readonly validationLoss?: number;
  /** The validation loss is the lowest so far. */
  readonly best?: true;
  readonly samples?: readonly { readonly prompt: string; readonly text: string }[];
  /** Where training can go on; present when due, with the best, and at the end. */
  readonly checkpoint?: Checkpoint;
  readonly end?: 'finished' | 'aborted' | 'no better';
}
