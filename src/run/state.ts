/**
 * What a live and a recorded Run have in common: the text with its tokens, roads and pictures, what is selected, who is told. Pictures
 * grow by a row or column per token; when a text is cut, what was known of its beginning stays.
 */
import type { AttentionRow } from '../session/attention.ts';
import { Tree } from './tree.ts';
import {
  type Attention,
  type Branch,
  type EmbeddingAsk,
  type EngineReport,
  type Failure,
  type Gate,
  type KernelSource,
  type Lens,
  type LensColumn,
  type ModelReport,
  type Place,
  type PlanRow,
  type Progress,
  type Run,
  RunChange,
  type RunKey,
  type RunState,
  type Sampling,
  type Selection,
  type Step,
  type TokenInfo,
  type Verification,
  type Want,
} from './types.ts';

const NOTHING: Selection = { hover: undefined, pin: undefined };

/** Calls `tell` before the next frame; soon, where there are no frames (a server, a hidden tab). */
function soon(tell: () => void): void {
  if (typeof requestAnimationFrame === 'undefined' || document.hidden) setTimeout(tell);
  else requestAnimationFrame(tell);
}

export abstract class TextRun extends EventTarget implements Run {
  state: RunState = 'idle';
  recorded: string | undefined;
  failure: Failure | undefined;
  progress: Progress | undefined;
  model: ModelReport | undefined;
  engine: EngineReport | undefined;
  verification: Verification | undefined;
  prompt: string;
  cut = 0;
  sampling: Sampling = { temperature: 0.8, topK: 40, topP: 0.95, seed: 1 };
  steps: readonly Step[] = [];
  peek: Step | undefined;
  selection: Selection = NOTHING;
  gates: readonly Gate[] = [];
  rate = 0;
  announcement = '';
  protected promptTokens: readonly TokenInfo[] = [];
  /** Attention by query, and the lens by position, as far as they are known for this text. */
  protected rows: Uint8Array[] = [];
  protected columns: LensColumn[] = [];
  protected lensLayers: readonly string[] = [];
  protected readonly roads: Tree;
  readonly #wanted = new Map<Want, number>();
  readonly #changed = new Set<RunKey>();
  #tokens: readonly TokenInfo[] | undefined;
  #attention: Attention | undefined;
  #lens: Lens | undefined;

  constructor(prompt: string) {
    super();
    this.prompt = prompt;
    this.roads = new Tree(prompt, () => this.model?.vocab ?? 0);
  }

  /** Something has changed; listeners hear of it once, before the next frame. */
  protected touch(...keys: RunKey[]): void {
    const first = this.#changed.size === 0;
    for (const key of keys) this.#changed.add(key);
    if (keys.includes('steps') || keys.includes('prompt') || keys.includes('tokens')) this.#tokens = undefined;
    if (keys.includes('attention')) this.#attention = undefined;
    if (keys.includes('lens')) this.#lens = undefined;
    if (first)
      soon(() => {
        const keysNow = new Set(this.#changed);
        this.#changed.clear();
        this.dispatchEvent(new RunChange(keysNow));
      });
  }

  get tokens(): readonly TokenInfo[] {
    return (this.#tokens ??= [...this.promptTokens, ...this.steps.map((step) => tokenOf(step, this.prompt.length))]);
  }

  get tree(): Branch {
    return this.roads.root;
  }

  get attention(): Attention | undefined {
    const { model, rows } = this;
    if (!model || rows.length === 0) return undefined;
    return (this.#attention ??= { layers: model.layers, heads: model.heads, rows: [...rows] });
  }

  get lens(): Lens | undefined {
    if (this.columns.length === 0) return undefined;
    return (this.#lens ??= { layers: this.lensLayers, columns: [...this.columns] });
  }

  protected get path(): number[] {
    return this.steps.map((step) => step.token);
  }

  /** Position of the next token. */
  protected get length(): number {
    return this.promptTokens.length + this.steps.length;
  }

  protected to(state: RunState): void {
    if (this.state === state) return;
    this.state = state;
    this.touch('state');
  }

  protected fail(what: string, error: unknown, recoverable = true): void {
    const message = error instanceof Error ? error.message : String(error);
    this.failure = {
      what,
      message,
      error,
      cause: /\S+\.(safetensors|json)\b|https?:\S+/.exec(message)?.[0] ?? '',
      recoverable,
    };
    this.touch('state');
  }

  /** Says something to those who cannot see it. */
  protected say(text: string): void {
    this.announcement = text;
    this.touch('announcement');
  }

  /** A token is taken: it becomes part of the text, and what it tells about the one before becomes part of the pictures. */
  protected take(step: Step): void {
    this.roads.take(this.path, step);
    this.learn(step);
    this.steps = [...this.steps, step];
    this.peek = undefined;
    this.touch('steps', 'peek', 'tree');
  }

  /** What would come next is known. */
  protected expect(step: Step | undefined): void {
    this.peek = step;
    if (step) {
      this.roads.grow(this.path, step.candidates);
      // nothing has come yet
      this.learn({ ...step, lens: step.lens && { ...step.lens, actual: step.lens.actual.map(() => NaN) } });
    }
    this.touch('peek', 'tree');
  }

  /** Row and column that come with a step belong to the token before it. */
  protected learn({ position, attention, lens }: Step): void {
    const at = position - 1;
    if (attention && at <= this.rows.length) {
      this.rows[at] = attention;
      this.touch('attention');
    }
    if (lens && at <= this.columns.length) {
      this.columns[at] = lens;
      this.touch('lens');
    }
  }

  /** Only the first `n` steps stay; the pictures keep what belongs to them. */
  protected cutTo(n: number): void {
    if (n < this.steps.length) this.steps = this.steps.slice(0, n);
    this.peek = undefined;
    const left = this.length;
    this.rows.length = Math.min(this.rows.length, left);
    this.columns.length = Math.min(this.columns.length, left);
    this.touch('steps', 'peek', 'attention', 'lens');
  }

  /** Nothing is known of this text yet. */
  protected forget(): void {
    this.rows = [];
    this.columns = [];
    this.touch('attention', 'lens');
  }

  select(kind: 'hover' | 'pin' | 'clear', place: Place = {}): void {
    const { hover, pin } = this.selection;
    const empty = Object.keys(place).length === 0;
    if (kind === 'clear') this.selection = NOTHING;
    else if (kind === 'hover') this.selection = { hover: empty ? undefined : place, pin };
    // a second press takes the pin away
    else this.selection = { hover, pin: JSON.stringify(place) === JSON.stringify(pin) ? undefined : place };
    this.touch('selection');
  }

  want(what: Want): () => void {
    const users = this.#wanted.get(what) ?? 0;
    this.#wanted.set(what, users + 1);
    if (users === 0) this.wanted(what);
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#wanted.set(what, this.#wanted.get(what)! - 1);
    };
  }

  protected wants(what: Want): boolean {
    return (this.#wanted.get(what) ?? 0) > 0;
  }

  /** Something is wanted that was not before. */
  protected wanted(_what: Want): void {}

  abstract setPrompt(text: string): void;
  abstract setSampling(change: Partial<Sampling>): void;
  abstract predict(): void;
  abstract step(): Promise<void>;
  abstract run(maxTokens?: number): Promise<void>;
  abstract stop(): void;
  abstract reset(): void;
  abstract pick(token: number, position?: number): Promise<void>;
  abstract goTo(path: readonly number[]): Promise<void>;
  abstract gate(layer: number, head: number | undefined, value: 0 | 1): Promise<void>;
  abstract row(layer: number, head: number, query: number): Promise<AttentionRow>;
  abstract score(text: string): Promise<readonly TokenInfo[]>;
  abstract embedding(ask: EmbeddingAsk): ReturnType<Run['embedding']>;
  abstract merges(text: string): ReturnType<Run['merges']>;
  abstract neighbours(token: number, near: number): ReturnType<Run['neighbours']>;
  abstract words(texts: readonly [string, string], word: string): ReturnType<Run['words']>;
  abstract plan(): Promise<readonly PlanRow[]>;
  abstract kernel(index: number): Promise<KernelSource>;
  abstract trace(): ReturnType<Run['trace']>;
  abstract taps(names: readonly string[]): ReturnType<Run['taps']>;
  abstract device(): ReturnType<Run['device']>;
  abstract verify(): Promise<void>;
}

/** A step as a token of the text. Where it stands is not known in UTF-16 units: steps follow the prompt. */
function tokenOf(step: Step, from: number): TokenInfo {
  const { token: id, label: text, bytes, probability, by } = step;
  return { id, text, bytes, from, to: from, by, bits: probability === undefined ? undefined : -Math.log2(probability) };
}
