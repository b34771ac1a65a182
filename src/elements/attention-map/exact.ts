/** The exact numbers of one row: asked for when the row has stood for a moment, kept until it is another one. */
import type { AttentionRow, Run } from '../../run/types.ts';

/** Pause before asking: rows that are only passed by are not computed. */
const PAUSE_MS = 150;

export interface RowAsk {
  readonly run: Run;
  readonly layer: number;
  readonly head: number;
  readonly query: number;
  /** The row's bytes: another text has another object here. */
  readonly source: Uint8Array;
}

export class ExactRow {
  row: AttentionRow | undefined;
  /** Why there is none. */
  failure: Error | undefined;
  #ask: RowAsk | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #arrived: () => void;

  constructor(arrived: () => void) {
    this.#arrived = arrived;
  }

  /** Asks unless this is what was asked last; `undefined`: nothing is wanted. */
  want(ask: RowAsk | undefined): void {
    if (ask && this.#ask && (Object.keys(ask) as (keyof RowAsk)[]).every((key) => ask[key] === this.#ask![key])) return;
    if (!ask && !this.#ask) return;
    this.#ask = ask;
    this.row = undefined;
    this.failure = undefined;
    clearTimeout(this.#timer);
    if (ask) this.#timer = setTimeout(() => void this.#fetch(ask), PAUSE_MS);
  }

  async #fetch(ask: RowAsk): Promise<void> {
    const { run, layer, head, query } = ask;
    try {
      const row = await run.row(layer, head, query);
      if (ask === this.#ask) this.row = row;
    } catch (error) {
      if (ask === this.#ask) this.failure = error as Error;
    }
    if (ask === this.#ask) this.#arrived();
  }
}
