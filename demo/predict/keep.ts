/** What the page begins with: a link's state, else what this browser kept, else the model's own beginning. */
import type { NextToken } from '../../src/elements/next-token/next-token.class.ts';
import type { EnginePreference } from '../../src/session/choose_engine.ts';
import type { LiveRun } from '../../src/run/services.ts';
import { isShipped } from '../../src/session/shipped.ts';
import { readLink, type Shared } from '../shell/link.ts';
import { kept, say } from '../shell/words.ts';

interface Restored {
  readonly shared: Shared;
  /** Why a link could not be read. */
  readonly problem: string;
}

/** Sets the attributes of `<next-token>` before it is defined. */
export async function restore(line: HTMLElement): Promise<Restored> {
  let shared: Shared = {};
  let problem = '';
  try {
    shared = (await readLink(location.hash)) ?? stored();
  } catch (error) {
    shared = stored();
    problem = say(`The link was not used: ${(error as Error).message}.`, `链接没有用上：${(error as Error).message}。`);
  }
  const { model, engine, prompt, sampling = {}, maxTokens } = shared;
  // a link must not make a visitor's browser ask anything of another host
  const elsewhere = model !== undefined && !isShipped(model);
  const attributes = {
    model,
    engine,
    prompt,
    temperature: sampling.temperature,
    'top-k': sampling.topK,
    'top-p': sampling.topP,
    seed: sampling.seed,
    'max-tokens': maxTokens,
    ...(elsewhere && { reveal: 'interaction' }),
  };
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== '') line.setAttribute(name, String(value));
  return { shared, problem };
}

function stored(): Shared {
  try {
    const value: unknown = JSON.parse(kept.get('predict') ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Shared) : {};
  } catch {
    return {};
  }
}

/** The state of now. A training or files of one's own cannot be opened again by name. */
export function stateOf(line: NextToken, run: LiveRun, engine: EnginePreference): Shared {
  const { source } = run;
  return {
    page: 'predict',
    ...(typeof source === 'string' && { model: source }),
    engine,
    prompt: run.prompt,
    sampling: run.sampling,
    maxTokens: line.maxTokens,
    ...(run.selection.pin && { selection: run.selection.pin }),
  };
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Keeps it when changes pause. */
export function keepSoon(state: () => Shared): void {
  clearTimeout(timer);
  timer = setTimeout(() => kept.set('predict', JSON.stringify(state())), 300);
}
