/** Which tensors of a file make which parameters. */
import type { Parameter } from './parameter.ts';

/** What is known about a tensor before it is read. */
export interface Outline {
  readonly shape: readonly number[];
  /** Element type as in safetensors. Default: any numbers. */
  readonly dtype?: string;
}

/** A parameter and the tensors of the file that it is made from, by rows; if there are none, it is zeros. */
export interface Match {
  readonly parameter: Parameter;
  readonly from: readonly string[];
  readonly transposed: boolean;
}

export interface Matches {
  readonly found: readonly Match[];
  /** Two names of one tensor: the second must hold the numbers of the first. */
  readonly copies: readonly (readonly [string, string])[];
  /** Tensors of the file that the model does not use and that would not change what it says. */
  readonly unused: readonly string[];
  /** What a person should know, in sentences. */
  readonly notes: readonly string[];
}
