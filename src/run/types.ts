/**
 * What a picture shows and what a person can do: a Run, one text on one model, live or recorded. Elements know these types and nothing
 * else of the engine. Records are plain data: they can be set as properties, saved in a file (file.ts) and replayed.
 */
import type { Projection } from '../host/principal.ts';
import type { DeviceReport, EngineReport, ModelReport } from '../host/protocol.ts';
import type { Embedding, EmbeddingAsk, Neighbour, WordPaths } from '../host/spaces.ts';
import type { Times, Trace, TraceRow } from '../host/tracing.ts';
import type { Check, StepDown, Verification } from '../host/verification.ts';
import type { WordMerges } from '../host/merges.ts';
import type { AttentionRow } from '../session/attention.ts';
import type { KernelSource, PlanPort, PlanRow } from '../session/inspect.ts';
import type { Candidate, LensColumn, Tap } from '../session/records.ts';
import type { DrawnCandidate } from '../sample/draw.ts';
import type { Sampling } from '../sample/sampling.ts';

export type { WordMerges };
export type { AttentionRow, Candidate, DeviceReport, EngineReport, LensColumn, ModelReport, Sampling };
/** What was checked on this device before its answers were trusted. */
export type { Check, StepDown, Verification };
/** Steps and kernels, and where the time goes, as model-graph draws them. */
export type { KernelSource, PlanPort, PlanRow, Times, Trace, TraceRow };
/** Points of spaces, for embedding-map and the paths of words. */
export type { Embedding, EmbeddingAsk, Neighbour, Projection, WordPaths };

/** Who put a token into the text. */
export type By = 'prompt' | 'draw' | 'greedy' | 'you';

/** How a token was drawn, or would be. */
export interface Draw {
  /** The number in [0, 1) that decides. */
  readonly u: number;
  /** Most probable first; `interval` is the candidate's stretch of [0, 1), absent when it was cut. */
  readonly candidates: readonly (Candidate & DrawnCandidate)[];
  /** How many tokens temperature, top-k and top-p left to choose from. */
  readonly kept: number;
  readonly by: 'draw' | 'greedy';
}

/** One token that follows the prompt. */
export interface Step {
  /** 0-based position in the whole text, prompt included. */
  readonly position: number;
  /** Its id. */
  readonly token: number;
  /** The text that became certain with it; '' in the middle of a character. */
  readonly text: string;
  /** A name for people: its text, or its bytes when it is part of a character. */
  readonly label: string;
  /** UTF-8 bytes it writes. */
  readonly bytes: readonly number[];
  /** What it was chosen from, most probable first. */
  readonly candidates: readonly Candidate[];
  /** What the model gave it, before the settings; undefined where that is not known. */
  readonly probability: number | undefined;
  /** 0-based rank among all tokens; undefined where that is not known. */
  readonly rank: number | undefined;
  readonly draw: Draw | undefined;
  readonly by: Exclude<By, 'prompt'>;
  /** Seconds since its run began. */
  readonly seconds: number;
  /** How each head looked back from the token before: a row of `Attention.rows`. */
  readonly attention?: Uint8Array | undefined;
  /** What each layer would have said: a column of `Lens.columns`. */
  readonly lens?: LensColumn | undefined;
  /** Activations on request, by name. */
  readonly taps?: Readonly<Record<string, Tap>> | undefined;
}

/** One token of any text. */
export interface TokenInfo {
  readonly id: number;
  readonly text: string;
  readonly bytes: readonly number[];
  /** Where it stands in the text, in UTF-16 units: from (included) to. */
  readonly from: number;
  readonly to: number;
  /** −log₂ p given all before it: how surprised the model was. Undefined for the first token, or where it is not known. */
  readonly bits?: number | undefined;
  readonly by?: By | undefined;
}

/** All heads at a glance. */
export interface Attention {
  readonly layers: number;
  readonly heads: number;
  /** One per query: 255·√weight, [layer][head][key], keys 0 … query. */
  readonly rows: readonly Uint8Array[];
}

/** What each layer would say, position by position. */
export interface Lens {
  /** `embed`, `h.0`, …; the last one is the model's own answer. */
  readonly layers: readonly string[];
  /** One per position. */
  readonly columns: readonly LensColumn[];
}

/** Roads taken and not taken. */
export interface Branch {
  readonly token: number;
  readonly text: string;
  /** What the model gave it at this place. */
  readonly p: number;
  readonly by: By;
  /** It is, or was, part of the text; others are candidates only. */
  readonly taken: boolean;
  /** Best first. */
  readonly children: readonly Branch[];
  /** How many more tokens there were to choose from. */
  readonly more: number;
}

/** A place in the pictures: what is pointed at, or pinned. */
export interface Place {
  readonly position?: number | undefined;
  readonly layer?: number | undefined;
  readonly head?: number | undefined;
  readonly token?: number | undefined;
}

export interface Selection {
  /** Under the pointer or the cursor; passes. */
  readonly hover: Place | undefined;
  /** Stays until it is cleared. */
  readonly pin: Place | undefined;
}

export type RunState =
  | 'unbound'
  | 'idle'
  | 'poster'
  | 'loading'
  | 'ready'
  | 'running'
  | 'paused'
  | 'recovering'
  | 'failed';

/** Bytes of the model while it loads. */
export interface Progress {
  readonly phase: 'download' | 'check' | 'engine' | 'compile';
  readonly loaded: number;
  /** 0 when it is not known. */
  readonly total: number;
}

/** What went wrong, in words. */
export interface Failure {
  /** What failed: `model`, `run`, `attention`, … */
  readonly what: string;
  readonly message: string;
  /** What was thrown. */
  readonly error?: unknown;
  /** The part of the message to set in bold: a file, an address; '' for none. */
  readonly cause: string;
  readonly recoverable: boolean;
}

/** What views ask to be computed while they are visible. */
export type Want = 'score' | 'attention' | 'lens' | 'draw';

/** What has changed. */
export type RunKey =
  | 'state'
  | 'model'
  | 'engine'
  | 'progress'
  | 'prompt'
  | 'steps'
  | 'peek'
  | 'tokens'
  | 'sampling'
  | 'tree'
  | 'selection'
  | 'gates'
  | 'attention'
  | 'lens'
  | 'verification'
  | 'announcement';

/** Sent by a Run as `change`, at most once a frame. */
export class RunChange extends Event {
  readonly keys: ReadonlySet<RunKey>;

  constructor(keys: ReadonlySet<RunKey>) {
    super('change');
    this.keys = keys;
  }
}

/** A head that is switched off, or a layer's MLP when `head` is undefined. */
export interface Gate {
  readonly layer: number;
  readonly head: number | undefined;
}

/** Everything about one text on one model. Sends `change` (RunChange). */
export interface Run extends EventTarget {
  readonly state: RunState;
  /** It shows a recording: nothing is computed here. */
  readonly recorded: string | undefined;
  readonly failure: Failure | undefined;
  readonly progress: Progress | undefined;
  readonly model: ModelReport | undefined;
  readonly engine: EngineReport | undefined;
  readonly verification: Verification | undefined;
  readonly prompt: string;
  /** Tokens of the prompt before what the model sees; 0 unless it is too long. */
  readonly cut: number;
  readonly sampling: Sampling;
  /** What followed the prompt. */
  readonly steps: readonly Step[];
  /** What would come next. */
  readonly peek: Step | undefined;
  /** All tokens: the prompt's, then one for each step. */
  readonly tokens: readonly TokenInfo[];
  /** The prompt as root. */
  readonly tree: Branch;
  readonly selection: Selection;
  readonly gates: readonly Gate[];
  readonly attention: Attention | undefined;
  readonly lens: Lens | undefined;
  /** Tokens per second of the last run; 0 before there was one. */
  readonly rate: number;
  /** What a screen reader is told next. */
  readonly announcement: string;

  setPrompt(text: string): void;
  setSampling(change: Partial<Sampling>): void;
  /** Shows what would come next. */
  predict(): void;
  /** Takes one token. */
  step(): Promise<void>;
  /** Takes tokens until `maxTokens`, the end of the text or `stop`. Resolves when it ends. */
  run(maxTokens?: number): Promise<void>;
  stop(): void;
  /** Back to the prompt. */
  reset(): void;
  /** Takes `token` instead of what stands, or would come, at `position`; without one, at the end. What stood after it stays in the tree. */
  pick(token: number, position?: number): Promise<void>;
  /** Goes to a node of the tree: the path of tokens after the prompt. */
  goTo(path: readonly number[]): Promise<void>;
  /** Scales a head, or a layer's MLP: 0 switches it off, 1 is as trained. */
  gate(layer: number, head: number | undefined, value: 0 | 1): Promise<void>;
  select(kind: 'hover' | 'pin' | 'clear', place?: Place): void;
  /** Asks for something while it is visible; call what it returns to end that. */
  want(what: Want): () => void;
  /** Exact numbers of one head from one token. */
  row(layer: number, head: number, query: number): Promise<AttentionRow>;
  /** All tokens of another text, with their bits. */
  score(text: string): Promise<readonly TokenInfo[]>;
  embedding(ask: EmbeddingAsk): Promise<Embedding>;
  /** The `near` tokens of the whole vocabulary whose vectors point most nearly the same way. */
  /** How the tokenizer put a text together, word by word; undefined where it joins nothing. */
  merges(text: string): Promise<readonly WordMerges[] | undefined>;
  neighbours(token: number, near: number): Promise<readonly Neighbour[]>;
  words(texts: readonly [string, string], word: string): Promise<WordPaths>;
  plan(): Promise<readonly PlanRow[]>;
  /** The text of a plan's kernel: the whole file, and what ran here. */
  kernel(index: number): Promise<KernelSource>;
  trace(): Promise<Trace>;
  /** Activations of the last token by name. */
  taps(names: readonly string[]): Promise<Readonly<Record<string, Tap>>>;
  /** What the engine can do, and what it holds. */
  device(): Promise<DeviceReport>;
  /** Checks the kernels in use again; `verification` says what came of it. */
  verify(): Promise<void>;
}
