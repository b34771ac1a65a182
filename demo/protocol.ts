/** What the page and its worker say to each other. Plain records, so that a run can be recorded. */
import type { Facts } from '../src/plan/types.ts';
import type { EnginePreference } from '../src/session/choose_engine.ts';
import type { Sampling } from '../src/sample/sampling.ts';
import type { GeneratedToken } from '../src/session/records.ts';
import type { TrainRecord } from '../src/train/train.ts';

/** Where a model comes from. */
export type FileSource =
  | { readonly kind: 'shipped'; readonly name: string }
  | { readonly kind: 'files'; readonly files: readonly File[] }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'trained' };

export interface ModelReport {
  readonly title: string;
  readonly params: number;
  readonly context: number;
  readonly vocab: number;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** Bytes that came over the network, or out of the cache. */
  readonly bytes: number;
  readonly fromCache: boolean;
}

export interface EngineInfo {
  readonly engine: 'gpu' | 'cpu';
  readonly why: string;
  readonly facts: Facts;
  /** op/variant of each step of the decode plan. */
  readonly plan: string;
  readonly bytesAllocated: number;
}

export type Request =
  | { readonly type: 'open'; readonly source: FileSource; readonly engine: EnginePreference }
  | {
      readonly type: 'predict';
      readonly id: number;
      readonly text: string;
      readonly more: readonly number[];
      readonly sampling: Sampling;
      readonly maxTokens: number;
      readonly candidates: number;
    }
  | { readonly type: 'stop' }
  | { readonly type: 'train'; readonly text: string; readonly size: TrainSize; readonly engine: EnginePreference }
  | { readonly type: 'train-pause' }
  | { readonly type: 'train-resume' }
  | { readonly type: 'train-stop' }
  | { readonly type: 'train-save' }
  | { readonly type: 'cache-list' }
  | { readonly type: 'cache-clear' };

export type TrainSize = 'tiny' | 'small';

export type Reply =
  | { readonly type: 'progress'; readonly loaded: number; readonly total: number | undefined }
  | { readonly type: 'opened'; readonly model: ModelReport; readonly engine: EngineInfo }
  | { readonly type: 'step'; readonly id: number; readonly step: GeneratedToken }
  | { readonly type: 'done'; readonly id: number; readonly reason: 'finished' | 'stopped'; readonly seconds: number }
  | { readonly type: 'failed'; readonly id?: number; readonly message: string }
  | {
      readonly type: 'train-begin';
      readonly title: string;
      readonly params: number;
      readonly bytes: number;
      readonly ngram: { readonly name: string; readonly nats: number };
    }
  | {
      readonly type: 'train-record';
      readonly record: Omit<TrainRecord, 'checkpoint' | 'samples'>;
      readonly sample?: string;
    }
  | { readonly type: 'train-end'; readonly reason: string }
  | { readonly type: 'train-file'; readonly name: string; readonly data: ArrayBuffer }
  | { readonly type: 'cache'; readonly entries: readonly { readonly url: string; readonly bytes: number }[] };
