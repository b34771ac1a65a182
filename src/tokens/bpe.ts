/**
 * Byte-level byte pair encoding as in GPT-2's encoder (https://github.com/openai/gpt-2): words by split.ts, each word's bytes
 * merged pair by pair in the order of the ranks. Opens GPT-2's own files (gpt2.ts) and what train.ts makes.
 */
import { BYTES_IN_ORDER, fromLetters, toLetters } from './alphabet.ts';
import { assemble } from './assemble.ts';
import { mergeAll, pairKey } from './merge.ts';
import type { Join, MergeRules } from './merge.ts';
import { wordEnd } from './split.ts';
import { byteName, utf8 } from './text.ts';
import { TokenizerError } from './types.ts';
import type { BpeFile, Tokenizer } from './types.ts';

/** One merge inside one word. */
export interface MergeStep {
  readonly word: string;
  /** How many words stand before it. */
  readonly index: number;
  /** Line of the merge in the list, 0-based. Lower lines were learned earlier and are applied first. */
  readonly rank: number;
  /** Id of the left token. */
  readonly left: number;
  /** Id of the right token. */
  readonly right: number;
  /** The token that the two become. */
  readonly id: number;
  /** Bytes of the word before the left token. */
  readonly from: number;
  /** The word's tokens after this step. */
  readonly tokens: readonly number[];
}

/** A byte-level BPE tokenizer that can show how it gets to its tokens. */
export interface BpeTokenizer extends Tokenizer {
  readonly kind: 'bpe';
  /** How the text becomes tokens, merge by merge, word by word. Special tokens in the text are read as ordinary text. */
  merges(text: string): Generator<MergeStep>;
  /** The words inside which bytes are merged. */
  words(text: string): Generator<string>;
  /** Plain JSON, which `openTokenizer` opens. */
  toJSON(): BpeFile;
}

const CACHED_WORDS = 1 << 16;
const CACHED_LENGTH = 64; // longer words hardly ever repeat

export function openBpe(file: BpeFile): BpeTokenizer {
  const { tokens, byteIds, rules } = readTables(file);
  const { special } = file;
  const added = new Map(Object.entries(file.added));
  const known = new Map<number, Uint8Array<ArrayBuffer>>();
  for (const [letters, id] of tokens) known.set(id, fromLetters(letters) ?? utf8(letters));
  for (const [text, id] of added) known.set(id, utf8(text));
  let size = 0;
  for (const id of known.keys()) size = Math.max(size, id + 1);
  for (const [role, id] of Object.entries(special)) {
    if (id !== undefined && !known.has(id))
      throw new TokenizerError(`special token ${role} has id ${id}, which no token has`);
  }

  /** The word's bytes as ids. */
  const symbolsOf = (word: string): Int32Array => {
    const utf = utf8(word);
    const symbols = new Int32Array(utf.length);
    for (let i = 0; i < utf.length; i++) {
      const id = byteIds[utf[i]] >= 0 ? byteIds[utf[i]] : special.unk;
      if (id === undefined) {
        const where = JSON.stringify(word.slice(0, 40));
        throw new TokenizerError(
          `the vocabulary has no token for byte ${byteName(utf[i])} (in ${where}) and no unknown token`,
        );
      }
      symbols[i] = id;
    }
    return symbols;
  };

  const cache = new Map<string, Int32Array>();
  const encodeWord = (word: string): Int32Array => {
    const cached = cache.get(word);
    if (cached) return cached;
    const symbols = symbolsOf(word);
    const ids = symbols.slice(0, mergeAll(symbols, symbols.length, rules));
    if (word.length <= CACHED_LENGTH) {
      if (cache.size >= CACHED_WORDS) cache.clear();
      cache.set(word, ids);
    }
    return ids;
  };

  function* words(text: string): Generator<string> {
    for (let from = 0; from < text.length;) {
      const end = wordEnd(text, from);
      yield text.slice(from, end);
      from = end;
    }
  }

  const tokenizer = assemble({
    kind: 'bpe',
    size,
    special,
    added,
    bos: false,
    write(text, ids) {
      for (const word of words(text)) ids.pushAll(encodeWord(word));
    },
    bytes: (id) => known.get(id) ?? new Uint8Array(0), // empty for a number that the vocabulary skips
    file,
  });
  return {
    ...tokenizer,
    kind: 'bpe',
    words,
    *merges(text) {
      let index = 0;
      for (const word of words(text)) {
        const symbols = symbolsOf(word);
        const joins: Join[] = [];
        mergeAll(symbols.slice(), symbols.length, rules, (join) => joins.push(join));
        yield* replay(word, index++, [...symbols], joins, rules);
      }
    },
  };
}

/** Turns joins into steps, each with the tokens that it leaves. */
function* replay(
  word: string,
  index: number,
  symbols: number[],
  joins: Join[],
  rules: MergeRules,
): Generator<MergeStep> {
  const tokens = symbols;
  const starts = symbols.map((_, i) => i);
  for (const { rule, left, right, at } of joins) {
    const place = starts.indexOf(at);
    const id = rules.result(rule);
    tokens.splice(place, 2, id);
    starts.splice(place + 1, 1);
    yield { word, index, rank: rules.rank(rule), left, right, id, from: at, tokens: [...tokens] };
  }
}

interface Tables {
  /** Token in the byte alphabet → id, special tokens not included. */
  readonly tokens: ReadonlyMap<string, number>;
  /** Byte → id of its token, −1 for none. */
  readonly byteIds: Int32Array;
  readonly rules: MergeRules;
}

function readTables(file: BpeFile): Tables {
  const tokens = file.vocab ? new Map(Object.entries(file.vocab)) : usualIds(file.merges, file.added);
  const byteIds = new Int32Array(256).fill(-1);
  for (let byte = 0; byte < 256; byte++) byteIds[byte] = tokens.get(toLetters([byte])) ?? -1;

  const results = new Int32Array(file.merges.length);
  const byPair = new Map<number, number>();
  for (let rank = 0; rank < file.merges.length; rank++) {
    const line = file.merges[rank];
    const [leftLetters, rightLetters, rest] = line.split(' ');
    const left = tokens.get(leftLetters);
    const right = tokens.get(rightLetters);
    if (left === undefined || right === undefined || rest !== undefined) {
      throw new TokenizerError(
        `merge ${rank} is ${JSON.stringify(line)}; expected two tokens of the vocabulary with one space between`,
      );
    }
    const joined = leftLetters + rightLetters;
    const id = tokens.get(joined);
    if (id === undefined) {
      throw new TokenizerError(`merge ${rank} makes ${JSON.stringify(joined)}, which the vocabulary does not have`);
    }
    results[rank] = id;
    const key = pairKey(left, right);
    if (!byPair.has(key)) byPair.set(key, rank); // the first of two counts
  }
  return {
    tokens,
    byteIds,
    rules: {
      find: (left, right) => byPair.get(pairKey(left, right)),
      rank: (rule) => rule,
      result: (rule) => results[rule],
    },
  };
}

/** The ids that a file without `vocab` means: the bytes in order, then a new one per merge that makes a new token; `added` ids are left out. */
export function usualIds(merges: readonly string[], added: Readonly<Record<string, number>>): Map<string, number> {
  const taken = new Set(Object.values(added));
  const tokens = new Map<string, number>();
  let next = 0;
  const add = (token: string): void => {
    if (tokens.has(token)) return;
    while (taken.has(next)) next++;
    tokens.set(token, next++);
  };
  for (const byte of BYTES_IN_ORDER) add(toLetters([byte]));
  for (const line of merges) add(line.replace(' ', ''));
  return tokens;
}
