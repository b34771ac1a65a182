/** Another text, read by a Run: asked for when typing has paused, and the answers to earlier texts are never shown. */
import type { Run, TokenInfo } from '../../run/types.ts';

/** Longest pause of typing before the text is read. */
const PAUSE_MS = 120;

const ANSWERS: ReadonlySet<string> = new Set(['ready', 'running', 'paused']);

export class Reading {
  readonly #changed: () => void;
  readonly #failed: (error: unknown) => void;
  #known: { readonly text: string; readonly tokens: readonly TokenInfo[] } = { text: '', tokens: [] };
  /** What was asked last: of which model, with which heads, about which text. */
  #asked: { readonly run: Run; readonly model: unknown; readonly gates: unknown; readonly text: string } | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #typing = false;

  constructor(changed: () => void, failed: (error: unknown) => void) {
    this.#changed = changed;
    this.#failed = failed;
  }

  /** The next text is being typed. */
  pause(): void {
    this.#typing = true;
  }

  read(text: string, run: Run | undefined): void {
    if (!run?.model || !ANSWERS.has(run.state)) return;
    const { model, gates } = run;
    const last = this.#asked;
    if (last?.run === run && last.model === model && last.gates === gates && last.text === text) return;
    const asked = (this.#asked = { run, model, gates, text });
    clearTimeout(this.#timer);
    const ask = () => void this.#ask(run, text, () => this.#asked === asked);
    if (this.#typing) this.#timer = setTimeout(ask, PAUSE_MS);
    else ask();
    this.#typing = false;
  }

  async #ask(run: Run, text: string, current: () => boolean): Promise<void> {
    try {
      const tokens = text === '' ? [] : await run.score(text);
      if (!current()) return;
      this.#known = { text, tokens: tokens.map(({ by: _by, ...token }) => token) };
      this.#changed();
    } catch (error) {
      if (current()) this.#failed(error);
    }
  }

  /** What is known of a text: all of its tokens, or those at its beginning that cannot have changed. */
  tokensOf(text: string): readonly TokenInfo[] {
    const { text: known, tokens } = this.#known;
    if (known === text) return tokens;
    let same = 0;
    while (same < known.length && known[same] === text[same]) same++;
    return tokens.filter(({ to }) => to < same);
  }
}
