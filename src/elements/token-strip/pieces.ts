/** From tokens to what stands in their blocks: text, or bytes where a token is only a part of a character. No DOM in here. */
import type { TokenInfo } from '../../run/types.ts';
import type { Cell } from '../core/table.ts';
import { hex, isWhole, named } from '../core/token-text.ts';

export interface Piece {
  /** Its text; '' for a part of a character. */
  readonly text: string;
  /** Its bytes, for a part of a character. */
  readonly part: string;
  /** The characters that became whole with this part. */
  readonly whole: string;
}

/** Bytes that a character has, from its first one; 0: no character begins with it. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/** Reads token after token. Between two tokens it remembers the bytes of the character that is not whole yet. */
export class PieceReader {
  #open: number[] = [];

  read({ text, bytes }: Pick<TokenInfo, 'text' | 'bytes'>): Piece {
    if (bytes.length === 0) return { text, part: '', whole: '' }; // it writes nothing: only its name can be shown
    if (this.#open.length === 0 && isWhole(bytes))
      return { text: decoder.decode(Uint8Array.from(bytes)), part: '', whole: '' };
    let whole = '';
    for (const byte of bytes) {
      const follows = byte >= 0x80 && byte < 0xc0;
      if (!follows) this.#open = []; // what was open is never finished
      if (this.#open.length === 0 && lengthOf(byte) === 0) continue;
      this.#open.push(byte);
      if (this.#open.length < lengthOf(this.#open[0])) continue;
      if (isWhole(this.#open)) whole += decoder.decode(Uint8Array.from(this.#open));
      this.#open = [];
    }
    return { text: '', part: hex(bytes), whole };
  }

  /** As far as `other` has read. */
  copy(): PieceReader {
    const copy = new PieceReader();
    copy.#open = [...this.#open];
    return copy;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Bits of all tokens that have some. */
export interface Surprise {
  readonly n: number;
  readonly mean: number;
  readonly perplexity: number;
}

export function surpriseOf(tokens: readonly Pick<TokenInfo, 'bits'>[]): Surprise | undefined {
  let [n, sum] = [0, 0];
  for (const { bits } of tokens)
    if (bits !== undefined && Number.isFinite(bits)) {
      n++;
      sum += bits;
    }
  return n ? { n, mean: sum / n, perplexity: 2 ** (sum / n) } : undefined;
}

/** How many tokens at the beginning are the same in both. */
export function commonStart(a: readonly TokenInfo[], b: readonly TokenInfo[]): number {
  const most = Math.min(a.length, b.length);
  let n = 0;
  while (n < most && same(a[n], b[n])) n++;
  return n;
}

const same = (a: TokenInfo, b: TokenInfo): boolean =>
  a === b || (a.id === b.id && a.bits === b.bits && a.by === b.by && a.text === b.text);

/** Number, text, id, bytes, probability and bits of each token. */
export function tableRows(tokens: readonly TokenInfo[]): Cell[][] {
  const reader = new PieceReader();
  const number = (x: number) => Number(x.toPrecision(5));
  return tokens.map((token, i) => {
    const { text, part, whole } = reader.read(token);
    const { id, bytes, bits } = token;
    const shares = bits === undefined ? [undefined, undefined] : [number(2 ** -bits), number(bits)];
    return [i + 1, part ? whole || part : named(text), id, hex(bytes), ...shares];
  });
}
