/** Byte-level BPE in foreign files: GPT-2's pair (encoder.json + vocab.bpe, or vocab.json + merges.txt) and tokenizer.json. */
import { openBpe, usualIds } from './bpe.ts';
import type { BpeTokenizer } from './bpe.ts';
import { END_OF_TEXT } from './text.ts';
import { TokenizerError } from './types.ts';
import type { BpeFile, Special } from './types.ts';
import { isRecord, parseObject, readIds, readTexts } from './validate.ts';

/**
 * @param vocab encoder.json or vocab.json, as text or parsed: token → id
 * @param merges text of vocab.bpe or merges.txt
 * @param config tokenizer_config.json or special_tokens_map.json, parsed; says which of the special tokens is which
 */
export function openGpt2(vocab: unknown, merges: string, config: Readonly<Record<string, unknown>> = {}): BpeTokenizer {
  const ids = readIds(typeof vocab === 'string' ? parseObject(vocab, 'vocabulary') : vocab, 'vocabulary');
  const lines = merges.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#version'));
  const made = new Set(lines.map((line) => line.replace(' ', '')));
  // <|endoftext|>, <unk>: tokens that no merge makes and that look special
  const added = Object.entries(ids).filter(([token]) => /^<.+>$/.test(token) && !made.has(token));
  return openBpe(bpeFile(ids, lines, Object.fromEntries(added), namedIn(config)));
}

/**
 * A tokenizer.json as our own file, or undefined when it is not GPT-2's kind of byte-level BPE. The library reads those.
 * @param config tokenizer_config.json, parsed; says which of the special tokens is which
 */
export function bpeFromTokenizerJson(
  json: Record<string, unknown>,
  config: Record<string, unknown>,
): BpeFile | undefined {
  const { model, normalizer, pre_tokenizer: words, decoder, post_processor: after, added_tokens: addedTokens } = json;
  if (!isRecord(model) || (model.type !== undefined && model.type !== 'BPE') || !model.merges) return undefined;
  const plainModel = !(
    model.dropout ||
    model.continuing_subword_prefix ||
    model.end_of_word_suffix ||
    model.byte_fallback ||
    model.ignore_merges
  );
  const plainWords =
    isRecord(words) && words.type === 'ByteLevel' && !words.add_prefix_space && words.use_regex !== false;
  const plainEnds =
    isRecord(decoder) && decoder.type === 'ByteLevel' && (!after || (isRecord(after) && after.type === 'ByteLevel'));
  if (!plainModel || !plainWords || !plainEnds || normalizer) return undefined;

  const added: [string, number][] = [];
  for (const token of Array.isArray(addedTokens) ? addedTokens : []) {
    if (!isRecord(token) || typeof token.content !== 'string' || typeof token.id !== 'number') {
      throw new TokenizerError(`added_tokens has ${JSON.stringify(token)}; expected {id, content}`);
    }
    if (token.lstrip || token.rstrip || token.single_word) return undefined;
    added.push([token.content, token.id]);
  }
  const merges = Array.isArray(model.merges)
    ? model.merges.map((pair) => (Array.isArray(pair) ? pair.join(' ') : pair))
    : [];
  const named = namedIn({ ...config, unk_token: config.unk_token ?? model.unk_token });
  return bpeFile(
    readIds(model.vocab, 'model.vocab'),
    readTexts(merges, 'model.merges'),
    readIds(Object.fromEntries(added), 'added_tokens'),
    named,
  );
}

/** Names of special tokens come as text or as `{content: text}`. */
export type Named = Record<'bos' | 'eos' | 'unk', unknown>;

/** The names in tokenizer_config.json or special_tokens_map.json. */
function namedIn(config: Readonly<Record<string, unknown>>): Named {
  return { bos: config.bos_token, eos: config.eos_token, unk: config.unk_token };
}

export function specialIds(named: Partial<Named>, idOf: (text: string) => number | undefined): Special {
  const special: { bos?: number; eos?: number; unk?: number } = {};
  for (const role of ['bos', 'eos', 'unk'] as const) {
    const name = named[role];
    const text = isRecord(name) ? name.content : name;
    const id = typeof text === 'string' ? idOf(text) : undefined;
    if (id !== undefined) special[role] = id;
  }
  return special;
}

function bpeFile(
  vocab: Record<string, number>,
  merges: string[],
  added: Record<string, number>,
  named: Partial<Named>,
): BpeFile {
  const has = (text: string): number | undefined => (Object.hasOwn(added, text) ? added[text] : undefined);
  const usual = {
    bos: has(END_OF_TEXT) === undefined ? '<s>' : END_OF_TEXT,
    eos: has(END_OF_TEXT) === undefined ? '</s>' : END_OF_TEXT,
    unk: '<unk>',
  };
  const special = specialIds({ ...usual, ...Object.fromEntries(Object.entries(named).filter(([, v]) => v)) }, has);
  const file = { kind: 'bpe', merges, added, special } as const;
  return isUsual(vocab, merges, added) ? file : { ...file, vocab };
}

/** Are these exactly the ids that a file without `vocab` implies? */
function isUsual(vocab: Record<string, number>, merges: string[], added: Record<string, number>): boolean {
  const usual = usualIds(merges, added);
  const own = Object.entries(vocab).filter(([token]) => !Object.hasOwn(added, token));
  return own.length === usual.size && own.every(([token, id]) => usual.get(token) === id);
}
