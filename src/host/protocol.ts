/** The messages between a page and its host: requests, the records that answer them, results. Plain data throughout. */
import type { CachedFile } from '../files/download.ts';
import type { Facts } from '../plan/types.ts';
import type { EnginePreference } from '../session/choose_engine.ts';
import type { EngineReason } from '../session/reason.ts';
import type { AttentionRow } from '../session/attention.ts';
import type { ChosenVariant, KernelSource, PlanRow } from '../session/inspect.ts';
import type { GeneratedToken, GenerateOptions, Lens, ScoredToken, Tap } from '../session/records.ts';
import type { ArenaBytes } from '../session/session.ts';
import type { OpenProgress } from '../session/open_model.ts';
import type { ModelOptions, WarmOptions } from '../session/model.ts';
import type { Sample, TrainRecord } from '../train/train.ts';
import type { WordMerges } from './merges.ts';
import type { Recipe } from './recipes.ts';
import type { Projection } from './principal.ts';
import type { Attention } from './schedule.ts';
import type { Verification } from './verification.ts';
import type { Embedding, EmbeddingAsk, Neighbour, WordPaths } from './spaces.ts';
import type { Trace } from './tracing.ts';

/**
 * Where a model comes from: a shipped model's name, the address of a folder, a name on the hub; files a person chose; or what a
 * training on this host has learned so far.
 */
export type HostSource = string | readonly File[] | { readonly training: number };

/** A file with what a port would lose: in node its name, in browsers the folders around it. */
export interface SentFile {
  readonly name: string;
  readonly path: string;
  readonly content: Blob;
}

export type SentSource = string | readonly SentFile[] | { readonly training: number };

export interface ModelReport {
  /** The same for every lane on the same files. */
  readonly identity: string;
  readonly title: string;
  readonly parameters: number;
  /** Positions that this lane's cache holds. */
  readonly context: number;
  readonly vocab: number;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** Bytes of its files; 0 if it was trained here. */
  readonly bytes: number;
  readonly fromCache: boolean;
  /** What a person should know about the files, in sentences. */
  readonly notes: readonly string[];
}

export interface EngineReport {
  readonly kind: 'gpu' | 'cpu';
  /** Why this one, in a sentence for people. */
  readonly why: string;
  /** The same as data; absent in a recording. */
  readonly reason?: EngineReason | undefined;
  readonly facts: Facts;
  /** Bytes that all models and trainings on this engine hold. */
  readonly bytesAllocated: number;
}

/** What `open` is asked for. The lane lives as long as the answer's stream: cancelling it closes the lane. */
export interface OpenAsk extends Pick<ModelOptions, 'context' | 'storage'> {
  readonly source: SentSource;
  readonly engine: EnginePreference;
  /** Address of the shipped models, ending in `/`. */
  readonly models?: string | undefined;
  readonly attention: Attention;
  /** What the first run will ask for, so that its plans are compiled in advance. */
  readonly warm: WarmOptions;
}

export type LaneRecord =
  | ({ readonly kind: 'progress' } & OpenProgress)
  | { readonly kind: 'ready'; readonly lane: number; readonly model: ModelReport; readonly engine: EngineReport }
  /** The device was lost during a run, which is waiting. */
  | { readonly kind: 'lost'; readonly reason: string }
  /** The run continues, with the same tokens. */
  | { readonly kind: 'recovered'; readonly engine: EngineReport; readonly seconds: number };

/** A text and the tokens that follow it, generated or chosen. */
export interface Prompt {
  readonly text: string;
  readonly more?: readonly number[];
}

export type RunOptions = Omit<GenerateOptions, 'signal' | 'ahead'>;

export interface RunAsk {
  readonly lane: number;
  readonly prompt: Prompt;
  readonly options: RunOptions;
}

/** The prompt is longer than the model can see: text before the cut is not read. */
export interface Cut {
  readonly tokens: number;
  /** UTF-16 units of the prompt's text before the cut. */
  readonly characters: number;
}

export type RunRecord =
  | { readonly kind: 'begin'; readonly tokens: number; readonly cut?: Cut }
  | { readonly kind: 'token'; readonly token: GeneratedToken };

export interface RunEnd {
  /** All requested tokens, or the end of the text. */
  readonly reason: 'length' | 'end of text';
  readonly tokens: number;
  readonly seconds: number;
}

export interface TrainAsk {
  readonly text: string;
  readonly recipe: Recipe;
  readonly engine: EnginePreference;
  /** Goes on from what this training of the same host has learned, on the same text. Default: from nothing. */
  readonly resume?: number | undefined;
}

export type TrainStep = Omit<TrainRecord, 'checkpoint' | 'samples'>;

/** A training lives as long as its stream: cancelling it discards what was learned. */
export type TrainingRecord =
  | {
      readonly kind: 'prepared';
      readonly training: number;
      readonly engine: EngineReport;
      readonly parameters: number;
      /** Tokens of its vocabulary. */
      readonly vocab: number;
      /** Bytes of device memory. */
      readonly bytes: number;
      /** The yardstick: mean nats per token of the best n-gram. */
      readonly ngram: { readonly name: string; readonly nats: number };
    }
  /** `saved`: there is now a model to open or download. */
  | { readonly kind: 'step'; readonly record: TrainStep; readonly sample?: Sample; readonly saved: boolean }
  | { readonly kind: 'lost'; readonly reason: string }
  /** Continues after step `step`, with the same numbers. */
  | { readonly kind: 'recovered'; readonly engine: EngineReport; readonly step: number }
  | { readonly kind: 'end'; readonly reason: 'finished' | 'no better' | 'stopped' };

/** Which tokens attend to which in a text, in bytes; `attention-row` gives the exact numbers until another text is read. */
export interface AttentionRows {
  readonly layers: number;
  readonly heads: number;
  /** One per query, all in one buffer: 255·√weight, [layer][head][key], keys 0 … query. */
  readonly rows: readonly Uint8Array<ArrayBuffer>[];
}

/** What an engine can do and what it holds. */
export interface DeviceReport {
  /** By WebGPU's names, `shader-f16`, `subgroups`, `timestamp-query`; none on the CPU, whose facts are its description. */
  readonly features: readonly string[];
  /** Kernels of one token: op, variant, why it, and how many steps run it. */
  readonly variants: readonly ChosenVariant[];
  /** Memory by what it is for: the weights, which other lanes may share, then this lane's own. */
  readonly arenas: readonly ArenaBytes[];
  /** Bytes that all models and trainings on this engine hold. */
  readonly allocated: number;
  /** Bytes that one arena can have at most. */
  readonly limit: number;
  /** Devices lost and replaced since the host began. */
  readonly losses: number;
}

interface Call<Ask, Result = void> {
  readonly ask: Ask;
  readonly record: never;
  readonly result: Result;
}

/** All requests: name → what is asked for, records, result. */
export interface HostRequests {
  readonly open: { readonly ask: OpenAsk; readonly record: LaneRecord; readonly result: void };
  readonly generate: { readonly ask: RunAsk; readonly record: RunRecord; readonly result: RunEnd };
  /** The text that each of `more` adds, as a run would show it. */
  readonly spell: Call<{ readonly lane: number; readonly prompt: Prompt }, readonly string[]>;
  /** The tokens of a text, without running the model. */
  readonly tokens: Call<{ readonly lane: number; readonly prompt: Prompt }, readonly ScoredToken[]>;
  readonly score: Call<{ readonly lane: number; readonly prompt: Prompt }, readonly ScoredToken[]>;
  readonly lens: Call<{ readonly lane: number; readonly prompt: Prompt; readonly best: number }, Lens>;
  readonly attention: Call<{ readonly lane: number; readonly prompt: Prompt }, AttentionRows>;
  readonly 'attention-row': Call<
    { readonly lane: number; readonly layer: number; readonly head: number; readonly query: number },
    AttentionRow
  >;
  readonly gate: Call<{
    readonly lane: number;
    readonly layer: number;
    readonly head: number | undefined;
    readonly value: number;
  }>;
  /** Activations of the last token by name. */
  readonly taps: Call<
    { readonly lane: number; readonly prompt: Prompt; readonly names: readonly string[] },
    Readonly<Record<string, Tap>>
  >;
  readonly embedding: Call<{ readonly lane: number; readonly ask: EmbeddingAsk }, Embedding>;
  /** The `near` tokens whose vectors point most nearly the same way. */
  /** How the tokenizer put a text together; undefined where it joins nothing. */
  readonly merges: Call<{ readonly lane: number; readonly text: string }, readonly WordMerges[] | undefined>;
  readonly neighbours: Call<
    { readonly lane: number; readonly token: number; readonly near: number },
    readonly Neighbour[]
  >;
  readonly project: Call<{ readonly vectors: Float32Array; readonly dim: number }, Projection>;
  readonly words: Call<
    { readonly lane: number; readonly texts: readonly [string, string]; readonly word: string },
    WordPaths
  >;
  /** Checks what computes a lane, and moves it to what is right. */
  readonly verify: Call<
    { readonly lane: number },
    { readonly verification: Verification; readonly engine: EngineReport }
  >;
  /** The plan of one token as a table. */
  readonly describe: Call<{ readonly lane: number }, string>;
  /** The same as rows. */
  readonly plan: Call<{ readonly lane: number }, readonly PlanRow[]>;
  /** The text of a step's kernel. */
  readonly kernel: Call<{ readonly lane: number; readonly index: number }, KernelSource>;
  /** Times each kernel of the token after a text; it has the engine to itself meanwhile. */
  readonly trace: Call<{ readonly lane: number; readonly prompt: Prompt }, Trace>;
  readonly device: Call<{ readonly lane: number }, DeviceReport>;
  readonly attend: Call<{ readonly lane: number; readonly attention: Attention }>;
  readonly train: { readonly ask: TrainAsk; readonly record: TrainingRecord; readonly result: void };
  readonly 'train-pause': Call<{ readonly training: number; readonly paused: boolean }>;
  /** Ends after the current step; what was learned stays. */
  readonly 'train-stop': Call<{ readonly training: number }>;
  /** One safetensors file with configuration and tokenizer, which can be opened again like any file. */
  readonly 'train-save': Call<{ readonly training: number }, Uint8Array<ArrayBuffer>>;
  readonly 'cache-list': Call<void, readonly CachedFile[]>;
  readonly 'cache-clear': Call<{ readonly url?: string }>;
}
