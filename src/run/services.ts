/** What elements may ask of the page's one engine. `services.ts` of an entry gives it; elements know these types only. */
import type { CachedFile } from '../files/download.ts';
import type { HostPlace, HostTrainingLane } from '../host/client.ts';
import type { RecipeFacts, RecipeSize } from '../host/recipes.ts';
import type { EnginePreference } from '../session/choose_engine.ts';
import type { ShippedModel } from '../session/shipped.ts';
import type { RunFile } from './recording.ts';
import type { Run } from './types.ts';

/** A model to open: a shipped one's name, an address, a hub's name, files, or a training of this page. */
export type Source = string | readonly File[] | { readonly training: number };

export interface LiveOptions {
  readonly source: Source;
  readonly engine: EnginePreference;
  readonly prompt: string;
  /** Candidates with each token. */
  readonly candidates: number;
}

/** A Run that computes. It loads nothing before `open`. */
export interface LiveRun extends Run {
  /** Begins to load the model, or another one. What is shown stays until it can be replaced. */
  open(source?: Source, engine?: EnginePreference): Promise<void>;
  /** Ends loading within 100 ms; nothing half is kept. */
  cancel(): void;
  /** Shows a recording until the model is there. */
  poster(file: RunFile): void;
  /** Continues the prompt with these tokens, as a link or a form remembers them; waits for the model. */
  restore(tokens: readonly number[]): Promise<void>;
  /** Which lane goes first. */
  attend(attention: 'focused' | 'visible' | 'hidden'): void;
  /** Tokens per second while it runs; undefined: as fast as it can. */
  pace: number | undefined;
  maxTokens: number;
  /** What was shown so far, to save and replay. */
  record(): RunFile;
  /** What is open, or opens. */
  readonly source: Source;
  close(): void;
}

/** What is known of a model before it is loaded. */
export interface SourceFacts {
  /** 0 when it is not known. */
  readonly bytes: number;
  /** Of weights and cache on the device, about; 0 when it is not known. */
  readonly memory: number;
  readonly cached: boolean;
}

/** What to learn, and how much. */
export interface TrainWish {
  readonly text: string;
  readonly size: RecipeSize;
  /** Planned end. Default: the size's own. */
  readonly steps?: number | undefined;
  readonly engine?: EnginePreference | undefined;
  /** Number of a training of this page whose text and knowledge this one goes on with. */
  readonly resume?: number | undefined;
}

export interface Services {
  live(options: LiveOptions): LiveRun;
  /** A recorded run at an address. Throws RunFileError. */
  recorded(address: string, signal?: AbortSignal): Promise<Run & { readonly file: RunFile }>;
  /** A recorded run as it is. Throws RunFileError. */
  replay(file: unknown): Promise<Run>;
  /** The recording that comes with a shipped model; undefined for others. */
  poster(source: Source): Promise<RunFile | undefined>;
  readonly shipped: readonly ShippedModel[];
  facts(source: Source): Promise<SourceFacts>;
  cached(): Promise<readonly CachedFile[]>;
  clearCache(address?: string): Promise<void>;
  /** Where it computes, and why not in a worker. */
  place(): Promise<HostPlace>;
  readonly sizes: Readonly<Record<RecipeSize, RecipeFacts>>;
  train(wish: TrainWish): Promise<HostTrainingLane>;
}
