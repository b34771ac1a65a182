/** A lane of the host, on the page's side: a text on a model, and everything that pictures ask about it. */
import type { WordMerges } from './merges.ts';
import type { AttentionRow } from '../session/attention.ts';
import type { EnginePreference } from '../session/choose_engine.ts';
import type { KernelSource, PlanRow } from '../session/inspect.ts';
import type { ModelOptions } from '../session/model.ts';
import type { OpenProgress } from '../session/open_model.ts';
import type { Lens, ScoredToken, Tap } from '../session/records.ts';
import type { Channel } from './channel.ts';
import type { Projection } from './principal.ts';
import type {
  AttentionRows,
  DeviceReport,
  EngineReport,
  HostRequests,
  LaneRecord,
  ModelReport,
  OpenAsk,
  Prompt,
  RunEnd,
  RunOptions,
  RunRecord,
} from './protocol.ts';
import type { Attention } from './schedule.ts';
import type { Embedding, EmbeddingAsk, Neighbour, WordPaths } from './spaces.ts';
import type { Trace } from './tracing.ts';
import type { Verification } from './verification.ts';

export interface LaneOptions extends Pick<ModelOptions, 'context' | 'storage'> {
  /** Default: 'auto', a real GPU if there is one, else WebAssembly. */
  readonly engine?: EnginePreference;
  /** Address of the shipped models, ending in `/`. Default: beside the package's code. */
  readonly models?: string | URL;
  readonly attention?: Attention;
  /** What the first run will ask for, so that it need not wait for a compiler. */
  readonly warm?: OpenAsk['warm'];
  /** Cancels opening; once a lane is open, `close` closes it. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: OpenProgress) => void;
  /** A device was lost during a run, and another has replaced it. */
  readonly onEngine?: (event: Exclude<LaneRecord, { kind: 'progress' | 'ready' }>) => void;
}

/** A text on a model. */
export interface HostLane {
  readonly model: ModelReport;
  /** What runs it; another one after a device was lost. */
  readonly engine: EngineReport;
  /** Records of a run. Leave the loop or abort the signal to end it. */
  generate(
    prompt: Prompt,
    options?: RunOptions & { readonly signal?: AbortSignal },
  ): AsyncGenerator<RunRecord, RunEnd, void>;
  /** The text that each of `prompt.more` adds. */
  spell(prompt: Prompt): Promise<readonly string[]>;
  /** The tokens of a text, without running the model. */
  tokens(prompt: Prompt): Promise<readonly ScoredToken[]>;
  /** How probable the model finds each token of a text. */
  score(prompt: Prompt, signal?: AbortSignal): Promise<readonly ScoredToken[]>;
  /** What each layer would have said, `best` tokens per position. Default: 3. */
  lens(prompt: Prompt, best?: number, signal?: AbortSignal): Promise<Lens>;
  /** Which tokens attend to which, in bytes; `attentionRow` gives the exact numbers of this text until another is read. */
  attention(prompt: Prompt, signal?: AbortSignal): Promise<AttentionRows>;
  attentionRow(layer: number, head: number, query: number): Promise<AttentionRow>;
  /** Activations of a text's last token by name: `embed`, `h.0.out`, `h.2.mlp`, `logits`, …; of `h.0.weights` a row per head. */
  taps(prompt: Prompt, names: readonly string[], signal?: AbortSignal): Promise<Readonly<Record<string, Tap>>>;
  /** Vectors of tokens or positions, with the plane on which they are spread out most. */
  embedding(ask: EmbeddingAsk, signal?: AbortSignal): Promise<Embedding>;
  /** The tokens whose vectors point most nearly the same way. Default: 10. */
  /** How the tokenizer put a text together, word by word; undefined where it joins nothing. */
  merges(text: string): Promise<readonly WordMerges[] | undefined>;
  neighbours(token: number, near?: number, signal?: AbortSignal): Promise<readonly Neighbour[]>;
  /** Vectors of `dim` numbers on the plane on which they are spread out most. */
  project(vectors: Float32Array, dim: number, signal?: AbortSignal): Promise<Projection>;
  /** A word's way through the layers in two texts. */
  words(texts: readonly [string, string], word: string, signal?: AbortSignal): Promise<WordPaths>;
  /** Scales a head, or without `head` a layer's MLP: 0 switches it off, 1 is as trained. */
  gate(layer: number, head: number | undefined, value: number): Promise<void>;
  /** Checks every kernel in use on this device; what is wrong is replaced, and `engine` says by what. */
  verify(signal?: AbortSignal): Promise<Verification>;
  /** The plan of one token as a table. */
  describe(): Promise<string>;
  /** The plan of one token, step by step. */
  plan(): Promise<readonly PlanRow[]>;
  /** The text of a kernel of that plan. */
  kernel(index: number): Promise<KernelSource>;
  /** Where the time of the next token after a text goes, kernel by kernel; takes a second or two. */
  trace(prompt: Prompt, signal?: AbortSignal): Promise<Trace>;
  /** What the engine can do, which kernels it runs, what its memory holds. */
  device(): Promise<DeviceReport>;
  attend(attention: Attention): Promise<void>;
  close(): void;
}

export class Lane implements HostLane {
  readonly model: ModelReport;
  engine: EngineReport;
  readonly #channel: Channel<HostRequests>;
  readonly #number: number;
  readonly #life: AbortController;

  constructor(
    channel: Channel<HostRequests>,
    ready: LaneRecord & { kind: 'ready' },
    records: AsyncGenerator<LaneRecord, void, void>,
    life: AbortController,
    onEngine: LaneOptions['onEngine'],
  ) {
    this.model = ready.model;
    this.engine = ready.engine;
    this.#channel = channel;
    this.#number = ready.lane;
    this.#life = life;
    void this.#follow(records, onEngine);
  }

  async #follow(records: AsyncGenerator<LaneRecord, void, void>, onEngine: LaneOptions['onEngine']): Promise<void> {
    try {
      for await (const record of records) {
        if (record.kind === 'recovered') this.engine = record.engine;
        if (record.kind === 'recovered' || record.kind === 'lost') onEngine?.(record);
      }
    } catch {
      // closed, or the host has gone, which every request says
    }
  }

  generate(
    prompt: Prompt,
    { signal, ...options }: RunOptions & { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<RunRecord, RunEnd, void> {
    return this.#channel.stream('generate', { lane: this.#number, prompt, options }, { signal });
  }

  spell(prompt: Prompt): Promise<readonly string[]> {
    return this.#channel.call('spell', { lane: this.#number, prompt });
  }

  tokens(prompt: Prompt): Promise<readonly ScoredToken[]> {
    return this.#channel.call('tokens', { lane: this.#number, prompt });
  }

  score(prompt: Prompt, signal?: AbortSignal): Promise<readonly ScoredToken[]> {
    return this.#channel.call('score', { lane: this.#number, prompt }, { signal });
  }

  lens(prompt: Prompt, best = 3, signal?: AbortSignal): Promise<Lens> {
    return this.#channel.call('lens', { lane: this.#number, prompt, best }, { signal });
  }

  attention(prompt: Prompt, signal?: AbortSignal): Promise<AttentionRows> {
    return this.#channel.call('attention', { lane: this.#number, prompt }, { signal });
  }

  attentionRow(layer: number, head: number, query: number): Promise<AttentionRow> {
    return this.#channel.call('attention-row', { lane: this.#number, layer, head, query });
  }

  gate(layer: number, head: number | undefined, value: number): Promise<void> {
    return this.#channel.call('gate', { lane: this.#number, layer, head, value });
  }

  taps(prompt: Prompt, names: readonly string[], signal?: AbortSignal): Promise<Readonly<Record<string, Tap>>> {
    return this.#channel.call('taps', { lane: this.#number, prompt, names }, { signal });
  }

  embedding(ask: EmbeddingAsk, signal?: AbortSignal): Promise<Embedding> {
    return this.#channel.call('embedding', { lane: this.#number, ask }, { signal });
  }

  merges(text: string): Promise<readonly WordMerges[] | undefined> {
    return this.#channel.call('merges', { lane: this.#number, text });
  }

  neighbours(token: number, near = 10, signal?: AbortSignal): Promise<readonly Neighbour[]> {
    return this.#channel.call('neighbours', { lane: this.#number, token, near }, { signal });
  }

  project(vectors: Float32Array, dim: number, signal?: AbortSignal): Promise<Projection> {
    return this.#channel.call('project', { vectors, dim }, { signal });
  }

  words(texts: readonly [string, string], word: string, signal?: AbortSignal): Promise<WordPaths> {
    return this.#channel.call('words', { lane: this.#number, texts, word }, { signal });
  }

  async verify(signal?: AbortSignal): Promise<Verification> {
    const { verification, engine } = await this.#channel.call('verify', { lane: this.#number }, { signal });
    this.engine = engine;
    return verification;
  }

  describe(): Promise<string> {
    return this.#channel.call('describe', { lane: this.#number });
  }

  plan(): Promise<readonly PlanRow[]> {
    return this.#channel.call('plan', { lane: this.#number });
  }

  kernel(index: number): Promise<KernelSource> {
    return this.#channel.call('kernel', { lane: this.#number, index });
  }

  trace(prompt: Prompt, signal?: AbortSignal): Promise<Trace> {
    return this.#channel.call('trace', { lane: this.#number, prompt }, { signal });
  }

  device(): Promise<DeviceReport> {
    return this.#channel.call('device', { lane: this.#number });
  }

  attend(attention: Attention): Promise<void> {
    return this.#channel.call('attend', { lane: this.#number, attention });
  }

  close(): void {
    this.#life.abort();
  }
}
