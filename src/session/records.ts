/** Plain records between a running model and whoever shows it. A recorded run shows the same as a live one. */
import type { Counters, Facts } from '../plan/types.ts';

export interface Candidate {
  readonly token: number;
  readonly text: string;
  /** Of softmax(logits), before temperature and cuts. */
  readonly probability: number;
}

/** An activation copied out on request. */
export interface Tap {
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** One generated token. */
export interface GeneratedToken {
  /** 0-based position of the token in the whole sequence. */
  readonly position: number;
  readonly token: number;
  /** The text that became certain with it; may be empty in the middle of a character. */
  readonly text: string;
  /** What it was chosen from, most probable first; empty unless asked for. */
  readonly candidates: readonly Candidate[];
  /** Since the run began. */
  readonly seconds: number;
  readonly taps: Readonly<Record<string, Tap>>;
}

export interface Sampling {
  /** 0 = always the most probable. */
  readonly temperature: number;
  /** 0 = off. */
  readonly topK: number;
  /** 1 = off. */
  readonly topP: number;
  readonly seed: number;
}

export interface GenerateOptions extends Partial<Sampling> {
  readonly maxTokens?: number;
  /** How many candidates come with each step; 0 lets the engine run ahead. */
  readonly candidates?: number;
  readonly taps?: readonly string[];
  /** Tokens that end the text; the tokenizer's end token unless told. */
  readonly stop?: readonly number[];
  readonly signal?: AbortSignal;
}

/** Which engine runs, on what, and why. */
export interface EngineReport {
  readonly engine: 'gpu' | 'cpu';
  readonly facts: Facts;
  readonly why: string;
  readonly counters: Counters;
}
