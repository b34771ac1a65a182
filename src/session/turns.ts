/**
 * Which run may use a session's cache. Runs queue, first come, first served. A run whose consumer pauses (it stopped in the middle, or
 * asks for another run between two tokens) gives way. When it comes back, it learns that another run has used the cache.
 */

/** How long a run keeps its turn while nobody asks it for more, in ms. */
const REST = 100;

export class Turns {
  #holder: symbol | undefined;
  /** The holder is computing. */
  #active = false;
  #rested = 0;
  readonly #queue: symbol[] = [];
  #wake: (() => void)[] = [];

  /** Resolves when it is this run's turn: true when nobody has used the cache since its last one. */
  async take(run: symbol): Promise<boolean> {
    if (this.#holder === run) {
      this.#active = true;
      return true;
    }
    this.#queue.push(run);
    try {
      while (this.#queue[0] !== run || !this.#free()) await this.#change();
      this.#holder = run;
      this.#active = true;
    } finally {
      this.#queue.splice(this.#queue.indexOf(run), 1);
      this.#notify();
    }
    return false;
  }

  /** The run is between two tokens. */
  rest(run: symbol): void {
    if (this.#holder !== run) return;
    this.#active = false;
    this.#rested = performance.now();
  }

  /** The run is over. */
  end(run: symbol): void {
    if (this.#holder !== run) return;
    this.#holder = undefined;
    this.#active = false;
    this.#notify();
  }

  #free(): boolean {
    return this.#holder === undefined || (!this.#active && performance.now() - this.#rested >= REST);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, REST / 4);
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
