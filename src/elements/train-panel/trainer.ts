/** The course of a training: start, pause, stop, go on. Every ending is told, and stop answers at any time. */
import type { HostTrainingLane } from '../../host/client.ts';
import type { TrainingRecord } from '../../host/protocol.ts';
import type { Services, TrainWish } from '../../run/services.ts';
import { ENOUGH, logOf, TrainingLog } from './log.ts';

export interface TrainerOptions {
  /** Something is to be drawn anew: at once, or soon when a record came. */
  readonly changed: (soon: boolean) => void;
  readonly record: (record: TrainingRecord) => void;
  readonly ended: (reason: string) => void;
  readonly failed: (message: string) => void;
}

/** What a person asks for. */
export type Wish = Pick<TrainWish, 'text' | 'size' | 'engine'> & { readonly steps: number };

const subjectOf = ({ size, text }: Wish): string => `${size} ${text}`;

export class Trainer {
  log = new TrainingLog();
  /** The log is of another time: there is no model behind it. */
  recording = false;
  lane: HostTrainingLane | undefined;
  readonly #options: TrainerOptions;
  /** Text and size that the lane learned. */
  #learned = '';
  /** Records of an earlier training are told by this. */
  #mine = 0;

  constructor(options: TrainerOptions) {
    this.#options = options;
  }

  /** Shows a training of another time. */
  replay(records: readonly TrainingRecord[]): void {
    this.abandon();
    this.log = logOf(records);
    this.recording = records.length > 0;
  }

  canStart({ text }: Wish): boolean {
    return !this.log.busy && text.length >= ENOUGH;
  }

  canGoOn(wish: Wish): boolean {
    return this.canStart(wish) && this.canUse && this.#learned === subjectOf(wish);
  }

  /** There is a model to use or save. */
  get canUse(): boolean {
    return this.lane !== undefined && this.log.saved;
  }

  /** The planned end, as the records tell it; `wish` before there are any. */
  planned(wish: number): number {
    const { last } = this.log;
    return last?.progress ? Math.round(last.step / last.progress) : wish;
  }

  /** Trains up to `wish.steps`; going on after that end, as many again. Resolves when the training ends. */
  async start(services: Services, wish: Wish, goOn: boolean, began: (steps: number) => void): Promise<void> {
    const before = this.lane;
    const done = this.log.last?.step ?? 0;
    const planned = this.planned(wish.steps);
    const steps = !goOn ? wish.steps : done < planned ? planned : done + wish.steps;
    const resume = goOn ? (before!.source as { training: number }).training : undefined;
    const mine = ++this.#mine;
    if (!goOn) this.log = new TrainingLog();
    this.recording = false;
    this.log.phase = 'preparing';
    began(steps);
    try {
      const lane = await services.train({ ...wish, steps, resume });
      if (mine !== this.#mine) return lane.close(); // stopped meanwhile
      before?.close();
      this.lane = lane;
      this.#learned = subjectOf(wish);
      await this.#follow(lane, mine);
    } catch (error) {
      if (mine !== this.#mine) return;
      const message = error instanceof Error ? error.message : String(error);
      if (this.lane !== before) {
        this.abandon(); // it has nothing more to give
        this.log.saved = false;
      }
      this.log.fail(error);
      this.#options.failed(message);
    }
  }

  async #follow(lane: HostTrainingLane, mine: number): Promise<void> {
    for await (const record of lane.records) {
      if (mine !== this.#mine) return;
      this.log.add(record);
      this.#options.record(record);
      if (record.kind === 'end') return this.#options.ended(record.reason);
      this.#options.changed(record.kind === 'step'); // what happens to its device is shown at once
    }
    if (mine === this.#mine && this.log.busy) throw new Error('the training ended without a word; start it again');
  }

  pause(paused: boolean): void {
    if (this.log.phase !== (paused ? 'running' : 'paused')) return;
    this.log.phase = paused ? 'paused' : 'running';
    // a host that has gone is told by the records
    this.lane?.pause(paused).catch(() => undefined);
    this.#options.changed(false);
  }

  stop(): void {
    const { log } = this;
    if (log.phase === 'running' || log.phase === 'paused') {
      log.phase = 'stopping';
      this.lane?.stop().catch(() => undefined);
      this.#options.changed(false);
    } else if (log.busy) {
      const began = log.phase !== 'preparing';
      this.abandon();
      log.saved = false;
      log.phase = began ? 'ended' : 'idle';
      this.#options.ended('stopped');
    }
  }

  /** Nobody follows the training any more; what it learned goes. */
  abandon(): void {
    this.#mine++;
    this.lane?.close();
    this.lane = undefined;
  }
}
