/** What computes next: lanes and trainings take turns, one token or step at a time, on the one thread that owns the engines. */

/** How much attention a lane gets from a person. A hidden one stops after the current token and resumes when it is visible again. */
export type Attention = 'focused' | 'visible' | 'hidden';

/** Turns per round. No visible lane waits for more than the others' shares. */
const SHARES: Readonly<Record<Attention, number>> = { focused: 4, visible: 1, hidden: 0 };

/** One participant that takes turns. */
export interface Place {
  attention: Attention;
}

interface Waiter {
  readonly place: Place;
  readonly start: () => void;
}

export class Schedule {
  readonly #waiting: Waiter[] = [];
  /** Progress of each: turns divided by share. The one with the least is next. */
  readonly #passed = new WeakMap<Place, number>();
  /** Progress of the one that had the last turn: latecomers do not catch up on the time before. */
  #now = 0;
  #busy = false;

  /** Does the work when it is the place's turn. Throws the signal's reason if it is aborted before that. */
  async turn<T>(place: Place, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#take(place, signal);
    try {
      return await work();
    } finally {
      void this.#give();
    }
  }

  /** A place's attention has changed. */
  attend(place: Place, attention: Attention): void {
    place.attention = attention;
    this.#grant();
  }

  #take(place: Place, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = {
        place,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(signal.reason as Error);
      };
      if (signal.aborted) return leave();
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
      this.#grant();
    });
  }

  async #give(): Promise<void> {
    // messages that arrived meanwhile (cancel, pause, another request) are handled before the next turn; so are frames, on a page's thread
    await breath();
    this.#busy = false;
    this.#grant();
  }

  #grant(): void {
    if (this.#busy) return;
    let next: Waiter | undefined;
    for (const waiter of this.#waiting)
      if (SHARES[waiter.place.attention] && (!next || this.#farOf(waiter.place) < this.#farOf(next.place)))
        next = waiter;
    if (!next) return;
    this.#busy = true;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#now = this.#farOf(next.place);
    this.#passed.set(next.place, this.#now + 1 / SHARES[next.place.attention]);
    next.start();
  }

  #farOf(place: Place): number {
    return Math.max(this.#passed.get(place) ?? 0, this.#now);
  }
}

/** Lets waiting messages in. Not a timer: repeated timers wait 4 ms or more. */
function breath(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

/** How many ms work on the host's thread may take before it lets others in. */
const PATIENCE = 8;

/** A function to await often in long work: it lets messages in when they have waited long enough, and throws once the signal is aborted. */
export function pauses(signal: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    signal.throwIfAborted();
    if (performance.now() - last < PATIENCE) return;
    await breath();
    last = performance.now();
    signal.throwIfAborted();
  };
}
