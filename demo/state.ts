/** All the page shows, and the one function that changes it. Pure: events in, a new state out. */
import type { LossPoint } from '../src/elements/loss-curve.ts';
import type { EnginePreference } from '../src/session/choose_engine.ts';
import type { Sampling } from '../src/sample/sampling.ts';
import type { GeneratedToken } from '../src/session/records.ts';
import type { ShippedModel } from '../src/session/shipped.ts';
import type { EngineInfo, ModelReport, Reply, TrainSize } from './protocol.ts';

export interface Training {
  readonly status: 'idle' | 'starting' | 'running' | 'paused' | 'ended';
  readonly title: string;
  readonly points: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
  readonly ngram: { readonly name: string; readonly nats: number } | undefined;
  readonly tokensPerSecond: number;
  /** 0 … 1 of all steps, and seconds until they are done. */
  readonly progress: number;
  readonly left: number;
  readonly sample: string;
  readonly message: string;
}

export interface State {
  readonly models: readonly ShippedModel[];
  /** Name of the shipped model, or 'files' / 'url' / 'trained'. */
  readonly model: string;
  readonly report: ModelReport | undefined;
  readonly enginePreference: EnginePreference;
  readonly engine: EngineInfo | undefined;
  readonly loading: { readonly loaded: number; readonly total: number | undefined } | undefined;
  readonly prompt: string;
  /** What followed the prompt so far. */
  readonly steps: readonly GeneratedToken[];
  /** Prediction for the token that comes next, before any is taken. */
  readonly peek: GeneratedToken | undefined;
  readonly running: boolean;
  readonly runId: number;
  readonly sampling: Sampling;
  readonly maxTokens: number;
  readonly tokensPerSecond: number;
  readonly firstToken: number;
  /** Bytes of models that this browser keeps. */
  readonly cached: number;
  readonly error: string;
  readonly status: string;
  readonly trainText: string;
  readonly trainSize: TrainSize;
  readonly training: Training;
}

const idleTraining: Training = {
  status: 'idle',
  title: '',
  points: [],
  validation: [],
  ngram: undefined,
  tokensPerSecond: 0,
  progress: 0,
  left: 0,
  sample: '',
  message: '',
};

export const initial: State = {
  models: [],
  model: '',
  report: undefined,
  enginePreference: 'auto',
  engine: undefined,
  loading: undefined,
  prompt: '',
  steps: [],
  peek: undefined,
  running: false,
  runId: 0,
  sampling: { temperature: 0.8, topK: 40, topP: 0.95, seed: 1 },
  maxTokens: 120,
  tokensPerSecond: 0,
  firstToken: 0,
  cached: 0,
  error: '',
  status: 'Starting…',
  trainText: '',
  trainSize: 'tiny',
  training: idleTraining,
};

export type Event =
  | { readonly type: 'models'; readonly models: readonly ShippedModel[] }
  | { readonly type: 'choose-model'; readonly model: string; readonly prompt?: string }
  | { readonly type: 'choose-engine'; readonly engine: EnginePreference }
  | { readonly type: 'edit-prompt'; readonly prompt: string }
  | { readonly type: 'sampling'; readonly sampling: Partial<Sampling> }
  | { readonly type: 'max-tokens'; readonly maxTokens: number }
  | { readonly type: 'run'; readonly id: number; readonly peek: boolean }
  | { readonly type: 'clear' }
  | { readonly type: 'take'; readonly step: GeneratedToken }
  | { readonly type: 'error'; readonly message: string }
  | { readonly type: 'train-text'; readonly text: string }
  | { readonly type: 'train-size'; readonly size: TrainSize }
  | { readonly type: 'train-status'; readonly status: Training['status'] }
  | { readonly type: 'reply'; readonly reply: Reply; readonly peek: boolean };

export function next(state: State, event: Event): State {
  switch (event.type) {
    case 'models':
      return { ...state, models: event.models };
    case 'choose-model':
      return {
        ...state,
        model: event.model,
        prompt: event.prompt ?? state.prompt,
        steps: [],
        peek: undefined,
        running: false,
        loading: { loaded: 0, total: undefined },
        status: 'Loading the model…',
        error: '',
      };
    case 'choose-engine':
      return {
        ...state,
        enginePreference: event.engine,
        steps: [],
        peek: undefined,
        running: false,
        status: 'Opening the engine…',
        error: '',
      };
    case 'edit-prompt':
      return { ...state, prompt: event.prompt, steps: [], peek: undefined, error: '' };
    case 'sampling':
      return { ...state, sampling: { ...state.sampling, ...event.sampling } };
    case 'max-tokens':
      return { ...state, maxTokens: event.maxTokens };
    case 'run':
      return {
        ...state,
        runId: event.id,
        running: !event.peek,
        error: '',
        status: event.peek ? state.status : 'Generating…',
      };
    case 'clear':
      return { ...state, steps: [], peek: undefined, running: false, status: 'Ready.' };
    case 'take':
      return { ...state, steps: [...state.steps, event.step], peek: undefined };
    case 'error':
      return { ...state, error: event.message, running: false, loading: undefined, status: '' };
    case 'train-text':
      return { ...state, trainText: event.text };
    case 'train-size':
      return { ...state, trainSize: event.size };
    case 'train-status':
      return {
        ...state,
        training:
          event.status === 'starting'
            ? { ...idleTraining, status: 'starting' }
            : { ...state.training, status: event.status },
      };
    case 'reply':
      return reply(state, event.reply, event.peek);
  }
}

function reply(state: State, r: Reply, peek: boolean): State {
  switch (r.type) {
    case 'progress':
      return { ...state, loading: { loaded: r.loaded, total: r.total } };
    case 'opened':
      return { ...state, report: r.model, engine: r.engine, loading: undefined, status: 'Ready.', error: '' };
    case 'step':
      if (r.id !== state.runId) return state;
      if (peek) return { ...state, peek: r.step, firstToken: r.step.seconds };
      return {
        ...state,
        steps: [...state.steps, r.step],
        peek: undefined,
        firstToken: state.steps.length === 0 ? r.step.seconds : state.firstToken,
      };
    case 'done': {
      if (r.id !== state.runId || peek) return state;
      return { ...state, running: false, status: r.reason === 'stopped' ? 'Stopped.' : 'Done.' };
    }
    case 'failed':
      if (r.id !== undefined && r.id !== state.runId) return state;
      return { ...state, running: false, loading: undefined, error: r.message, status: '' };
    case 'train-begin':
      return {
        ...state,
        training: {
          ...state.training,
          status: 'running',
          title: r.title,
          ngram: r.ngram,
          message: `${r.params.toLocaleString('en')} parameters, ${(r.bytes / 1e6).toFixed(0)} MB of memory`,
        },
      };
    case 'train-record': {
      const { step, loss, validationLoss, tokensPerSecond, progress, seconds } = r.record;
      const t = state.training;
      return {
        ...state,
        training: {
          ...t,
          points: [...t.points, { step, loss }],
          validation: validationLoss === undefined ? t.validation : [...t.validation, { step, loss: validationLoss }],
          tokensPerSecond,
          progress,
          left: progress > 0 ? (seconds / progress) * (1 - progress) : 0,
          sample: r.sample ?? t.sample,
        },
      };
    }
    case 'train-end':
      return { ...state, training: { ...state.training, status: 'ended', message: r.reason } };
    case 'cache':
      return { ...state, cached: r.entries.reduce((sum, entry) => sum + entry.bytes, 0) };
    case 'train-file':
      return state;
  }
}

/** Tokens per second after the first token, or 0 before there are two. */
export function rate(steps: readonly GeneratedToken[]): number {
  if (steps.length < 2) return 0;
  // a run that continues starts its clock again: measure the last stretch
  let from = steps.length - 1;
  while (from > 0 && steps[from - 1].seconds < steps[from].seconds) from--;
  const seconds = steps[steps.length - 1].seconds - steps[from].seconds;
  return seconds > 0 ? (steps.length - 1 - from) / seconds : 0;
}
