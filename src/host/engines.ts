/** The engines of a host: one of each kind, opened on first use, replaced when its device is lost, closed with its last user. */
import type { Engine } from '../plan/types.ts';
import { openCpuEngine } from '../cpu/open.ts';
import {
  chooseEngine,
  chosen,
  type ChosenEngine,
  type EngineOptions,
  type EnginePreference,
  missingIn,
} from '../session/choose_engine.ts';
import type { EngineReason } from '../session/reason.ts';
import { HostError } from './errors.ts';

/** Devices lost in a row, with no token or step in between, before the CPU takes over. */
const MOST_LOST = 3;

/** A place on an engine. */
export interface Seat extends ChosenEngine {
  readonly preference: EnginePreference;
}

export class Engines {
  readonly #options: EngineOptions;
  /** Number of users of each open engine. */
  readonly #users = new Map<Engine, number>();
  /** What an earlier opening found: the same question gets the same answer. */
  readonly #found = new Map<
    EnginePreference,
    { readonly kind: Engine['facts']['engine']; readonly reason: EngineReason }
  >();
  /** Openings queue, so that two simultaneous requests share an engine. */
  #queue: Promise<unknown> = Promise.resolve();
  /** Devices lost since work was last done, and those already counted. */
  #lost = 0;
  readonly #counted = new WeakSet<Engine>();
  #losses = 0;

  constructor(options: EngineOptions = {}) {
    this.#options = options;
  }

  /** Devices lost and replaced since the host began. */
  get losses(): number {
    return this.#losses;
  }

  /** A seat on an engine. Throws GpuUnavailableError when a GPU is requested and there is none. */
  take(preference: EnginePreference): Promise<Seat> {
    const seat = this.#queue.then(() => this.#take(preference));
    this.#queue = seat.catch(() => undefined);
    return seat;
  }

  async #take(preference: EnginePreference): Promise<Seat> {
    const found = this.#found.get(preference);
    const running = found && this.#running(found.kind);
    if (running) return this.#sit(running, found.reason, preference);
    const { engine, reason } = await this.#open(preference);
    const same = this.#running(engine.facts.engine);
    if (same) engine.close();
    else void engine.lost.then(() => this.#users.delete(engine));
    this.#found.set(preference, { kind: engine.facts.engine, reason });
    return this.#sit(same ?? engine, reason, preference);
  }

  #running(kind: Engine['facts']['engine']): Engine | undefined {
    return [...this.#users.keys()].find((engine) => engine.facts.engine === kind);
  }

  #sit(engine: Engine, reason: EngineReason, preference: EnginePreference): Seat {
    this.#users.set(engine, (this.#users.get(engine) ?? 0) + 1);
    return { ...chosen(engine, reason), preference };
  }

  async #open(preference: EnginePreference): Promise<ChosenEngine> {
    try {
      return await chooseEngine(preference, this.#options);
    } catch (error) {
      if (preference === 'gpu') throw error;
      // threads are workers, which a page's policy may refuse while it lets WebAssembly run
      const alone = await openCpuEngine({ ...this.#options.cpu, threads: 1 }).catch(() => undefined);
      const { detail } = missingIn(error);
      if (!alone) throw new HostError(detail, { cause: error });
      return chosen(alone, { code: 'one-thread', detail });
    }
  }

  /** A seat on the CPU in place of one on an engine that cannot do the work. */
  async fallBack(seat: Seat, reason: EngineReason): Promise<Seat> {
    this.release(seat);
    const { engine, preference } = await this.take('cpu');
    return { ...chosen(engine, reason), preference };
  }

  /** A seat on a new engine, replacing one whose device was lost; users that shared an engine share the new one. */
  async replace(seat: Seat): Promise<Seat> {
    // a lost engine is not closed: work still running on it must learn that it was lost
    this.#users.delete(seat.engine);
    if (!this.#counted.has(seat.engine)) {
      this.#lost++;
      this.#losses++;
    }
    this.#counted.add(seat.engine);
    if (this.#lost > MOST_LOST) return this.fallBack(seat, { code: 'lost', times: this.#lost });
    try {
      return await this.take(seat.preference);
    } catch (error) {
      return this.fallBack(seat, { code: 'lost-no-gpu', ...missingIn(error) });
    }
  }

  /** A token or a step is done: the device works. */
  worked(): void {
    this.#lost = 0;
  }

  release({ engine }: Seat): void {
    const users = this.#users.get(engine);
    if (users === undefined) return; // lost, or closed
    if (users > 1) return void this.#users.set(engine, users - 1);
    this.#users.delete(engine);
    engine.close();
  }
}
