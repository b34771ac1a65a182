/** What the training panel shows, and what changes it. Records from an earlier training change nothing. */
import type { LossPoint } from '../src/elements/loss-curve.ts';
import type { TrainingRecord } from '../src/host/protocol.ts';

export interface Training {
  /** Number of the training whose records count. */
  readonly id: number;
  readonly status: 'idle' | 'starting' | 'running' | 'paused' | 'stopping' | 'ended' | 'failed';
  readonly title: string;
  readonly points: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
  readonly ngram: { readonly name: string; readonly nats: number } | undefined;
  readonly tokensPerSecond: number;
  /** 0 … 1 of all steps, and seconds until they are done. */
  readonly progress: number;
  readonly left: number;
  readonly sample: string;
  readonly message: string;
  /** Whether there is a model to predict with or to download. */
  readonly saved: boolean;
}

export const idleTraining: Training = {
  id: 0,
  status: 'idle',
  title: '',
  points: [],
  validation: [],
  ngram: undefined,
  tokensPerSecond: 0,
  progress: 0,
  left: 0,
  sample: '',
  message: '',
  saved: false,
};

export type TrainingEvent =
  | { readonly type: 'train-start'; readonly id: number }
  | { readonly type: 'train-status'; readonly id: number; readonly status: 'running' | 'paused' | 'stopping' }
  | { readonly type: 'train-record'; readonly id: number; readonly record: TrainingRecord }
  | { readonly type: 'train-failed'; readonly id: number; readonly message: string };

const REASONS = {
  finished: 'All steps are done.',
  'no better': 'It stopped improving.',
  stopped: 'Stopped.',
} as const;

export function nextTraining(t: Training, event: TrainingEvent): Training {
  if (event.type === 'train-start') return { ...idleTraining, id: event.id, status: 'starting' };
  if (event.id !== t.id) return t;
  if (event.type === 'train-status') return { ...t, status: event.status };
  if (event.type === 'train-failed') return { ...t, status: 'failed', message: event.message };
  const { record: r } = event;
  switch (r.kind) {
    case 'prepared': {
      const message = `${r.parameters.toLocaleString('en')} parameters, ${(r.bytes / 1e6).toFixed(0)} MB of memory`;
      return { ...t, status: 'running', title: r.engine.why, ngram: r.ngram, message };
    }
    case 'step': {
      const { step, loss, validationLoss, tokensPerSecond, progress, seconds } = r.record;
      return {
        ...t,
        points: [...t.points, { step, loss }],
        validation: validationLoss === undefined ? t.validation : [...t.validation, { step, loss: validationLoss }],
        tokensPerSecond,
        progress,
        left: progress > 0 ? (seconds / progress) * (1 - progress) : 0,
        sample: r.sample ? r.sample.prompt + r.sample.text : t.sample,
        saved: r.saved,
      };
    }
    case 'lost':
      return { ...t, message: 'The GPU was lost; another is being opened.' };
    case 'recovered': {
      const upTo = (points: readonly LossPoint[]) => points.filter((p) => p.step <= r.step);
      const message = `The GPU was lost; training continues from step ${r.step}.`;
      return { ...t, title: r.engine.why, points: upTo(t.points), validation: upTo(t.validation), message };
    }
    case 'end':
      return { ...t, status: 'ended', message: REASONS[r.reason] };
  }
}
