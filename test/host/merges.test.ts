/** How words were put together: replaying the joins gives the tokenizer's own tokens. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { piecesAfter, stepsOf } from '../../src/elements/token-strip/merges.ts';
import { mergesOf } from '../../src/host/merges.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import type { Tokenizer } from '../../src/tokens/types.ts';

const tokenizerOf = (name: string): Promise<Tokenizer> =>
  openTokenizer(JSON.parse(readFileSync(new URL(`../../models/${name}/tokenizer.json`, import.meta.url), 'utf8')));

const infos = (tokenizer: Tokenizer, text: string) =>
  [...tokenizer.encode(text)].map((id) => ({
    id,
    text: tokenizer.label(id),
    bytes: [...tokenizer.bytes(id)],
    from: 0,
    to: 0,
  }));

describe('merges', async () => {
  const austen = await tokenizerOf('austen');

  test.each(['It was unbelievable, said Mr. Bingley.', 'naïve 床前 🙂', 'a', ''])('of %j', (text) => {
    const merges = mergesOf(austen, text)!;
    const tokens = infos(austen, text);
    expect(merges.flatMap(({ tokens: [from, to] }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual([
      ...tokens.keys(),
    ]);
    // before the first join every byte stands alone, after the last one stand the tokens
    const all = stepsOf(merges);
    expect(piecesAfter(tokens, merges, 0).every(({ bytes }) => bytes.length === 1)).toBe(true);
    expect(piecesAfter(tokens, merges, all).map(({ bytes }) => bytes)).toEqual(tokens.map(({ bytes }) => bytes));
    // each step makes one piece of two
    for (let n = 1; n <= all; n++)
      expect(piecesAfter(tokens, merges, n)).toHaveLength(piecesAfter(tokens, merges, n - 1).length - 1);
  });

  test('a tokenizer of characters joins nothing', async () => {
    expect(mergesOf(await tokenizerOf('tang'), '床前明月光')).toBeUndefined();
  });
});
