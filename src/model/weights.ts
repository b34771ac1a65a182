/**
 * From the tensors of a file to our parameters, one tensor at a time. Files with other names or tensors than Hugging Face's go
 * through match.ts, which is loaded for them. Every number is checked: NaN and infinity are errors here, not puzzles later.
 */
import type { TensorFile, TensorInfo } from '../files/types.ts';
import type { ModelConfig } from './config.ts';
import { parameters } from './layout.ts';
import { WeightsError } from './errors.ts';
import { sourceOf, withPrefix } from './hub_names.ts';
import type { Match, Matches } from './matches.ts';

export { WeightsError } from './errors.ts';

/** A tensor as a file holds it: row-major f32. */
export interface NamedTensor {
  /** Sizes from slowest to fastest varying; row-major. */
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Our parameter name → its values in our layout (linear weights are (out, in)). */
export type Weights = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

export interface ReadWeights extends Pick<Matches, 'unused' | 'notes'> {
  readonly weights: Map<string, Float32Array<ArrayBuffer>>;
}

/**
 * Reads an open file's tensors as the parameters of `config`, one at a time.
 * @param onTensor called after each parameter
 * @throws WeightsError as matchTensors, and naming a tensor with NaN or infinity and the first place; FileFormatError for other element
 *   types than F32, F16 and BF16 in a tensor that the model needs
 */
export async function readWeights(
  config: ModelConfig,
  file: TensorFile,
  onTensor?: (done: number, of: number) => void,
): Promise<ReadWeights> {
  const tensors = withSharedNames(file);
  const { found, copies, unused, notes } = usual(config, tensors) ?? (await match(config, file, tensors));
  const read = async (name: string): Promise<NamedTensor> => {
    const { name: kept, shape } = tensors.get(name)!;
    return { shape, data: await file.f32(kept) };
  };
  const weights = new Map<string, Float32Array<ArrayBuffer>>();
  for (const match of found) {
    const parts: NamedTensor[] = [];
    for (const name of match.from) parts.push(await read(name));
    weights.set(match.parameter.name, assemble(config, match, parts));
    onTensor?.(weights.size, found.length);
  }
  for (const [name, copy] of copies) checkCopy(name, await read(name), copy, await read(copy));
  return { weights, unused, notes };
}

/** The matches of a file with exactly the tensors of its model, under Hugging Face's names: nothing to find out, nothing to report. */
function usual(config: ModelConfig, tensors: ReadonlyMap<string, TensorInfo>): Matches | undefined {
  const found: Match[] = [];
  let used = 0;
  for (const parameter of parameters(config)) {
    const { name, shape } = parameter;
    const { parts, transposed } = sourceOf(config, name, shape, true);
    const from = parts.map((part) => withPrefix(config, part.name));
    for (const [i, { rows }] of parts.entries()) {
      const whole = parts.length === 1 ? shape : [rows, ...shape.slice(1)];
      const wanted = transposed ? [...whole].reverse() : whole;
      if (tensors.get(from[i])?.shape.join() !== wanted.join()) return undefined;
    }
    found.push({ parameter, from, transposed });
    used += from.length;
  }
  return used === tensors.size ? { found, copies: [], unused: [], notes: [] } : undefined;
}

async function match(
  config: ModelConfig,
  { format }: TensorFile,
  tensors: ReadonlyMap<string, TensorInfo>,
): Promise<Matches> {
  const [{ matchTensors }, { llama2cToHub }] = await Promise.all([import('./match.ts'), import('./names.ts')]);
  return matchTensors(config, tensors, format === 'llama2.c' ? llama2cToHub : undefined);
}

/** Writers store a shared tensor once, and note its other names in the metadata: name → the stored name. */
function withSharedNames({ tensors, metadata }: TensorFile): ReadonlyMap<string, TensorInfo> {
  const shared = Object.entries(metadata).flatMap(([name, kept]) => {
    const info = tensors.has(name) ? undefined : tensors.get(kept);
    return info ? [[name, info] as const] : [];
  });
  return shared.length ? new Map([...tensors, ...shared]) : tensors;
}

export function assemble(config: ModelConfig, match: Match, parts: readonly NamedTensor[]): Float32Array<ArrayBuffer> {
  const { parameter, from, transposed } = match;
  const { name, shape } = parameter;
  const out = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let at = 0;
  parts.forEach(({ shape: theirs, data }, i) => {
    checkNumbers(from[i], theirs, data);
    out.set(transposed ? transpose(data, theirs[0], theirs[1]) : data, at);
    at += data.length;
  });
  const scale = queryScale(config, name);
  if (scale !== 1) scaleRows(out, out.length / shape[0], config.width, scale);
  return out;
}

export function transpose(data: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c];
  return out;
}

function checkNumbers(name: string, shape: readonly number[], data: Float32Array): void {
  let at = 0;
  while (at < data.length && data[at] - data[at] === 0) at++; // neither NaN nor infinity
  if (at === data.length) return;
  const place = shape.map((_, d) => Math.floor(at / shape.slice(d + 1).reduce((a, b) => a * b, 1)) % shape[d]);
  throw new WeightsError(
    `${name}[${place.join(', ')}] is ${data[at]}: no model can be run with it; the file is damaged, or its training diverged`,
  );
}

export function checkCopy(name: string, tensor: NamedTensor, copy: string, other: NamedTensor): void {
  const at = tensor.data.findIndex((value, i) => value !== other.data[i] && !Number.isNaN(value));
  if (at >= 0)
    throw new WeightsError(
      `${copy} differs from ${name} (number ${at}: ${other.data[at]}, ${tensor.data[at]}), and the configuration says that they are one; tie_word_embeddings: false uses both`,
    );
}

/** The factor on the rows that make queries, so that kernels that divide scores by √HS give the intended scores. */
export function queryScale({ width, heads, scaleScores, scaleScoresByLayer }: ModelConfig, name: string): number {
  const layer = /^h\.(\d+)\.attn\.qkv\./.exec(name)?.[1];
  if (layer === undefined) return 1;
  return (scaleScores ? 1 : Math.sqrt(width / heads)) / (scaleScoresByLayer ? Number(layer) + 1 : 1);
}

export function scaleRows(data: Float32Array, columns: number, rows: number, scale: number): void {
  for (let i = 0; i < rows * columns; i++) data[i] *= scale;
}
