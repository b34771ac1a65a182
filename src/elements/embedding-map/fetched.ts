/** What the map needs of a Run: vectors, a word's two paths, and what is near a token in the whole vocabulary. */
import type { Embedding, Neighbour, Run, WordPaths } from '../../run/types.ts';

/** Vectors on a map at most: more would be a cloud, and take longer to project. */
const MOST = 1000;

export interface Ask {
  readonly of: 'tokens' | 'positions' | 'words';
  readonly words: { readonly word: string; readonly texts: readonly [string, string] } | undefined;
  readonly token: number | undefined;
  readonly near: number;
}

export class Fetched {
  embedding: Embedding | undefined;
  paths: WordPaths | undefined;
  neighbours: readonly Neighbour[] | undefined;
  /** Why there is nothing, in the engine's words. */
  /** What was thrown. */
  failure: unknown;
  asking = false;
  readonly #changed: () => void;
  #run: Run | undefined;
  #of = '';
  #nearOf = '';

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Asks for what is new. */
  look(run: Run | undefined, ask: Ask): void {
    if (run !== this.#run) {
      this.#run = run;
      this.#forget();
    }
    if (!run?.model || run.recorded !== undefined || !['ready', 'running', 'paused'].includes(run.state)) return;
    const of = `${run.model.identity} ${ask.of} ${JSON.stringify(ask.words)}`;
    if (of !== this.#of) {
      this.#forget();
      this.#of = of;
      void this.#ask(run, ask);
    }
    const nearOf = ask.of === 'tokens' && ask.token !== undefined ? `${of} ${ask.token} ${ask.near}` : '';
    if (nearOf === this.#nearOf) return;
    this.#nearOf = nearOf;
    this.neighbours = undefined;
    if (nearOf) void this.#near(run, ask.token!, ask.near);
  }

  /** The same for the text of now. */
  refit(): void {
    this.#of = '';
    this.#changed();
  }

  #forget(): void {
    this.embedding = undefined;
    this.paths = undefined;
    this.neighbours = undefined;
    this.failure = undefined;
    this.#of = '';
    this.#nearOf = '';
  }

  async #ask(run: Run, { of, words }: Ask): Promise<void> {
    const key = this.#of;
    if (of === 'words' && !words) return;
    this.asking = true;
    try {
      const ids = of === 'tokens' ? [...new Set(run.tokens.map(({ id }) => id))] : [];
      const embedding = of === 'words' ? undefined : await run.embedding({ of, ids, most: MOST });
      const paths = words && of === 'words' ? await run.words(words.texts, words.word) : undefined;
      if (key === this.#of) Object.assign(this, { embedding, paths });
    } catch (error) {
      if (key === this.#of) this.failure = error ?? 'nothing';
    }
    if (key !== this.#of) return;
    this.asking = false;
    this.#changed();
  }

  async #near(run: Run, token: number, near: number): Promise<void> {
    const key = this.#nearOf;
    const found = await run.neighbours(token, near).catch(() => undefined); // those on the map are known without
    if (key !== this.#nearOf) return;
    this.neighbours = found;
    this.#changed();
  }
}
