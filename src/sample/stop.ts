/** When a continuation ends. */

export interface StopRules {
  /** Tokens that end it; their text is not shown. Usually the tokenizer's `eos`. */
  readonly tokens?: readonly number[];
  /** Texts that end it wherever they come, also across tokens; they are not shown, nor is what follows. */
  readonly texts?: readonly string[];
  /** Most tokens. */
  readonly maxTokens?: number;
}

export type StopReason = 'token' | 'text' | 'length';

export interface Shown {
  /** What can be shown now: never a part of a text that may yet turn out to be a stop text. */
  readonly text: string;
  /** Present when it is over. */
  readonly stop?: StopReason;
}

export interface Stopper {
  /** @param text what the token's stream gave for it */
  push(id: number, text: string): Shown;
  /** What was held back, and `text` (the stream's own rest), when it ends for another reason. A stop text still ends it. */
  flush(text?: string): string;
}

export function stopWhen({ tokens = [], texts = [], maxTokens = Infinity }: StopRules): Stopper {
  if (!(maxTokens >= 1)) throw new RangeError(`maxTokens is ${maxTokens}: want at least 1`);
  if (texts.includes('')) throw new RangeError('a stop text is empty: it would end everything at once');
  let count = 0;
  let held = '';
  const take = (text: string): { shown: string; found: boolean } => {
    const all = held + text;
    const places = texts.map((stop) => all.indexOf(stop)).filter((at) => at >= 0);
    held = '';
    if (places.length > 0) return { shown: all.slice(0, Math.min(...places)), found: true };
    const from = all.length - Math.max(0, ...texts.map((stop) => overlap(all, stop)));
    held = all.slice(from);
    return { shown: all.slice(0, from), found: false };
  };
  const release = (): string => {
    const rest = held;
    held = '';
    return rest;
  };
  return {
    push(id, text) {
      count++;
      if (tokens.includes(id)) return { text: release(), stop: 'token' };
      const { shown, found } = take(text);
      if (found) return { text: shown, stop: 'text' };
      return count >= maxTokens ? { text: shown + release(), stop: 'length' } : { text: shown };
    },
    flush: (text = '') => take(text).shown + release(),
  };
}

/** Length of the longest end of `text` that is a beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
