/**
 * Prepares a tokenizer.json for Hugging Face's JavaScript library. It is checked, because the library trusts it: an id of 10⁹ becomes an
 * array of that length, a null inside a TypeError in the middle of a text. Steps that the library reads differently from the Rust original
 * are rewritten. A step that cannot be rewritten is refused by name.
 */
import { TokenizerError } from './types.ts';
import { ID_RANGE, isId, isRecord, readIds, shown } from './validate.ts';

type Json = Record<string, unknown>;

export interface LibraryJson {
  readonly tokenizer: Json;
  /** Special tokens that count only where no letter touches them. The library would read them everywhere. */
  readonly alone: readonly string[];
  /** One more than the highest id. */
  readonly size: number;
}

/** @throws TokenizerError naming the place */
export function libraryJson(json: Readonly<Json>): LibraryJson {
  const { model, ids } = readModel(json.model);
  const added = list(json.added_tokens ?? [], 'added_tokens').map((token, i) => readAdded(token, `added_tokens[${i}]`));
  let size = 0;
  for (const id of ids) size = Math.max(size, id + 1);
  for (const { id } of added) size = Math.max(size, id + 1);
  if (size === 0) fail('model.vocab', {}, 'at least one token');
  return {
    size,
    alone: added.filter((token) => token.single_word === true).map((token) => token.content),
    tokenizer: {
      added_tokens: added,
      normalizer: optional(json.normalizer, (part) => readNormalizer(part, 'normalizer')),
      pre_tokenizer: optional(json.pre_tokenizer, (part) => readWords(part, 'pre_tokenizer')),
      post_processor: optional(json.post_processor, (part) => readAfter(part, 'post_processor')),
      decoder: optional(json.decoder, (part) => readDecoder(part, 'decoder')),
      model,
    },
  };
}

function fail(place: string, value: unknown, wanted: string): never {
  throw new TokenizerError(`tokenizer.json cannot be read: ${place} is ${shown(value)}, ${wanted} was expected`);
}

function optional<T>(part: unknown, read: (part: unknown) => T): T | null {
  return part === undefined || part === null ? null : read(part);
}

function record(value: unknown, place: string): Json {
  return isRecord(value) ? value : fail(place, value, 'an object');
}

function list(value: unknown, place: string): unknown[] {
  return Array.isArray(value) ? value : fail(place, value, 'a list');
}

function text(value: unknown, place: string): string {
  return typeof value === 'string' ? value : fail(place, value, 'a text');
}

function readAdded(value: unknown, place: string): Json & { id: number; content: string } {
  const { id, content, ...flags } = record(value, place);
  return {
    ...flags,
    content: text(content, `${place}.content`),
    id: isId(id) ? id : fail(`${place}.id`, id, ID_RANGE),
  };
}

/** The vocabulary's ids, and the model with an explicit type, which the library would otherwise guess. */
function readModel(value: unknown): { model: Json; ids: Iterable<number> } {
  const model = record(value, 'model');
  const type =
    model.type ?? (Array.isArray(model.vocab) ? 'Unigram' : model.merges !== undefined ? 'BPE' : 'WordPiece');
  if (type === 'Unigram') {
    if (model.byte_fallback === true) fail('model.byte_fallback', true, 'false: the library has no bytes in Unigram,');
    const vocab = list(model.vocab, 'model.vocab');
    vocab.forEach((entry, i) => {
      if (!Array.isArray(entry) || typeof entry[0] !== 'string' || !Number.isFinite(entry[1]))
        fail(`model.vocab[${i}]`, entry, '[text, number]');
    });
    const unknown = model.unk_id ?? undefined;
    if (unknown !== undefined && !(isId(unknown) && unknown < vocab.length))
      fail('model.unk_id', unknown, `an integer below ${vocab.length}`);
    return { model: { ...model, type }, ids: vocab.keys() };
  }
  if (type !== 'BPE' && type !== 'WordPiece') fail('model.type', type, 'BPE, WordPiece or Unigram');
  const vocab = readIds(model.vocab, 'tokenizer.json cannot be read: model.vocab');
  if (type === 'WordPiece') {
    const prefix = text(model.continuing_subword_prefix ?? '##', 'model.continuing_subword_prefix');
    return { model: { ...model, type, continuing_subword_prefix: prefix }, ids: Object.values(vocab) };
  }
  if (model.dropout) fail('model.dropout', model.dropout, 'null: random merges are for training,');
  if (model.continuing_subword_prefix)
    fail('model.continuing_subword_prefix', model.continuing_subword_prefix, 'none: the library ignores it, none');
  if (model.end_of_word_suffix != null) text(model.end_of_word_suffix, 'model.end_of_word_suffix');
  const merges = list(model.merges, 'model.merges').map((pair, i) => {
    const parts = typeof pair === 'string' ? pair.split(' ') : pair;
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((part) => typeof part === 'string'))
      fail(`model.merges[${i}]`, pair, 'two tokens');
    return parts;
  });
  return { model: { ...model, type, merges }, ids: Object.values(vocab) };
}

/** A text as a regular expression. */
export function escaped(plain: string): string {
  return plain.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function readPattern(value: unknown, place: string): { pattern: Json; source: string } {
  const pattern = record(value, place);
  if (pattern.Regex !== undefined) {
    const source = text(pattern.Regex, `${place}.Regex`);
    return { pattern, source: `(?:${source})` };
  }
  return { pattern, source: `(?:${escaped(text(pattern.String, `${place}.String`))})` };
}

/** The library gives a `$` in the replacement its meaning in JavaScript. */
function readReplace(part: Json, place: string): Json {
  readPattern(part.pattern, `${place}.pattern`);
  return { ...part, content: text(part.content, `${place}.content`).replaceAll('$', '$$$$') };
}

/** Normalizers. Only JavaScript writes Σ at the end of a word as ς, and counts U+FEFF as a space. */
function readNormalizer(value: unknown, place: string): Json {
  const part = record(value, place);
  const replace = (Regex: string, content: string): Json => ({ type: 'Replace', pattern: { Regex }, content });
  switch (part.type) {
    case 'Sequence':
      return { ...part, normalizers: each(part.normalizers, `${place}.normalizers`, readNormalizer) };
    case 'Replace':
      return readReplace(part, place);
    case 'Prepend':
      text(part.prepend, `${place}.prepend`);
      return part;
    case 'Strip': {
      const left = part.strip_left ? [replace('\\A\\s+', '')] : [];
      const right = part.strip_right ? [replace('\\s+\\z', '')] : [];
      return { type: 'Sequence', normalizers: [...left, ...right] };
    }
    case 'Lowercase':
    case 'BertNormalizer':
      if (part.type === 'BertNormalizer' && !part.lowercase) return part;
      return { type: 'Sequence', normalizers: [replace('Σ', 'σ'), part] };
    default:
      return part;
  }
}

function each(value: unknown, place: string, read: (part: unknown, place: string) => Json): Json[] {
  return list(value, place).map((part, i) => read(part, `${place}[${i}]`));
}

/** The words that match a regular expression; what lies between them is dropped. */
const matches = (Regex: string): Json => ({ type: 'Split', pattern: { Regex }, behavior: 'Removed', invert: true });

/** Word characters, as Rust's `\w`. The library's also include digits such as ². */
export const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
/** ASCII's and Unicode's, as in BERT. */
const PUNCTUATION = '\\p{P}!-/:-@\\[-`{-~';
/** GPT-2's words; see split.ts. */
const GPT2_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** What Split and Punctuation do with their matches and with the text between them. */
const BEHAVIORS: Readonly<Record<string, (match: string) => Json>> = {
  isolated: (Regex) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }),
  removed: (match) => matches(`(?:(?!${match})[\\s\\S])+`),
  contiguous: (match) => matches(`(?:${match})+|(?:(?!${match})[\\s\\S])+`),
  mergedwithprevious: (match) => matches(`(?:(?!${match})[\\s\\S])*${match}|(?:(?!${match})[\\s\\S])+`),
  mergedwithnext: (match) => matches(`${match}(?:(?!${match})[\\s\\S])*|(?:(?!${match})[\\s\\S])+`),
};

function behave(behavior: unknown, match: string, place: string): Json {
  const name = text(behavior, place).toLowerCase().replaceAll('_', '');
  return Object.hasOwn(BEHAVIORS, name)
    ? BEHAVIORS[name](match)
    : fail(place, behavior, Object.keys(BEHAVIORS).join(', '));
}

/** Pre-tokenizers. The library's character classes are those of ASCII (`\w`, `\d`) or JavaScript (`\s`); its Split uses Unicode's. */
function readWords(value: unknown, place: string): Json {
  const part = record(value, place);
  switch (part.type) {
    case 'Sequence':
      return { ...part, pretokenizers: each(part.pretokenizers, `${place}.pretokenizers`, readWords) };
    case 'Whitespace':
      return matches(`[${WORD}]+|[^${WORD}\\s]+`);
    case 'WhitespaceSplit':
      return matches('\\S+');
    case 'BertPreTokenizer':
      return matches(`[^\\s${PUNCTUATION}]+|[${PUNCTUATION}]`);
    case 'Digits':
      return matches(part.individual_digits ? '\\p{N}|\\P{N}+' : '\\p{N}+|\\P{N}+');
    case 'Punctuation':
      return behave(part.behavior ?? 'Isolated', `[${PUNCTUATION}]`, `${place}.behavior`);
    case 'Split': {
      const { pattern, source } = readPattern(part.pattern, `${place}.pattern`);
      const behavior = text(part.behavior ?? 'Isolated', `${place}.behavior`).toLowerCase();
      if (part.invert) {
        // a match is a word; so is the text between two matches, unless removed
        if (behavior === 'removed') return { ...part, pattern };
        if (behavior !== 'isolated') fail(`${place}.behavior`, part.behavior, 'Removed or Isolated (with invert)');
      }
      return behave(part.behavior ?? 'Isolated', source, `${place}.behavior`);
    }
    case 'Metaspace': {
      const mark = text(part.replacement ?? '▁', `${place}.replacement`);
      const scheme = part.prepend_scheme ?? (part.add_prefix_space === false ? 'never' : 'always');
      if (!['always', 'first', 'never'].includes(scheme as string))
        fail(`${place}.prepend_scheme`, scheme, 'always, first or never');
      const marked = { type: 'Metaspace', replacement: mark, prepend_scheme: scheme };
      if (part.split === false) return marked;
      const { source } = readPattern({ String: mark }, place);
      return { type: 'Sequence', pretokenizers: [marked, behave('MergedWithNext', source, place)] };
    }
    case 'ByteLevel': {
      if (part.use_regex === false) return part;
      // put a space in front, and remove it again if there was one
      const space = [
        { type: 'Replace', pattern: { Regex: '[\\s\\S]+' }, content: ' $&' },
        { type: 'Replace', pattern: { Regex: '\\A  ' }, content: ' ' },
      ];
      const bytes = { ...part, add_prefix_space: false, use_regex: false };
      return {
        type: 'Sequence',
        pretokenizers: [...(part.add_prefix_space ? space : []), matches(GPT2_WORDS), bytes],
      };
    }
    case 'FixedLength':
      if (!Number.isInteger(part.length) || (part.length as number) < 1)
        fail(`${place}.length`, part.length, 'a whole number from 1 on');
      return part;
    default:
      return part;
  }
}

function readAfter(value: unknown, place: string): Json {
  const part = record(value, place);
  if (part.type === 'Sequence') return { ...part, processors: each(part.processors, `${place}.processors`, readAfter) };
  if (part.type === 'TemplateProcessing')
    list(part.single, `${place}.single`).forEach((item, i) => {
      const at = `${place}.single[${i}]`;
      const { SpecialToken: special, Sequence: sequence } = record(item, at);
      if (special !== undefined) text(record(special, at).id, `${at}.SpecialToken.id`);
      else if (record(sequence, at).id !== 'A') fail(`${at}.Sequence.id`, record(sequence, at).id, '"A"');
    });
  if (part.type === 'BertProcessing' || part.type === 'RobertaProcessing')
    for (const key of ['cls', 'sep']) text(list(part[key], `${place}.${key}`)[0], `${place}.${key}[0]`);
  return part;
}

function readDecoder(value: unknown, place: string): Json {
  const part = record(value, place);
  switch (part.type) {
    case 'Sequence':
      return { ...part, decoders: each(part.decoders, `${place}.decoders`, readDecoder) };
    case 'Replace':
      return readReplace(part, place);
    case 'Strip':
      for (const key of ['start', 'stop'])
        if (!isId(part[key] ?? 0)) fail(`${place}.${key}`, part[key], 'a number of characters');
      text(part.content, `${place}.content`);
      return part;
    case 'WordPiece':
      return { ...part, prefix: text(part.prefix ?? '##', `${place}.prefix`) };
    case 'BPEDecoder':
      return { ...part, suffix: text(part.suffix ?? '</w>', `${place}.suffix`) };
    case 'Metaspace': {
      const mark = text(part.replacement ?? '▁', `${place}.replacement`);
      const never = part.prepend_scheme === 'never' || (part.prepend_scheme == null && part.add_prefix_space === false);
      // the library removes the first space even if none was added
      return never ? { type: 'Replace', pattern: { String: mark }, content: ' ' } : { ...part, replacement: mark };
    }
    default:
      return part;
  }
}
