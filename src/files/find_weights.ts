/** Finds the weights of a folder among copies for other programs and leftovers of a training. Loaded on demand. */
import { parseRecord } from './json.ts';
import { openTensors } from './open.ts';
import { FileFormatError } from './types.ts';
import type { Folder, TensorFile } from './types.ts';

/** Weights that are not a complete model, and files that training programs write. */
const BESIDE = /^(adapter_|training_args|optimizer|scheduler|scaler|random_states|rng_state|trainer|tok\w*\.bin$)/;
/** PyTorch's copies of what the safetensors hold. */
const PICKLED = /^(pytorch_model|consolidated|diffusion_pytorch_model|model\.(pt|pth|ckpt)$)/;
/** Files that say what they are when they are opened, for a message that helps. */
const FOREIGN = /\.(gguf|ggml|bin|pt|pth|ckpt|pkl|pickle|h5|hdf5|msgpack|npy|npz|zip|gz|onnx|tflite)$/i;
const SHARD = /-\d{5}-of-\d{5}\.safetensors$/;

/**
 * The weights of a folder without `model.safetensors`.
 * @throws FileFormatError saying what is there instead, and what to do
 */
export async function findWeights(folder: Folder): Promise<TensorFile> {
  const names = [...folder.keys()];
  const all = names.join(', ') || 'no file';
  const safetensors = names.filter((name) => name.endsWith('.safetensors'));
  const models = safetensors.filter((name) => !BESIDE.test(name) && !SHARD.test(name));
  const index = names.find((name) => name.endsWith('.safetensors.index.json'));
  if (index !== undefined) return openIndex(folder, index);
  if (models.length > 1)
    throw new FileFormatError(
      all,
      `one file of weights was expected; ${models.join(', ')} are ${models.length}: leave one`,
    );
  if (models.length === 1) return openTensors(folder.get(models[0])!, models[0]);
  const shards = safetensors.filter((name) => SHARD.test(name));
  if (shards.length > 0)
    throw new FileFormatError(
      all,
      `${shards.length} parts of a model are there, and not model.safetensors.index.json, which says what is in them`,
    );
  const binary = names.filter((name) => name.endsWith('.bin') && !BESIDE.test(name) && !PICKLED.test(name));
  if (binary.length === 1) return openTensors(folder.get(binary[0])!, binary[0]);
  const json = names.find((name) => /model.*\.json$/.test(name) && !/^tokenizer|\.index\.json$/.test(name));
  if (binary.length === 0 && json !== undefined) return openTensors(folder.get(json)!, json);
  throw await whatIsThere(folder, names, binary, all);
}

async function openIndex(folder: Folder, index: string): Promise<TensorFile> {
  const record = parseRecord(await folder.get(index)!.text(), index);
  const { openSharded } = await import('./sharded.ts');
  return openSharded(
    record,
    (name) => {
      const file = folder.get(name);
      if (!file)
        throw new FileFormatError(index, `it names ${name}, which is not among ${[...folder.keys()].join(', ')}`);
      return openTensors(file, name);
    },
    index,
  );
}

/** The message for a folder without readable weights. */
async function whatIsThere(
  folder: Folder,
  names: readonly string[],
  binary: readonly string[],
  all: string,
): Promise<FileFormatError> {
  const wanted = 'model.safetensors (or llama2.c’s model.bin, or minGPT’s JSON) is wanted';
  if (binary.length > 1)
    return new FileFormatError(all, `${binary.join(', ')} could each be llama2.c's weights: leave one`);
  if (names.some((name) => name.startsWith('adapter_')))
    return new FileFormatError(all, `an adapter alone is not a model; merge it into its base model; ${wanted}`);
  const foreign = names.find((name) => FOREIGN.test(name) && !BESIDE.test(name)) ?? names.find((n) => FOREIGN.test(n));
  if (foreign === undefined) return new FileFormatError(all, `no weights are there: ${wanted}`);
  const reason = await openTensors(folder.get(foreign)!, foreign).then(
    () => undefined,
    (error: unknown) => error,
  );
  return reason instanceof FileFormatError && !reason.message.includes('as a llama2.c model it fails')
    ? reason
    : new FileFormatError(foreign, `this is not a format that is read here: ${wanted}`);
}
