/**
 * From the tensors of a file to our parameters and back, one tensor at a time, after match.ts has said which tensors make which
 * parameters. Every number is checked: NaN and infinity are errors here, not puzzles later.
 */
import type { TensorFile, TensorInfo } from '../files/types.ts';
import type { ModelConfig } from './config.ts';
import { parameters } from './layout.ts';
import { WeightsError } from './errors.ts';
import { type Match, type Matches, matchTensors, shapeText } from './match.ts';
import { llama2cToHub, sourceOf, withPrefix } from './names.ts';

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
  const translate = file.format === 'llama2.c' ? llama2cToHub : undefined;
  const tensors = withSharedNames(file);
  const { found, copies, unused, notes } = matchTensors(config, tensors, translate);
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

/** Writers store a shared tensor once, and note its other names in the metadata: name → the stored name. */
function withSharedNames({ tensors, metadata }: TensorFile): ReadonlyMap<string, TensorInfo> {
  const shared = Object.entries(metadata).flatMap(([name, kept]) => {
    const info = tensors.has(name) ? undefined : tensors.get(kept);
    return info ? [[name, info] as const] : [];
  });
  return shared.length ? new Map([...tensors, ...shared]) : tensors;
}

/**
 * Their tensors, already read → our parameters. `tensors` may hold more, as long as it would not change the model.
 *
 * @throws WeightsError when a tensor is missing, of another shape, or would change the model
 * @example
 * const tensors = toHub(config, weights);
 * const same = fromHub(config, tensors);
 */
export function fromHub(
  config: ModelConfig,
  tensors: ReadonlyMap<string, NamedTensor>,
): Map<string, Float32Array<ArrayBuffer>> {
  const { found, copies } = matchTensors(config, tensors);
  const read = (name: string): NamedTensor => tensors.get(name)!;
  for (const [name, copy] of copies) checkCopy(name, read(name), copy, read(copy));
  return new Map(found.map((match) => [match.parameter.name, assemble(config, match, match.from.map(read))]));
}

function assemble(config: ModelConfig, match: Match, parts: readonly NamedTensor[]): Float32Array<ArrayBuffer> {
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

function transpose(data: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
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

function checkCopy(name: string, tensor: NamedTensor, copy: string, other: NamedTensor): void {
  const at = tensor.data.findIndex((value, i) => value !== other.data[i] && !Number.isNaN(value));
  if (at >= 0)
    throw new WeightsError(
      `${copy} differs from ${name} (number ${at}: ${other.data[at]}, ${tensor.data[at]}), and the configuration says that they are one; tie_word_embeddings: false uses both`,
    );
}

/** The factor on the rows that make queries, so that kernels that divide scores by √HS give the intended scores. */
function queryScale({ width, heads, scaleScores, scaleScoresByLayer }: ModelConfig, name: string): number {
  const layer = /^h\.(\d+)\.attn\.qkv\./.exec(name)?.[1];
  if (layer === undefined) return 1;
  return (scaleScores ? 1 : Math.sqrt(width / heads)) / (scaleScoresByLayer ? Number(layer) + 1 : 1);
}

function scaleRows(data: Float32Array, columns: number, rows: number, scale: number): void {
  for (let i = 0; i < rows * columns; i++) data[i] *= scale;
}

/**
 * Our parameters → Hugging Face's names and layout (GPT-2: Conv1D weights as (in, out); Llama: q, k, v and gate, up separate).
 *
 * @throws WeightsError when a parameter is missing
 * @example
 * for (const [name, { shape }] of toHub(config, weights)) console.log(name, shape);
 */
export function toHub(config: ModelConfig, weights: Weights): Map<string, NamedTensor> {
  const result = new Map<string, NamedTensor>();
  for (const { name, shape } of parameters(config)) {
    const ours = weights.get(name);
    if (!ours) throw new WeightsError(`parameter ${name} (${shapeText(shape)}) is missing`);
    const columns = ours.length / shape[0];
    const scale = queryScale(config, name);
    const data = scale === 1 ? ours : ours.slice();
    if (scale !== 1) scaleRows(data, columns, config.width, 1 / scale);
    const { parts, transposed } = sourceOf(config, name, shape, true);
    let at = 0;
    for (const { name: theirs, rows } of parts) {
      const part = data.subarray(at, (at += rows * columns));
      const partShape = [rows, ...shape.slice(1)];
      result.set(
        withPrefix(config, theirs),
        transposed
          ? { shape: partShape.reverse(), data: transpose(part, rows, columns) }
          : { shape: partShape, data: part },
      );
    }
  }
  return result;
}
