/** Plain records between a running model and the code that shows it. A recorded run looks the same as a live one. */
import type { Draw, DrawnCandidate } from '../sample/draw.ts';
import type { Sampling } from '../sample/sampling.ts';

/** A token that the model considered. */
export interface Candidate {
  /** Its id. */
  readonly token: number;
  readonly text: string;
  /** From softmax(logits), before temperature and cuts. */
  readonly probability: number;
}

/** An activation copied out on request. */
export interface Tap {
  /** Sizes from slowest to fastest varying; row-major. */
  readonly shape: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** One generated token. */
export interface GeneratedToken {
  /** 0-based position of the token in the whole text, even after the context has slid. */
  readonly position: number;
  /** Its id. */
  readonly token: number;
  /** The text that became certain with it; may be empty in the middle of a character. */
  readonly text: string;
  /** A name for people: its text, or its bytes when it is part of a character. */
  readonly label: string;
  /** Of the text's UTF-8; empty for tokens that write nothing. */
  readonly bytes: readonly number[];
  /** From softmax(logits), before temperature and cuts; known with `draw` or `lens`, and when the token is among `candidates`. */
  readonly probability?: number;
  /** How many tokens are more probable, of equals those with a lower id; known with `draw`, and when it is among `candidates`. */
  readonly rank?: number;
  /** What it was chosen from, most probable first; empty unless requested. */
  readonly candidates: readonly Candidate[];
  /** Seconds since the run began. */
  readonly seconds: number;
  readonly taps: Readonly<Record<string, Tap>>;
  /** How it was drawn; absent unless requested. */
  readonly draw?: Omit<Draw, 'candidates'> & { readonly candidates: readonly (Candidate & DrawnCandidate)[] };
  /**
   * How each head looked back from the token before: 255·√weight, [layer][head][key], keys from the oldest position that the context
   * holds to that token. Absent unless requested.
   */
  readonly attention?: Uint8Array<ArrayBuffer>;
  /** What each layer would have said; absent unless requested. */
  readonly lens?: LensColumn;
}

/** What each layer would say after one position: `embed`, `h.0`, …; the last one gives the model's own answer. */
export interface LensColumn {
  /** By layer: its first choices, best first. */
  readonly top: readonly (readonly Candidate[])[];
  /** By layer: what it gives the token that came; NaN when none has come yet. */
  readonly actual: readonly number[];
}

/** A generated token as ids: what a session yields, to which a model adds texts. */
export interface TokenRecord extends Omit<GeneratedToken, 'text' | 'label' | 'bytes' | 'candidates' | 'draw' | 'lens'> {
  readonly draw?: Draw;
  readonly candidates: readonly BareCandidate[];
  readonly lens?: Omit<LensColumn, 'top'> & { readonly top: readonly (readonly BareCandidate[])[] };
}

export type BareCandidate = Omit<Candidate, 'text'>;

/** One token of a given text, and how probable the model found it. */
export interface ScoredToken {
  /** Its id. */
  readonly token: number;
  /** A name for people: its text, or its bytes when it is part of a character. */
  readonly text: string;
  /** Of the text's UTF-8; empty for tokens that write nothing. */
  readonly bytes: readonly number[];
  /** Where it stands in the text, in UTF-16 units: from (included) to. Equal for the first parts of a character. */
  readonly from: number;
  readonly to: number;
  /** ln p(token | all before it); absent for the first token, before which there is nothing. Bits are −logProbability / ln 2. */
  readonly logProbability?: number;
}

/** The logit lens over one text: what the model would say if it ended after each layer. */
export interface Lens {
  /** `embed`, `h.0`, …; the last one gives the model's own answer. */
  readonly layers: readonly string[];
  /** The text's token ids. */
  readonly tokens: readonly number[];
  /** [layer][position]: the most probable tokens there, best first. */
  readonly top: readonly (readonly (readonly Candidate[])[])[];
  /** [layer][position]: probability of the token that came next; NaN at the last position. */
  readonly actual: readonly Float32Array[];
}

/** Options of every run. */
export interface RunSettings extends Partial<Sampling> {
  /** Most tokens to generate. Default: 100. A whole number ≥ 0. */
  readonly maxTokens?: number;
  /** How many candidates come with each token; 0 lets the engine run ahead. Default: 0. A whole number from 0 to 256. */
  readonly candidates?: number;
  /** Activations that come with each token, by name: `logits`, `h.0.out`, `h.3.weights`, … Default: none. */
  readonly taps?: readonly string[];
  /** Whether each token comes with how it was drawn, for the requested candidates; reads all logits back. Default: false. */
  readonly draw?: boolean;
  /** Whether each token comes with how every head looked back from the token before. Default: false. */
  readonly attention?: boolean;
  /** How many tokens each layer would have named comes with each token. Default: 0, no lens. A whole number from 0 to 64. */
  readonly lens?: number;
  /**
   * Tokens per submission while nothing else is requested. With 1, a run can stop, and shares the device with others, at
   * every token. Default: 8. A whole number from 1 to 64.
   */
  readonly ahead?: number;
  /** Ends the run, which then throws its reason. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What `model.generate` takes: sampling, how far to go, and what to report about each token.
 *
 * @example
 * const options: GenerateOptions = { maxTokens: 50, temperature: 0.8, topK: 40, candidates: 5, seed: 7 };
 */
export interface GenerateOptions extends RunSettings {
  /** Tokens that end the text; the last one yielded is the one that ended it, with an empty text. Default: the tokenizer's end of text. */
  readonly stop?: readonly number[];
}
