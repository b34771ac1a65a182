/**
 * Learns a byte-level BPE from any text: the most frequent pair of neighbours becomes a token, again and again. Equal words are counted,
 * not repeated, and a merge touches only the places where its pair stands (counts are updated by differences), so 10 MB take seconds. Ties
 * go to the pair with the lower ids, as in Hugging Face's trainer, which learns the same merges.
 */
import { BYTES_IN_ORDER, toLetters } from './alphabet.ts';
import { openBpe } from './bpe.ts';
import type { BpeTokenizer } from './bpe.ts';
import { heapPop, heapPush } from './heap.ts';
import { pairKey } from './merge.ts';
import { wordEnd } from './split.ts';
import { END_OF_TEXT, utf8 } from './text.ts';
import { TokenizerError } from './types.ts';

/**
 * How a BPE tokenizer is learned.
 *
 * @example
 * const options: BpeOptions = { size: 1024, onMerge: ({ rank, count }) => console.log(rank, count) };
 */
export interface BpeOptions {
  /** Wanted number of ids: 256 bytes, the merges, the special tokens. A text that runs out of pairs gives fewer. */
  readonly size: number;
  /** Rarer pairs are not merged. Default: 2. */
  readonly minCount?: number;
  /** Special tokens, which get the last ids and end words in the text. Default: <|endoftext|>, which is bos and eos. */
  readonly special?: readonly string[];
  /** Called after each merge; throw to stop. Default: none. */
  readonly onMerge?: (merge: LearnedMerge) => void;
}

/** A merge that training chose: the pair that came most often. */
export interface LearnedMerge {
  /** How many merges were learned before it. */
  readonly rank: number;
  /** Both tokens in GPT-2's byte alphabet. */
  readonly left: string;
  readonly right: string;
  /** How often the pair stood in the text. */
  readonly count: number;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  /** Where its left symbols stand; some may be outdated. */
  readonly places: number[];
}

/** A queued pair, with its count at that moment. */
interface MergeCandidate {
  readonly pair: Pair;
  readonly count: number;
}

const before = (a: MergeCandidate, b: MergeCandidate): boolean => {
  if (a.count !== b.count) return a.count > b.count;
  return a.pair.left !== b.pair.left ? a.pair.left < b.pair.left : a.pair.right < b.pair.right;
};

/**
 * Learns a byte-level BPE tokenizer, with the merges that GPT-2's way of training gives.
 *
 * @param texts one text, or several documents
 * @throws TokenizerError when `size` leaves no room for bytes and special tokens
 * @example
 * const tokenizer = trainBpe(documents, { size: 1024 });
 */
export function trainBpe(texts: string | Iterable<string>, options: BpeOptions): BpeTokenizer {
  const { size, minCount = 2, special = [END_OF_TEXT], onMerge } = options;
  const least = 256 + special.length;
  if (!Number.isInteger(size) || size < least) {
    throw new TokenizerError(
      `size is ${size}; expected an integer of at least ${least} (256 bytes and ${special.length} special tokens)`,
    );
  }
  const line = layOut(countWords(typeof texts === 'string' ? [texts] : texts, special));
  const pairs = new Map<number, Pair>();
  const pairOf = (left: number, right: number): Pair => {
    const key = pairKey(left, right);
    let pair = pairs.get(key);
    if (!pair) pairs.set(key, (pair = { left, right, count: 0, places: [] }));
    return pair;
  };
  line.eachPair((left, right, at, weight) => {
    const pair = pairOf(left, right);
    pair.count += weight;
    pair.places.push(at);
  });
  const queue: MergeCandidate[] = [];
  for (const pair of pairs.values()) heapPush(queue, { pair, count: pair.count }, before);

  const letters = Array.from(BYTES_IN_ORDER, (byte) => toLetters([byte]));
  const ids = new Map(letters.map((token, id) => [token, id]));
  const merges: string[] = [];
  while (letters.length + special.length < size && queue.length > 0) {
    const { pair, count } = heapPop(queue, before);
    if (pair.count !== count) {
      // rarer than when it was queued: queue it again. More frequent: it is queued already.
      if (pair.count > 0 && pair.count < count) heapPush(queue, { pair, count: pair.count }, before);
      continue;
    }
    if (count < Math.max(1, minCount)) break;
    const [left, right] = [letters[pair.left], letters[pair.right]];
    const token = left + right;
    let id = ids.get(token); // two pairs can spell the same token
    if (id === undefined) {
      id = letters.push(token) - 1;
      ids.set(token, id);
    }
    const grown = new Set<Pair>();
    // a pair of equal symbols can overlap itself: go from left to right
    const places = pair.left === pair.right ? Int32Array.from(pair.places).sort() : pair.places;
    for (const at of places) {
      line.join(at, pair.left, pair.right, id, (a, b, place, weight) => {
        const changed = pairOf(a, b);
        changed.count += weight;
        if (weight > 0) {
          changed.places.push(place);
          grown.add(changed);
        }
      });
    }
    pair.count = 0;
    pairs.delete(pairKey(pair.left, pair.right));
    for (const changed of grown)
      if (changed.count > 0) heapPush(queue, { pair: changed, count: changed.count }, before);
    merges.push(`${left} ${right}`);
    onMerge?.({ rank: merges.length - 1, left, right, count });
  }
  const added = Object.fromEntries(special.map((text, i) => [text, letters.length + i]));
  const end = Object.hasOwn(added, END_OF_TEXT) ? { bos: added[END_OF_TEXT], eos: added[END_OF_TEXT] } : {};
  return openBpe({ kind: 'bpe', merges, added, special: end });
}

function countWords(texts: Iterable<string>, special: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    let parts = [text];
    for (const name of special) if (name !== '') parts = parts.flatMap((part) => part.split(name));
    for (const part of parts) {
      for (let from = 0; from < part.length;) {
        const end = wordEnd(part, from);
        const word = part.slice(from, end);
        counts.set(word, (counts.get(word) ?? 0) + 1);
        from = end;
      }
    }
  }
  return counts;
}

/** Called for a pair of neighbours at `at`, in words that occur `weight` times; negative when the pair is gone. */
type Told = (left: number, right: number, at: number, weight: number) => void;

interface Line {
  eachPair(told: Told): void;
  /** Joins `left` `right` at this place to `id` if they still stand there. */
  join(at: number, left: number, right: number, id: number, told: Told): void;
}

/**
 * All words in flat arrays, one after the other, with an empty slot after each. A symbol keeps the slots of its bytes: the first holds its
 * id, the first and the last its length, so that both neighbours are found without links.
 */
function layOut(words: ReadonlyMap<string, number>): Line {
  const idOfByte = new Int32Array(256);
  for (const [id, byte] of BYTES_IN_ORDER.entries()) idOfByte[byte] = id;
  let room = 1; // an empty slot before the first word and after each
  for (const word of words.keys()) room += 3 * word.length + 1; // UTF-8 takes at most 3 bytes a UTF-16 unit
  const symbols = new Int32Array(room).fill(-1);
  const lengths = new Int32Array(room).fill(1);
  const weights = new Int32Array(room);
  let end = 1;
  for (const [word, count] of words) {
    for (const byte of utf8(word)) {
      symbols[end] = idOfByte[byte];
      weights[end++] = count;
    }
    end++;
  }
  return {
    eachPair(told) {
      for (let at = 1; at + 1 < end; at++) {
        if (symbols[at] >= 0 && symbols[at + 1] >= 0) told(symbols[at], symbols[at + 1], at, weights[at]);
      }
    },
    join(at, left, right, id, told) {
      const second = at + lengths[at];
      if (symbols[at] !== left || symbols[second] !== right) return;
      const weight = weights[at];
      const third = second + lengths[second];
      const zeroth = at - lengths[at - 1];
      if (symbols[zeroth] >= 0) {
        told(symbols[zeroth], left, zeroth, -weight);
        told(symbols[zeroth], id, zeroth, weight);
      }
      if (symbols[third] >= 0) {
        told(right, symbols[third], second, -weight);
        told(id, symbols[third], at, weight);
      }
      symbols[at] = id;
      symbols[second] = -1;
      lengths[at] = third - at;
      lengths[third - 1] = third - at;
    },
  };
}
