/** Things made once for all users, simultaneous or later, and released with the last of them. */

interface Entry<T, P> {
  readonly value: Promise<T>;
  readonly controller: AbortController;
  readonly listeners: Set<(progress: P) => void>;
  users: number;
}

export interface Share<T> {
  readonly value: T;
  /** Gives it back. A second call does nothing. */
  release(): void;
}

export class Shared<T, P = never> {
  readonly #entries = new Map<string, Entry<T, P>>();
  readonly #drop: (value: T) => void;

  constructor(drop: (value: T) => void = () => undefined) {
    this.#drop = drop;
  }

  /**
   * What exists under `key`, else what `make` gives. Its work is aborted when the last caller waiting for it has left. A caller that
   * leaves gets its own signal's reason.
   */
  async take(
    key: string,
    signal: AbortSignal,
    make: (signal: AbortSignal, report: (progress: P) => void) => Promise<T>,
    onProgress?: (progress: P) => void,
  ): Promise<Share<T>> {
    signal.throwIfAborted();
    const entry = this.#entries.get(key) ?? this.#make(key, make);
    entry.users++;
    if (onProgress) entry.listeners.add(onProgress);
    let left = false;
    const release = () => {
      if (!left && --entry.users === 0) this.#end(key, entry);
      left = true;
    };
    try {
      return { value: await unlessAborted(entry.value, signal), release };
    } catch (error) {
      release();
      throw error;
    } finally {
      if (onProgress) entry.listeners.delete(onProgress);
    }
  }

  #make(key: string, make: (signal: AbortSignal, report: (progress: P) => void) => Promise<T>): Entry<T, P> {
    const controller = new AbortController();
    const listeners = new Set<(progress: P) => void>();
    const value = make(controller.signal, (progress) => {
      for (const tell of listeners) tell(progress);
    });
    const entry = { value, controller, listeners, users: 0 };
    this.#entries.set(key, entry);
    // a request after a failure tries again
    value.catch(() => this.#forget(key, entry));
    return entry;
  }

  #end(key: string, entry: Entry<T, P>): void {
    this.#forget(key, entry);
    entry.controller.abort();
    entry.value.then(this.#drop, () => undefined);
  }

  #forget(key: string, entry: Entry<T, P>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}

/** The promise's value, or the signal's reason as soon as it is aborted. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave!: () => void;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', leave);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
