/** All the page shows, and the one function that changes it. Pure: events in, a new state out. Outdated events change nothing. */
import type { Cut, EngineReport, ModelReport, RunEnd, RunRecord } from '../src/host/protocol.ts';
import type { RecipeSize } from '../src/host/recipes.ts';
import type { EnginePreference } from '../src/session/choose_engine.ts';
import type { OpenProgress } from '../src/session/open_model.ts';
import type { Sampling } from '../src/sample/sampling.ts';
import type { GeneratedToken } from '../src/session/records.ts';
import { isSeed, type Kept, MOST_SEED } from './link.ts';
import { idleTraining, nextTraining, type Training, type TrainingEvent } from './training_state.ts';

/** What answers: a model on an engine, as the host reports them. */
export interface Answering {
  /** Number of the opening it came from. */
  readonly id: number;
  /** Entry of the list it was chosen from. */
  readonly choice: string;
  /** Address it came from, for a link; '' if there is none. */
  readonly address: string;
  readonly preference: EnginePreference;
  readonly model: ModelReport;
  readonly engine: EngineReport;
  /** The plan of one token. */
  readonly plan: string;
}

export type RunKind = 'run' | 'step' | 'peek';

export interface State {
  /** Chosen entry of the list: a shipped model's name, 'files', 'url' or 'trained'. It may not answer yet. */
  readonly choice: string;
  readonly preference: EnginePreference;
  /** An address from a link, or one that was typed. */
  readonly address: string;
  readonly opening:
    | { readonly id: number; readonly title: string; readonly progress: OpenProgress | undefined }
    | undefined;
  readonly answering: Answering | undefined;
  readonly prompt: string;
  /** What has followed the prompt so far. */
  readonly steps: readonly GeneratedToken[];
  /** What would come next, before any token is taken. */
  readonly peek: GeneratedToken | undefined;
  /** Where the prompt was cut, when it is longer than the model sees. */
  readonly cut: Cut | undefined;
  /** The run whose records count. */
  readonly run: { readonly id: number; readonly kind: RunKind; readonly made: number } | undefined;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  /** Seconds to the first token of the last run; 0 before there was one. */
  readonly firstToken: number;
  /** Bytes of models that this browser stores. */
  readonly cached: number;
  readonly error: string;
  readonly status: string;
  readonly trainText: string;
  readonly trainSize: RecipeSize;
  readonly training: Training;
}

export const initial: State = {
  choice: '',
  preference: 'auto',
  address: '',
  opening: undefined,
  answering: undefined,
  prompt: '',
  steps: [],
  peek: undefined,
  cut: undefined,
  run: undefined,
  sampling: { temperature: 0.8, topK: 40, topP: 0.95, seed: 1 },
  maxTokens: 120,
  firstToken: 0,
  cached: 0,
  error: '',
  status: '',
  trainText: '',
  trainSize: 'tiny',
  training: idleTraining,
};

export type Event =
  | {
      readonly type: 'restore';
      readonly kept: Partial<Omit<Kept, 'sampling'>> & { readonly sampling: Partial<Sampling> };
    }
  /** An entry of the list is chosen; this alone loads nothing. */
  | { readonly type: 'choose'; readonly choice: string; readonly address?: string }
  | { readonly type: 'opening'; readonly id: number; readonly title: string; readonly preference: EnginePreference }
  | { readonly type: 'progress'; readonly id: number; readonly progress: OpenProgress }
  | { readonly type: 'opened'; readonly id: number; readonly answering: Answering }
  | { readonly type: 'open-failed'; readonly id: number; readonly message: string }
  | { readonly type: 'engine'; readonly id: number; readonly engine?: EngineReport }
  | { readonly type: 'edit-prompt'; readonly prompt: string }
  | { readonly type: 'sampling'; readonly sampling: Partial<Sampling> }
  | { readonly type: 'max-tokens'; readonly maxTokens: number }
  | { readonly type: 'run'; readonly id: number; readonly kind: RunKind }
  | { readonly type: 'record'; readonly id: number; readonly record: RunRecord }
  /** No `end` means that it was stopped. */
  | { readonly type: 'ended'; readonly id: number; readonly end?: RunEnd }
  | { readonly type: 'run-failed'; readonly id: number; readonly message: string }
  | { readonly type: 'clear' }
  | { readonly type: 'take'; readonly steps: readonly GeneratedToken[] }
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'status'; readonly status: string }
  | { readonly type: 'cached'; readonly bytes: number }
  | { readonly type: 'train-text'; readonly text: string }
  | { readonly type: 'train-size'; readonly size: RecipeSize }
  | TrainingEvent;

/** The text of another model, prompt or choice is removed. */
const noText = { steps: [], peek: undefined, cut: undefined, run: undefined, firstToken: 0 } as const;

export function next(state: State, event: Event): State {
  switch (event.type) {
    case 'restore': {
      const { sampling, engine: preference = state.preference, prompt = '', maxTokens = state.maxTokens } = event.kept;
      return { ...state, preference, prompt, maxTokens, sampling: { ...state.sampling, ...sampling } };
    }
    case 'choose':
      return { ...state, choice: event.choice, address: event.address ?? state.address, error: '' };
    case 'opening': {
      const { id, title, preference } = event;
      return {
        ...state,
        opening: { id, title, progress: undefined },
        preference,
        run: undefined,
        error: '',
        status: '',
      };
    }
    case 'progress':
      if (event.id !== state.opening?.id) return state;
      return { ...state, opening: { ...state.opening, progress: event.progress } };
    case 'opened':
      return event.id === state.opening?.id ? opened(state, event.answering) : state;
    case 'open-failed':
      return event.id === state.opening?.id ? openFailed(state, event.message) : state;
    case 'engine':
      return event.id === state.answering?.id ? engineChanged(state, state.answering, event.engine) : state;
    case 'edit-prompt':
      return { ...state, ...noText, prompt: event.prompt, error: '', status: '' };
    case 'sampling':
      return sampling(state, event.sampling);
    case 'max-tokens':
      return { ...state, maxTokens: event.maxTokens };
    case 'run': {
      const { id, kind } = event;
      return { ...state, run: { id, kind, made: 0 }, error: '', status: kind === 'run' ? 'Generating…' : state.status };
    }
    case 'record':
      return event.id === state.run?.id ? record(state, state.run, event.record) : state;
    case 'ended':
      return event.id === state.run?.id ? ended(state, state.run.kind, event.end) : state;
    case 'run-failed':
      return event.id === state.run?.id ? { ...state, run: undefined, error: event.message, status: '' } : state;
    case 'clear':
      return { ...state, ...noText, status: '', error: '' };
    case 'take':
      return { ...state, steps: event.steps, peek: undefined, status: '' };
    case 'error':
      return { ...state, error: event.message };
    case 'status':
      return { ...state, status: event.status };
    case 'cached':
      return { ...state, cached: event.bytes };
    case 'train-text':
      return { ...state, trainText: event.text };
    case 'train-size':
      return { ...state, trainSize: event.size };
    default:
      return { ...state, training: nextTraining(state.training, event) };
  }
}

function opened(state: State, answering: Answering): State {
  // tokens mean the same to the same model, on any engine
  const same = answering.model.identity === state.answering?.model.identity;
  const { title } = answering.model;
  return { ...state, ...(same ? {} : noText), opening: undefined, answering, error: '', status: `${title} is ready.` };
}

/** The earlier model still answers, so the choice returns to it, unless a form is waiting to be corrected. */
function openFailed(state: State, message: string): State {
  const { answering } = state;
  const form = state.choice === 'files' || state.choice === 'url';
  return {
    ...state,
    opening: undefined,
    choice: form ? state.choice : (answering?.choice ?? state.choice),
    preference: answering?.preference ?? state.preference,
    error: message,
    status: answering ? `${answering.model.title} still answers, on the ${answering.engine.kind.toUpperCase()}.` : '',
  };
}

function engineChanged(state: State, answering: Answering, engine: EngineReport | undefined): State {
  const status = 'The GPU was lost; the text continues.';
  return engine ? { ...state, answering: { ...answering, engine }, status } : { ...state, status };
}

function sampling(state: State, change: Partial<Sampling>): State {
  const { seed } = change;
  if (seed !== undefined && !isSeed(seed))
    return {
      ...state,
      error: `A seed is a whole number from 0 to ${MOST_SEED.toLocaleString('en')}; the seed stays ${state.sampling.seed}.`,
    };
  return { ...state, sampling: { ...state.sampling, ...change }, error: '' };
}

function record(state: State, run: NonNullable<State['run']>, r: RunRecord): State {
  if (r.kind === 'begin') return { ...state, cut: r.cut };
  if (run.kind === 'peek') return { ...state, peek: r.token };
  const firstToken = run.kind === 'run' && run.made === 0 ? r.token.seconds : state.firstToken;
  return {
    ...state,
    steps: [...state.steps, r.token],
    peek: undefined,
    firstToken,
    run: { ...run, made: run.made + 1 },
  };
}

function ended(state: State, kind: RunKind, end: RunEnd | undefined): State {
  if (kind !== 'run') return { ...state, run: undefined };
  const status = end === undefined ? 'Stopped.' : end.reason === 'length' ? 'Done.' : 'The text has ended.';
  return { ...state, run: undefined, status };
}

/** What a link holds of the state. */
export function keptOf({ answering, address, choice, preference, prompt, sampling: settings, maxTokens }: State): Kept {
  const model = answering ? answering.address : choice === 'url' ? address : '';
  return { model, engine: preference, prompt, sampling: settings, maxTokens };
}

/** Tokens per second after the first token, or 0 before there are two. */
export function rate(steps: readonly GeneratedToken[]): number {
  if (steps.length < 2) return 0;
  // a continued run restarts its clock: measure the last stretch
  let from = steps.length - 1;
  while (from > 0 && steps[from - 1].seconds < steps[from].seconds) from--;
  const seconds = steps[steps.length - 1].seconds - steps[from].seconds;
  return seconds > 0 ? (steps.length - 1 - from) / seconds : 0;
}
