/** Records that one side reports and the other takes one by one, until the signal is aborted. */
export class Feed<T> {
  readonly #signal: AbortSignal;
  readonly #records: T[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.());
  }

  /** `replaces`: this record makes the last one obsolete, if nobody has taken that yet. */
  push(record: T, replaces: (last: T) => boolean = () => false): void {
    const last = this.#records.at(-1);
    if (last !== undefined && replaces(last)) this.#records.pop();
    this.#records.push(record);
    this.#wake?.();
  }

  /** Ends it with an error, after everything already pushed. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  async *drain(): AsyncGenerator<T, void, void> {
    while (!this.#signal.aborted) {
      const record = this.#records.shift();
      if (record !== undefined) yield record;
      else if (this.#failure) throw this.#failure.error;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
