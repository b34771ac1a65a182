/** Links of the site: what they hold comes back; what others wrote into them does no harm. */
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LinkError, LONGEST, MOST_SEED, readLink, writeLink } from '../../demo/shell/link.ts';

/** A link with anything in it. */
const linkWith = (value: unknown): string => `#1.${deflateRawSync(JSON.stringify(value)).toString('base64url')}`;

test('model, engine, prompt, settings, tokens and selection come back', async () => {
  const shared = {
    page: 'predict',
    model: 'tang',
    engine: 'cpu' as const,
    prompt: 'a & b #1 <b>床前</b>',
    sampling: { temperature: 0.35, topK: 7, topP: 0.9, seed: MOST_SEED },
    maxTokens: 60,
    tokens: [3, 0, 2047],
    selection: { position: 4, layer: 1, head: 2 },
  };
  const link = (await writeLink(shared))!;
  expect(link).toMatch(/^#1\.[\w-]+$/);
  expect(await readLink(link)).toEqual(shared);
});

test('what does not fit is no link', async () => {
  const noise = Array.from({ length: 30_000 }, (_, i) => String.fromCharCode(33 + (((i * i * 7919) % 9973) % 90))).join(
    '',
  );
  expect(await writeLink({ prompt: noise })).toBeUndefined();
  const link = await writeLink({ prompt: 'x'.repeat(9000) });
  expect(link!.length).toBeLessThan(LONGEST);
});

test('addresses of other pages and older links are none', async () => {
  for (const hash of ['', '#', '#tag', '#model=austen', '#2.abc']) expect(await readLink(hash)).toBeUndefined();
});

describe('hostile', () => {
  test('unknown keys, and wrong kinds, are dropped', async () => {
    const given = {
      model: ['x'],
      engine: 'tpu',
      prompt: { toString: 'x' },
      tokens: [1, -1],
      selection: 'x',
      sampling: { seed: '1', temperature: null, evil: 1 },
      kernel: '<script>',
      __proto__: { polluted: true },
    };
    expect(await readLink(linkWith(given))).toEqual({ sampling: {} });
    expect(await readLink(`#1.${deflateRawSync('{"__proto__":{"polluted":1}}').toString('base64url')}`)).toEqual({});
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('numbers are clamped to their ranges', async () => {
    const sampling = { temperature: 1e9, topK: -4, topP: 0, seed: 1e20 };
    expect(await readLink(linkWith({ sampling, maxTokens: 1e9, selection: { position: -1, layer: 1.4 } }))).toEqual({
      sampling: { temperature: 2, topK: 0, topP: 0.05, seed: MOST_SEED },
      maxTokens: 500,
      selection: { position: 0, layer: 1 },
    });
  });

  test('too many tokens are dropped', async () => {
    expect(await readLink(linkWith({ tokens: Array.from({ length: 5000 }, () => 1) }))).toEqual({});
  });

  test('a small link that unfolds into very much is refused', async () => {
    await expect(readLink(linkWith({ prompt: 'x'.repeat(50_000_000) }))).rejects.toThrow(LinkError);
  });

  test('a cut link is refused in words, wherever it was cut', async () => {
    const link = (await writeLink({
      model: 'austen',
      prompt: 'It was a truth universally acknowledged',
      tokens: [1, 2, 3],
    }))!;
    for (let n = 3; n < link.length; n++) await expect(readLink(link.slice(0, n))).rejects.toThrow(LinkError);
  });

  test('any text after #1. is either read or refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (junk) => {
        const read = await readLink(`#1.${junk}`).catch((error: unknown) => error);
        expect(read === undefined || read instanceof LinkError || typeof read === 'object').toBe(true);
        if (read instanceof Error) expect(read).toBeInstanceOf(LinkError);
      }),
    );
  });

  test('JSON that is no state', async () => {
    for (const value of [null, 3, 'x', []]) await expect(readLink(linkWith(value))).rejects.toThrow('no state');
  });
});
