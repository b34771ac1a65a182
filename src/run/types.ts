/**
 * What a picture shows and what a person can do: a Run, one text on one model, live or recorded. Elements know these types and nothing
 * else of the engine. Records are plain data: they can be set as properties, saved in a file (file.ts) and replayed.
 */
import type { EngineReport, ModelReport } from '../host/protocol.ts';
import type { AttentionRow } from '../session/attention.ts';
import type { Candidate, Tap } from '../session/records.ts';
import type { DrawnCandidate } from '../sample/draw.ts';
import type { Sampling } from '../sample/sampling.ts';

export type { AttentionRow, Candidate, EngineReport, ModelReport, Sampling };

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

/** What each layer would say after one position. */
export interface LensColumn {
  /** [layer]: its first choices, best first. */
  readonly top: readonly (readonly Candidate[])[];
  /** [layer]: what it gives the token that came; NaN when none has come yet. */
  readonly actual: readonly number[];
}

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

/** Points of a space, for embedding-map. */
export interface Embedding {
  readonly names: readonly string[];
  /** (names dim), row by row. */
  readonly vectors: Float32Array;
  readonly dim: number;
  /** After which layer; undefined for the token matrix itself. */
  readonly layer?: number | undefined;
}

/** One word followed through the layers in two texts. */
export interface WordPaths {
  readonly layers: readonly string[];
  readonly texts: readonly [string, string];
  readonly word: string;
  /** [text][layer] vectors of `dim` numbers. */
  readonly paths: readonly [readonly Float32Array[], readonly Float32Array[]];
  readonly dim: number;
}

/** One step of a plan, as model-graph draws it. */
export interface PlanRow {
  readonly index: number;
  /** `h.3.attn.qkv`. */
  readonly label: string;
  readonly op: string;
  readonly variant: string;
  readonly dims: Readonly<Record<string, number>>;
  /** Shapes of what goes in and comes out. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly parameters: number;
  readonly flops: number;
  readonly bytes: number;
}

/** Seconds with a 95 % interval. */
export interface Times {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

export interface TraceRow {
  readonly index: number;
  readonly label: string;
  readonly op: string;
  readonly variant: string;
  readonly dims: Readonly<Record<string, number>>;
  readonly time: Times;
  readonly flops: number;
  readonly bytes: number;
  /** Share of what this device could do at this intensity, 0 … 1 and sometimes a little above; undefined without roofs. */
  readonly ofRoof?: number | undefined;
}

/** The kernels of one token, each timed by itself. */
export interface Trace {
  readonly what: 'token' | 'step';
  readonly rows: readonly TraceRow[];
  /** The whole token, as it is used. */
  readonly total: Times;
  readonly clock: string;
  /** Seconds that the clock can tell apart. */
  readonly quantum: number;
}

/** What was checked on this device before its answers were trusted. */
export interface Verification {
  readonly ok: boolean;
  /** One per kernel in use, and one for the golden tokens. */
  readonly checks: readonly { readonly what: string; readonly ok: boolean; readonly note: string }[];
  readonly seconds: number;
  /** `matmul/subgroup → matmul/quad: wrong at [3, 17]`, in the order in which they happened. */
  readonly steppedDown: readonly string[];
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
  words(texts: readonly [string, string], word: string): Promise<WordPaths>;
  plan(): Promise<readonly PlanRow[]>;
  /** The text of a plan's kernel: the whole file, and what ran here. */
  kernel(index: number): Promise<KernelSource>;
  trace(): Promise<Trace>;
  /** Activations of the last token by name. */
  taps(names: readonly string[]): Promise<Readonly<Record<string, Tap>>>;
}

/** Which vectors to fetch: the most frequent tokens, positions, or given tokens. */
export interface EmbeddingAsk {
  readonly of: 'tokens' | 'positions';
  /** Ids or positions; default: those of the text, then the first ones. */
  readonly ids?: readonly number[] | undefined;
  /** At most this many. Default: 500. */
  readonly most?: number | undefined;
}

export interface KernelSource {
  readonly op: string;
  readonly variant: string;
  /** `wgsl`, or `wasm` where the CPU engine runs it. */
  readonly language: 'wgsl' | 'wasm';
  /** The variant's file, and the text that was compiled for this step. */
  readonly file: string;
  readonly specialised: string;
}
