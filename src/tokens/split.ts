/**
 * GPT-2's pre-tokenizer: cuts a text into the words inside which byte pairs are merged. The rule is this regular expression,
 *
 *   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * written out by hand for two reasons. A browser's regular expressions overflow their stack on a run of some million letters that are not
 * Latin (measured in V8). And `\s` means Unicode's White_Space, as in Python and Rust: JavaScript's includes U+FEFF and lacks U+0085.
 */

const LETTER = 1;
const NUMBER = 2;
const SPACE = 3;
const OTHER = 4;

/** The class of each code point; 0 = not looked up yet. */
const classes = new Uint8Array(0x110000);

function classOf(code: number): number {
  return classes[code] || (classes[code] = findClass(code));
}

function findClass(code: number): number {
  const character = String.fromCodePoint(code); // a lone surrogate is OTHER, as U+FFFD is
  if (/\p{L}/u.test(character)) return LETTER;
  if (/\p{N}/u.test(character)) return NUMBER;
  return /\p{White_Space}/u.test(character) ? SPACE : OTHER;
}

/** Where the word that starts at `from` ends (index in UTF-16 units; `from` must be inside the text). Linear in the word's length. */
export function wordEnd(text: string, from: number): number {
  const first = text.codePointAt(from) as number;
  if (first === 0x27) {
    const end = contraction(text, from);
    if (end > 0) return end;
  }
  // one plain space belongs to the word after it
  const start = first === 0x20 ? from + 1 : from;
  if (start < text.length) {
    const kind = classOf(text.codePointAt(start) as number);
    if (kind !== SPACE) return runEnd(text, start, kind);
  }
  // white space up to the text's end; before a word, the last space belongs to the word
  const end = runEnd(text, from, SPACE);
  return end < text.length && end - from > 1 ? end - 1 : end;
}

/** End of 's 't 're 've 'm 'll 'd (small letters only), or 0. */
function contraction(text: string, from: number): number {
  const one = text[from + 1];
  if (one === 's' || one === 't' || one === 'm' || one === 'd') return from + 2;
  const two = text.slice(from + 1, from + 3);
  return two === 're' || two === 've' || two === 'll' ? from + 3 : 0;
}

function runEnd(text: string, from: number, kind: number): number {
  let at = from;
  while (at < text.length) {
    const code = text.codePointAt(at) as number;
    if (classOf(code) !== kind) break;
    at += code > 0xffff ? 2 : 1;
  }
  return at;
}
