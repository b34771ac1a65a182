/**
 * The vocabulary of llama2.c (https://github.com/karpathy/llama2.c, run.c: build_tokenizer, encode, decode): SentencePiece's BPE with a
 * score per piece. Characters are looked up, and those without a piece become bytes. Then the neighbours whose joined piece scores best
 * are joined, again and again. A text begins with bos and the piece " ", as if a space stood before it.
 * Ids: 0 unknown, 1 bos, 2 eos, 3 … 258 the bytes, then the pieces.
 */
import { assemble } from './assemble.ts';
import { mergeAll, pairKey } from './merge.ts';
import type { MergeRules } from './merge.ts';
import { byteName, utf8 } from './text.ts';
import { TokenizerError } from './types.ts';
import type { SentencePieceFile, Tokenizer } from './types.ts';

const BOS = 1;
const EOS = 2;
const BYTE0 = 3;
const PIECE0 = BYTE0 + 256;
/** In characters. SentencePiece's own default is 16; a piece is cut at every place, so its length counts squared. */
const MAX_PIECE = 1024;

/**
 * Reads tokenizer.bin / tok512.bin: u32 length of the longest piece, then per piece f32 score, u32 bytes, its UTF-8.
 * @param size number of pieces, if the model says it; the file does not
 */
export function openLlama2c(file: ArrayBuffer | Uint8Array, size?: number): Tokenizer {
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: string[] = [];
  const scores: number[] = [];
  for (let at = 4; at < bytes.length || pieces.length === 0;) {
    const piece = pieces.length;
    const length = at + 8 <= bytes.length ? view.getUint32(at + 4, true) : Infinity;
    if (at + 8 + length > bytes.length) {
      throw new TokenizerError(
        `llama2.c vocabulary: piece ${piece} at byte ${at} takes ${length === Infinity ? 'a head of 8' : length} bytes, and the file ends at ${bytes.length}`,
      );
    }
    scores.push(view.getFloat32(at, true));
    pieces.push(text.decode(bytes.subarray(at + 8, at + 8 + length)));
    at += 8 + length;
  }
  if (size !== undefined && size !== pieces.length) {
    throw new TokenizerError(
      `llama2.c vocabulary: ${pieces.length} pieces in the file, ${size} in the model; use the file that belongs to it`,
    );
  }
  return openSentencePiece({ kind: 'sentencepiece', pieces, scores });
}

export function openSentencePiece(file: SentencePieceFile): Tokenizer {
  const { pieces, scores } = file;
  if (pieces.length < PIECE0 || pieces.length !== scores.length) {
    throw new TokenizerError(
      `${pieces.length} pieces with ${scores.length} scores; expected as many scores, and at least ${PIECE0} pieces (3 and 256 bytes)`,
    );
  }
  for (let byte = 0; byte < 256; byte++) {
    if (pieces[BYTE0 + byte] !== byteName(byte)) {
      throw new TokenizerError(
        `piece ${BYTE0 + byte} is ${JSON.stringify(pieces[BYTE0 + byte])}; expected ${byteName(byte)}, the byte fallback`,
      );
    }
  }
  const long = pieces.findIndex((piece) => piece.length > MAX_PIECE);
  if (long >= 0)
    throw new TokenizerError(`piece ${long} has ${pieces[long].length} characters, the limit is ${MAX_PIECE}`);
  const wrong = scores.findIndex((score) => !Number.isFinite(score));
  if (wrong >= 0) throw new TokenizerError(`score ${wrong} is ${scores[wrong]}; expected a finite number`);

  const ids = new Map<string, number>();
  for (let id = PIECE0; id < pieces.length; id++) if (!ids.has(pieces[id])) ids.set(pieces[id], id);
  const rules = rulesOf(scores, ids);
  const space = ids.get(' ');
  const empty = new Uint8Array(0);
  const plain = pieces.map((piece, id) => {
    if (id < BYTE0) return empty; // control pieces have no text
    return id < PIECE0 ? Uint8Array.of(id - BYTE0) : utf8(piece);
  });

  return assemble({
    kind: 'sentencepiece',
    size: pieces.length,
    special: { bos: BOS, eos: EOS, unk: 0 },
    added: new Map(), // as in SentencePiece, the text "<s>" is just text
    bos: true,
    write(text, out) {
      const symbols: number[] = space === undefined ? [] : [space];
      for (const character of text) {
        const id = ids.get(character);
        if (id !== undefined) symbols.push(id);
        else for (const byte of utf8(character)) symbols.push(BYTE0 + byte);
      }
      const list = Int32Array.from(symbols);
      out.pushAll(list.subarray(0, mergeAll(list, list.length, rules)));
    },
    bytes: (id) => plain[id],
    // the space that every text begins with is not part of it
    bytesAfter: (id, previous) => (previous === BOS && plain[id][0] === 0x20 ? plain[id].subarray(1) : plain[id]),
    label: (id) => (id < PIECE0 ? pieces[id].trim() : undefined),
    file,
  });
}

/** A rule for every way to join two pieces into a third. Its number is the third's id. */
function rulesOf(scores: readonly number[], ids: ReadonlyMap<string, number>): MergeRules {
  const falling = [...new Set(scores)].sort((a, b) => b - a);
  const rankOfScore = new Map(falling.map((score, rank) => [score, rank]));
  const ranks = Int32Array.from(scores, (score) => rankOfScore.get(score) as number);
  const joined = new Map<number, number>();
  for (const [piece, id] of ids) {
    for (let cut = 1; cut < piece.length; cut++) {
      const left = ids.get(piece.slice(0, cut));
      const right = left === undefined ? undefined : ids.get(piece.slice(cut));
      if (left !== undefined && right !== undefined) joined.set(pairKey(left, right), id);
    }
  }
  return { find: (left, right) => joined.get(pairKey(left, right)), rank: (id) => ranks[id], result: (id) => id };
}
