/** What a training has told so far. Pure: records go in, live or replayed, and what the panel shows comes out. */
import type { TrainingRecord, TrainStep } from '../../host/protocol.ts';

export type Phase = 'idle' | 'preparing' | 'running' | 'paused' | 'stopping' | 'recovering' | 'ended' | 'failed';

export type Sample = NonNullable<(TrainingRecord & { kind: 'step' })['sample']>;

/** A model trained on less text than this learns it by heart and nothing more. */
export const ENOUGH = 2000;

export class TrainingLog {
  phase: Phase = 'idle';
  readonly records: TrainingRecord[] = [];
  readonly points: TrainStep[] = [];
  /** In the order in which they were written. */
  readonly samples: { readonly step: number; readonly sample: Sample }[] = [];
  prepared: (TrainingRecord & { kind: 'prepared' }) | undefined;
  /** Step at which it went on after the last lost device. */
  recoveredAt: number | undefined;
  end: (TrainingRecord & { kind: 'end' })['reason'] | undefined;
  /** There is a model to use or save. */
  saved = false;
  /** What was thrown. */
  failure: unknown;
  /** What it was before the device was lost. */
  #before: Phase = 'running';

  get busy(): boolean {
    return !['idle', 'ended', 'failed'].includes(this.phase);
  }

  get last(): TrainStep | undefined {
    return this.points.at(-1);
  }

  /** Seconds to the planned end, at the pace so far. */
  get left(): number {
    const { progress = 0, seconds = 0 } = this.last ?? {};
    return progress > 0 ? (seconds / progress) * (1 - progress) : 0;
  }

  /** Name of the best n-gram by its order: `5` of "best n-gram (5, kneser-ney)". */
  get order(): number {
    return Number(/\((\d+)/.exec(this.prepared?.ngram.name ?? '')?.[1] ?? 0);
  }

  add(record: TrainingRecord): void {
    this.records.push(record);
    switch (record.kind) {
      case 'prepared':
        this.prepared = record;
        this.end = undefined;
        this.failure = undefined;
        this.phase = 'running';
        return;
      case 'step': {
        const { record: point, sample, saved } = record;
        this.#cut(point.step - 1); // another training, or one that went back to its checkpoint
        this.points.push(point);
        if (sample) this.samples.push({ step: point.step, sample });
        this.saved = saved;
        return;
      }
      case 'lost':
        this.#before = this.phase;
        this.phase = 'recovering';
        return;
      case 'recovered':
        this.phase = this.#before;
        this.recoveredAt = record.step;
        this.#cut(record.step);
        return;
      case 'end':
        this.end = record.reason;
        this.phase = 'ended';
    }
  }

  fail(error: unknown): void {
    this.failure = error;
    this.phase = 'failed';
  }

  /** Only the first `step` steps stay. */
  #cut(step: number): void {
    for (const list of [this.points, this.samples]) while ((list.at(-1)?.step ?? 0) > step) list.pop();
  }
}

/** All that a finished or saved training told. */
export function logOf(records: readonly TrainingRecord[]): TrainingLog {
  const log = new TrainingLog();
  for (const record of records) log.add(record);
  if (log.busy) log.phase = 'ended'; // nobody goes on with it here
  return log;
}

/** Is this a text? Names what is wrong: bytes that are no UTF-8, or zeros. */
export const isText = (text: string): boolean => !/[\0\uFFFD]/.test(text.slice(0, 100_000));
