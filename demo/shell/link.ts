/**
 * A link that holds what a page shows: `#1.` and, as base64url, deflated JSON. Whoever opens one did not write it: what is not known is
 * dropped, numbers are clamped, strings are only ever texts. Nothing in a link starts a download or runs anything by itself.
 */
import type { EnginePreference } from '../../src/session/choose_engine.ts';
import type { Sampling } from '../../src/sample/sampling.ts';
import type { Place } from '../../src/run/types.ts';

export interface Shared {
  readonly page?: string;
  /** A shipped model's name, an address or a hub's name; a model of one's own has only its title. */
  readonly model?: string;
  readonly engine?: EnginePreference;
  readonly prompt?: string;
  readonly sampling?: Partial<Sampling>;
  readonly maxTokens?: number;
  /** What followed the prompt. */
  readonly tokens?: readonly number[];
  readonly selection?: Place;
}

const BEGIN = '#1.';
/** Chats and servers cut longer ones. */
export const LONGEST = 8_192;
/** What a link may unfold into. */
const MOST_TEXT = 1_000_000;
const MOST_TOKENS = 4_096;
const MOST_PROMPT = 200_000;
export const MOST_SEED = 2 ** 32 - 1;

export class LinkError extends Error {
  override readonly name = 'LinkError';
}

/** The part of an address after `#`; undefined when it would be longer than a link may be. */
export async function writeLink(shared: Shared): Promise<string | undefined> {
  const bytes = await through(new CompressionStream('deflate-raw'), new TextEncoder().encode(JSON.stringify(shared)));
  const link = BEGIN + toBase64url(bytes);
  return link.length > LONGEST ? undefined : link;
}

/** What a link says, undefined when it is none of ours. Throws LinkError when it was cut or is no link that we wrote. */
export async function readLink(hash: string): Promise<Shared | undefined> {
  if (!hash.startsWith(BEGIN)) return undefined;
  let given: unknown;
  try {
    const bytes = await through(new DecompressionStream('deflate-raw'), fromBase64url(hash.slice(BEGIN.length)));
    given = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new LinkError(`this link was cut or changed on its way (${(error as Error).message})`);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new LinkError('this link holds no state');
  return checked(given as Record<string, unknown>);
}

function checked(given: Record<string, unknown>): Shared {
  const page = text(given['page'], 40);
  const model = text(given['model'], 2_000);
  const engine = (['auto', 'gpu', 'cpu'] as const).find((e) => e === given['engine']);
  const prompt = text(given['prompt'], MOST_PROMPT);
  const maxTokens = number(given['maxTokens'], 1, 500, true);
  const tokens = wholes(given['tokens']);
  return {
    ...(page !== undefined && { page }),
    ...(model !== undefined && { model }),
    ...(engine && { engine }),
    ...(prompt !== undefined && { prompt }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(tokens && { tokens }),
    ...(isRecord(given['sampling']) && { sampling: sampling(given['sampling']) }),
    ...(isRecord(given['selection']) && { selection: place(given['selection']) }),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown, most: number): string | undefined =>
  typeof value === 'string' ? value.slice(0, most) : undefined;

/** Into its range; what is no number is dropped. */
function number(value: unknown, min: number, max: number, whole: boolean): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value)) return undefined;
  const clamped = Math.min(max, Math.max(min, value));
  return whole ? Math.round(clamped) : clamped;
}

const wholes = (value: unknown): number[] | undefined =>
  Array.isArray(value) &&
  value.length <= MOST_TOKENS &&
  value.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 31)
    ? (value as number[])
    : undefined;

function only<K extends string>(fields: Record<K, number | undefined>): { [key in K]?: number } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [key in K]?: number;
  };
}

const sampling = (r: Record<string, unknown>) =>
  only({
    temperature: number(r['temperature'], 0, 2, false),
    topK: number(r['topK'], 0, 100, true),
    topP: number(r['topP'], 0.05, 1, false),
    seed: number(r['seed'], 0, MOST_SEED, true),
  });

const place = (r: Record<string, unknown>): Place =>
  only({
    position: number(r['position'], 0, MOST_TOKENS, true),
    layer: number(r['layer'], 0, 1_000, true),
    head: number(r['head'], 0, 1_000, true),
    token: number(r['token'], 0, 2 ** 31, true),
  });

/** All that comes out of a stream, if it is not too much. */
async function through(
  stream: CompressionStream | DecompressionStream,
  bytes: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const writer = stream.writable.getWriter();
  // what goes wrong shows at the reader
  void writer.write(bytes as Uint8Array<ArrayBuffer>).catch(() => {});
  void writer.close().catch(() => {});
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = stream.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST_TEXT) {
      await reader.cancel();
      throw new Error('it unfolds into too much');
    }
    parts.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function toBase64url(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const fromBase64url = (encoded: string): Uint8Array =>
  Uint8Array.from(atob(encoded.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
