/** Which tokens end a text. Files name them in four places, by text or by id, and some files do not name them at all. */
import { END_OF_TEXT } from './text.ts';
import type { Tokenizer } from './types.ts';
import { isId, isRecord } from './validate.ts';

/** What ends a text in published models that name no end, most certain first. */
const USUAL = [
  END_OF_TEXT,
  '</s>',
  '<eos>',
  '<|end_of_text|>',
  '<|eot_id|>',
  '<|im_end|>',
  '<|eos|>',
  '[EOS]',
  '<end_of_text>',
  '<|end|>',
  '<EOS>',
];

export interface NamedEnds {
  /** `eos_token` of tokenizer_config.json and special_tokens_map.json: a text or `{content: text}`. */
  readonly texts: readonly unknown[];
  /** `eos_token_id` of generation_config.json and config.json: an id or a list of ids. */
  readonly ids: readonly unknown[];
}

/**
 * The tokenizer with all its ends in `special.ends`, the first of them as `special.eos`.
 * @param vocab the model has no ids from here on. Names of such ids are ignored: defaults of other models, tokens added later
 */
export function withEnds<T extends Tokenizer>(tokenizer: T, named: NamedEnds, vocab: number): T {
  const ends = new Set<number>();
  const add = (id: number | undefined): void => {
    if (id !== undefined && id < vocab) ends.add(id);
  };
  for (const text of named.texts) add(idOf(tokenizer, isRecord(text) ? text.content : text));
  for (const id of named.ids.flat()) if (isId(id)) add(id);
  add(tokenizer.special.eos);
  for (const text of USUAL) if (ends.size === 0) add(idOf(tokenizer, text));
  // a role counts only if the model has a row for its token
  const roles = Object.entries({ ...tokenizer.special, ends: undefined, eos: undefined });
  const special = Object.fromEntries(roles.filter(([, id]) => id !== undefined && id < vocab));
  const [eos] = ends;
  return { ...tokenizer, special: eos === undefined ? special : { ...special, eos, ends: [...ends] } };
}

/** The one token that spells the whole text. */
function idOf(tokenizer: Tokenizer, text: unknown): number | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  let ids: Uint32Array;
  try {
    ids = tokenizer.encode(text, { bos: false });
  } catch {
    return undefined; // not even its characters are in the vocabulary
  }
  // neither an unknown token nor a word with a space before it spells the text
  return ids.length === 1 && tokenizer.label(ids[0]) === text ? ids[0] : undefined;
}
