/** What was recorded of a run: a RunFile. file.ts reads and writes it; it is loaded for files that are not trusted. */
import type { Attention, Lens, Sampling, Step, TokenInfo, Trace } from './types.ts';

export const SCHEMA = 'nextoken-run';

/** What a recording says about its model. */
export interface RecordedModel {
  readonly title: string;
  /** A shipped model's name, or the hash of its files. */
  readonly name: string;
  readonly identity: string;
  readonly parameters: number;
  readonly context: number;
  readonly vocab: number;
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  readonly bytes: number;
}

export interface RunFile {
  readonly schema: typeof SCHEMA;
  readonly version: 1;
  /** ISO 8601. */
  readonly date: string;
  readonly model: RecordedModel;
  readonly engine: { readonly kind: 'gpu' | 'cpu'; readonly name: string };
  readonly prompt: string;
  readonly sampling: Sampling;
  /** The prompt's. */
  readonly tokens: readonly TokenInfo[];
  readonly steps: readonly Step[];
  /** What would have come next. */
  readonly peek?: Step | undefined;
  readonly attention?: Attention | undefined;
  readonly lens?: Lens | undefined;
  readonly trace?: Trace | undefined;
}
