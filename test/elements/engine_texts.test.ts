/** What the engine tells has a text in each language: each code and each class of error that the sources know. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type EngineTexts, english } from '../../src/elements/core/engine_texts.ts';
import chinese from '../../src/elements/core/engine_texts.zh.ts';
import { checkNote, explain, plain, stepDown, whyEngine, whyPlace } from '../../src/elements/core/explain.ts';
import { receiveError, sendError } from '../../src/host/errors.ts';
import { DownloadError } from '../../src/files/transfer.ts';
import { GpuUnavailableError } from '../../src/gpu/types.ts';
import { refusalOf } from '../../src/host/refusal.ts';
import { NeedsModelError } from '../../src/run/recorded.ts';
import { type EngineReason, whyOf } from '../../src/session/reason.ts';

const src = join(import.meta.dirname, '../../src');
const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => readFileSync(join(src, name), 'utf8'));
const read = (name: string) => readFileSync(join(src, name), 'utf8');
const found = (text: string, pattern: RegExp) => [...new Set([...text.matchAll(pattern)].map((match) => match[1]))];
const codesOf = (name: string) => found(read(name), /code: '([\w-]+)'/g);

const languages: [string, EngineTexts][] = [
  ['English', english],
  ['Chinese', chinese],
];

describe.each(languages)('%s', (_, t) => {
  test('a text for each reason of an engine and a place', () => {
    expect(codesOf('session/reason.ts').toSorted()).toEqual(Object.keys(t.reasons).toSorted());
    expect(codesOf('host/refusal.ts').toSorted()).toEqual(Object.keys(t.places).toSorted());
  });

  test('a text for each class of error in the sources', () => {
    const classes = sources.flatMap((text) => found(text, /override readonly name(?:: string)? = '(\w+)'/g));
    expect(classes.length).toBeGreaterThan(18);
    expect(classes.filter((name) => !Object.hasOwn(t.errors, name))).toEqual([]);
  });

  test('no text is empty', () => {
    const texts = [t.missing, t.chosen, t.errors, t.download].flatMap((all) => Object.values(all));
    expect(texts.every((text) => text.length > 3)).toBe(true);
  });
});

const LATIN = /[A-Za-z]{2,}/g;
const NAMES = [
  'CPU',
  'GPU',
  'WebGPU',
  'WebAssembly',
  'HTTPS',
  'Web',
  'Worker',
  'Content',
  'Security',
  'Policy',
  'nextoken',
  'trusted',
  'types',
  'worker',
  'src',
  'self',
  'Lavapipe',
  'matvec',
  'subgroup',
];
const foreign = (text: string) =>
  [...text.matchAll(LATIN)].map(([word]) => word).filter((word) => !NAMES.includes(word));

const detail = 'the adapter gave no device: limits';
const reasons: readonly EngineReason[] = [
  { code: 'cpu-chosen' },
  { code: 'handed-in' },
  { code: 'gpu-chosen', name: 'Lavapipe', software: true },
  { code: 'gpu-chosen', name: 'Lavapipe', software: false },
  { code: 'gpu', name: 'Lavapipe' },
  { code: 'only-software', name: 'Lavapipe' },
  ...(Object.keys(chinese.missing) as (keyof EngineTexts['missing'])[]).map(
    (missing) => ({ code: 'no-gpu', missing, detail }) as const,
  ),
  { code: 'one-thread', detail },
  { code: 'memory', detail },
  { code: 'lost', times: 4 },
  { code: 'lost-opening', times: 3 },
  { code: 'lost-no-gpu', missing: 'adapter', detail },
  { code: 'wrong', what: 'golden tokens' },
  { code: 'wrong', what: 'matvec/subgroup' },
];

describe('in Chinese no English word but names, code and units', () => {
  test.each(reasons)('$code', (reason) => {
    const why = whyOf(reason);
    expect(foreign(whyEngine({ why, reason }, chinese).text)).toEqual([]);
    expect(whyEngine({ why, reason }, english).text).not.toBe('');
  });

  test('places, kernels, checks, errors and downloads', () => {
    const said = [
      ...Object.values(chinese.missing).map((text) => chinese.noGpu(text)),
      ...Object.values(chinese.errors),
      ...Object.values(chinese.download),
      ...Object.values(chinese.chosen),
      chinese.unknown,
      chinese.goldenTokens,
      checkNote({ what: 'golden tokens', ok: true, note: '24 tokens', told: 'golden', tokens: 24 }, chinese).text,
      checkNote({ what: 'a', ok: true, note: 'no case for it', told: 'no-case' }, chinese).text,
      checkNote({ what: 'a', ok: true, note: 'a kernel of another engine', told: 'elsewhere' }, chinese).text,
      stepDown({ from: 'golden tokens', to: 'CPU', problem: 'token 3 is wrong' }, chinese).text,
    ];
    expect(said.flatMap((text) => foreign(text))).toEqual([]);
    const reason = { code: 'policy', directive: 'worker-src', source: "'self'" } as const;
    expect(foreign(whyPlace({ why: refusalOf(reason), reason }, chinese).text)).toEqual([]);
  });
});

test('an error is told by its class, also after it has crossed a port; its own words come after', () => {
  const sent = (error: Error) => receiveError(structuredClone(sendError(error)));
  const missing = sent(new GpuUnavailableError('navigator.gpu is missing: …', { missing: 'webgpu' }));
  expect(plain(explain(missing, chinese))).toBe(
    '没有可用的 GPU：这个浏览器没有 WebGPU，或页面不是通过 HTTPS 打开的。可以改用 CPU。',
  );
  const lost = sent(new DownloadError('http', 'https://a.example/x.safetensors', 'the server answered 404'));
  expect(explain(lost, chinese)).toEqual({
    text: '服务器没有给出文件，请检查地址。',
    original: 'https://a.example/x.safetensors: the server answered 404',
  });
  // what a Run keeps of it
  expect(explain({ what: 'model', message: lost.message, error: lost, cause: '' }, chinese).text).toBe(
    '服务器没有给出文件，请检查地址。',
  );
  expect(explain(new NeedsModelError('a map'), chinese)).toEqual({ text: '这一步需要模型，请先加载。', original: '' });
  expect(explain(new Error('what?'), english)).toEqual({ text: 'Something did not work.', original: 'what?' });
  expect(explain('a word', english).original).toBe('a word');
  expect(explain(undefined, english).text).toBe('Something did not work.');
});

test('a recording has the sentence of its time', () => {
  expect(whyEngine({ why: 'CPU, as you chose' }, chinese)).toEqual({ text: '', original: 'CPU, as you chose' });
});
