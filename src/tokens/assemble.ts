/** What all tokenizers share, so that each file holds only what sets it apart. */
import { decodeAll, labelOf, streamOf } from './text.ts';
import type { BytesAfter } from './text.ts';
import { TokenizerError } from './types.ts';
import type { EncodeOptions, Special, Tokenizer, TokenizerFile, TokenizerKind } from './types.ts';

/** A growing list of ids: 4 bytes an id, where an array takes 8. */
export interface Ids {
  push(id: number): void;
  pushAll(ids: ArrayLike<number>): void;
}

export interface Parts<File extends TokenizerFile> {
  readonly kind: TokenizerKind & File['kind'];
  readonly size: number;
  readonly special: Special;
  /** Special tokens that a text may contain: text → id. */
  readonly added: ReadonlyMap<string, number>;
  /** Does `encode` begin with bos? A call may override it. */
  readonly bos: boolean;
  /** Appends the ids of ordinary text, which is never empty. */
  write(text: string, ids: Ids): void;
  /** The bytes of an id that is in range. */
  bytes(id: number): Uint8Array<ArrayBuffer>;
  /** For tokens whose bytes depend on the token before. */
  readonly bytesAfter?: BytesAfter;
  /** For tokens whose bytes are not a good name. */
  readonly label?: (id: number) => string | undefined;
  readonly file: File;
}

export function assemble<File extends TokenizerFile>(parts: Parts<File>): Tokenizer & { toJSON(): File } {
  const { kind, size, special, added, file } = parts;
  const pieces = cutterOf(added);
  const bytes = (id: number): Uint8Array<ArrayBuffer> => {
    if (!Number.isInteger(id) || id < 0 || id >= size) {
      throw new TokenizerError(`token ${id} is not in the vocabulary: its ids are 0 … ${size - 1}`);
    }
    return parts.bytes(id);
  };
  const bytesAfter: BytesAfter = (id, previous) => {
    const plain = bytes(id);
    return parts.bytesAfter ? parts.bytesAfter(id, previous) : plain;
  };
  return {
    kind,
    size,
    special,
    encode(text: string, options: EncodeOptions = {}) {
      const ids = growingIds(text.length >> 1);
      if ((options.bos ?? parts.bos) && special.bos !== undefined) ids.push(special.bos);
      for (const piece of options.special === false ? [text] : pieces(text)) {
        if (typeof piece === 'number') ids.push(piece);
        else if (piece !== '') parts.write(piece, ids);
      }
      return ids.done();
    },
    decode: (ids) => decodeAll(ids, bytesAfter),
    bytes,
    label: (id) => {
      const plain = bytes(id);
      return parts.label?.(id) ?? labelOf(plain);
    },
    decoder: (previous) => streamOf(bytesAfter, previous),
    toJSON: () => file,
  };
}

function growingIds(expected: number): Ids & { done(): Uint32Array<ArrayBuffer> } {
  let data = new Uint32Array(Math.max(16, expected));
  let length = 0;
  const room = (more: number): void => {
    if (length + more <= data.length) return;
    const wider = new Uint32Array(Math.max(data.length * 2, length + more));
    wider.set(data);
    data = wider;
  };
  return {
    push(id) {
      room(1);
      data[length++] = id;
    },
    pushAll(ids) {
      room(ids.length);
      data.set(ids, length);
      length += ids.length;
    },
    done: () => data.slice(0, length),
  };
}

/** Cuts a text at the special tokens in it: pieces of ordinary text and ids, in order. */
function cutterOf(added: ReadonlyMap<string, number>): (text: string) => Iterable<string | number> {
  const names = [...added.keys()].filter((name) => name !== '').sort((a, b) => b.length - a.length); // the longest wins
  if (names.length === 0) return (text) => [text];
  const escaped = names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const pattern = new RegExp(`(${escaped.join('|')})`);
  // split with a group gives ordinary and special pieces in turn
  return (text) => text.split(pattern).map((piece, i) => (i % 2 === 1 ? (added.get(piece) as number) : piece));
}
