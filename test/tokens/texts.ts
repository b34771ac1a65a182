/** Texts that break tokenizers: arbitrary mixtures of languages, emoji, code, white space, and broken UTF-16. */
import fc from 'fast-check';

/** One seed for all fuzzed tests here, so that a failure comes again; fast-check prints the shrunken case. */
export const SEED = 20_260_923;

const WORDS = [
  'the ', ' quick', 'brown', "don't", " I'LL", "'re", ' 2024', '3.14159', '½', 'x²', 'Zürich', 'naïve', 'ﬁ', 'Ǆ', 'éé',
  '生活的真谛是', '白日依山尽，', '黄河入海流。', '台湾最高的山', '𠮷野家', 'こんにちは', '안녕', 'हिन्दी', 'ภาษาไทย', 'العربية', 'עברית',
  '😀', '👩‍👩‍👧‍👦', '🇨🇳', '👍🏽', '❤️', 'for (let i = 0; i < n; i++) {\n\t\ta[i] += b;\n}\n', '/* 注释 */', '"\\u0000"', '</s>', '<|endoftext',
  ' ', '  ', '   \n', '\n\n\n', '\t', '\r\n', '\u00a0', '\u2003\u2003', '\u3000', '\u0000', '\u001c', '\u200b', '\u2028', '▁This', '�', '\ud800', '\udfff', '\ud83d',
]; // prettier-ignore

const bits = (): fc.Arbitrary<string>[] => [
  fc.constantFrom(...WORDS),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
  // any UTF-16 units, lone surrogates among them
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 }).map((units) => String.fromCharCode(...units)),
];

export const anyText = (): fc.Arbitrary<string> =>
  fc.array(fc.oneof(...bits()), { maxLength: 24 }).map((parts) => parts.join(''));

/** What a text becomes on its way through UTF-8. */
export const wellFormed = (text: string): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
