/** Opens any tokenizer that is stored as JSON. Kinds that the package's own models do not use are loaded on demand. */
import { openBpe } from './bpe.ts';
import { openBytes } from './bytes.ts';
import { openCharacters } from './characters.ts';
import { TokenizerError } from './types.ts';
import type { Tokenizer } from './types.ts';
import { parseObject, readIds, readNumbers, readSpecial, readTexts, shown } from './validate.ts';

/**
 * Opens what `toJSON` of any tokenizer returned, or Hugging Face's tokenizer.json, as text or parsed. For GPT-2's two files use openGpt2, for
 * llama2.c's tokenizer.bin openLlama2c.
 *
 * @param config tokenizer_config.json, text or parsed, which names the special tokens of a tokenizer.json
 * @throws TokenizerError saying what is wrong with the file
 * @example
 * const tokenizer = await openTokenizer(await readFile('tokenizer.json', 'utf8'));
 * console.log(tokenizer.encode('It was a'));
 */
export async function openTokenizer(file: unknown, config: unknown = {}): Promise<Tokenizer> {
  const json = parseObject(file, 'the tokenizer');
  if (Object.hasOwn(json, 'model')) {
    const settings = parseObject(config, 'the tokenizer configuration');
    const { bpeFromTokenizerJson } = await import('./gpt2.ts');
    const bpe = bpeFromTokenizerJson(json, settings);
    if (bpe) return openBpe(bpe);
    const { openHuggingFace } = await import('./huggingface.ts');
    return openHuggingFace({ kind: 'huggingface', tokenizer: json, config: settings });
  }
  switch (json.kind) {
    case 'bytes':
      return openBytes();
    case 'characters': {
      const { characters, fallback } = json;
      if (typeof characters !== 'string')
        throw new TokenizerError(`characters is ${shown(characters)}; expected a text`);
      if (fallback !== 'bytes' && fallback !== 'unk')
        throw new TokenizerError(`fallback is ${shown(fallback)}; expected 'bytes' or 'unk'`);
      return openCharacters({ kind: 'characters', characters, fallback });
    }
    case 'bpe':
      return openBpe({
        kind: 'bpe',
        merges: readTexts(json.merges, 'merges'),
        ...(json.vocab === undefined ? {} : { vocab: readIds(json.vocab, 'vocab') }),
        added: readIds(json.added, 'added'),
        special: readSpecial(json.special),
      });
    case 'sentencepiece': {
      const { openSentencePiece } = await import('./sentencepiece.ts');
      return openSentencePiece({
        kind: 'sentencepiece',
        pieces: readTexts(json.pieces, 'pieces'),
        scores: readNumbers(json.scores, 'scores'),
      });
    }
    case 'huggingface':
      return openTokenizer(json.tokenizer, json.config);
    default:
      throw new TokenizerError(
        `no tokenizer: kind is ${shown(json.kind)} and there is no model; expected a file that toJSON made, or a tokenizer.json ` +
          '(a vocabulary with merges beside it opens with openGpt2)',
      );
  }
}
