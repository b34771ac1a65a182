/** What a person has set, in the page's address: it survives a reload, and a link to it can be shared. */
import type { EnginePreference } from '../src/session/choose_engine.ts';
import type { Sampling } from '../src/sample/sampling.ts';

export interface Kept {
  /** Name of a shipped model or an address; '' for what a link cannot hold. */
  readonly model: string;
  readonly engine: EnginePreference;
  readonly prompt: string;
  readonly sampling: Sampling;
  readonly maxTokens: number;
}

/** Chats and servers cut longer links, so those leave out the prompt. */
const LONGEST = 8000;

/** Largest seed. */
export const MOST_SEED = 2 ** 32 - 1;

export const isSeed = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= MOST_SEED;

export function linkOf({ model, engine, prompt, sampling, maxTokens }: Kept): string {
  const { temperature, topK, topP, seed } = sampling;
  const short = new URLSearchParams({ ...(model && { model }), engine });
  for (const [name, value] of Object.entries({ temperature, topK, topP, seed, maxTokens }))
    short.set(name, String(value));
  const whole = new URLSearchParams(short);
  whole.set('prompt', prompt);
  return `#${String(whole).length > LONGEST ? short : whole}`;
}

/** The valid parts of a link; the rest is dropped. */
export function readLink(hash: string): Partial<Omit<Kept, 'sampling'>> & { readonly sampling: Partial<Sampling> } {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const number = (name: string, min: number, max: number, whole = true): number | undefined => {
    const text = given.get(name);
    const value = Number(text);
    const right = text !== null && text !== '' && value >= min && value <= max && (!whole || Number.isInteger(value));
    return right ? value : undefined;
  };
  const engine = (['auto', 'gpu', 'cpu'] as const).find((e) => e === given.get('engine'));
  return {
    ...defined({
      model: given.get('model') ?? undefined,
      engine,
      prompt: given.get('prompt') ?? undefined,
      maxTokens: number('maxTokens', 10, 500),
    }),
    sampling: defined({
      temperature: number('temperature', 0, 2, false),
      topK: number('topK', 0, 100),
      topP: number('topP', 0.05, 1, false),
      seed: number('seed', 0, MOST_SEED),
    }),
  };
}

/** The fields that are present. */
function defined<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
