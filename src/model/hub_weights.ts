/** All tensors of a model at once: from Hugging Face's names and layout to ours, and back. */
import type { ModelConfig } from './config.ts';
import { shapeText, WeightsError } from './errors.ts';
import { sourceOf, withPrefix } from './hub_names.ts';
import { parameters } from './layout.ts';
import { matchTensors } from './match.ts';
import { assemble, checkCopy, type NamedTensor, queryScale, scaleRows, transpose, type Weights } from './weights.ts';

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
