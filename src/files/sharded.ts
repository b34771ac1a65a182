/** Models in several safetensors files, with `model.safetensors.index.json` beside them: `weight_map` says which tensor is where. */
import { isRecord, shown } from './json.ts';
import { FileFormatError } from './types.ts';
import type { TensorFile, TensorInfo } from './types.ts';

/** Tensor → file. Only plain names: nothing may lead out of the folder or to another host. */
function ownersIn(index: unknown, name: string): Record<string, string> {
  const map = isRecord(index) ? index.weight_map : undefined;
  if (!isRecord(map))
    throw new FileFormatError(name, `weight_map is ${shown(map)}; expected an object of tensor → file`);
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[\w][\w.-]*$/.test(file)) {
      throw new FileFormatError(name, `its file is ${shown(file)}; expected a plain file name`, { tensor });
    }
  }
  return map as Record<string, string>;
}

/** The files that an index names. */
export function shardNames(index: unknown, name: string): string[] {
  return [...new Set(Object.values(ownersIn(index, name)))];
}

/**
 * @param index the index file, parsed
 * @param open opens a file by its name in the index: a plain file name in the index's folder
 */
export async function openSharded(
  index: unknown,
  open: (file: string) => Promise<TensorFile>,
  name = 'index',
): Promise<TensorFile> {
  const owners = ownersIn(index, name);
  const shards = new Map<string, TensorFile>();
  for (const file of new Set(Object.values(owners))) shards.set(file, await open(file));

  const tensors = new Map<string, TensorInfo>();
  const owner = new Map<string, TensorFile>();
  for (const [tensor, file] of Object.entries(owners)) {
    const shard = shards.get(file)!;
    const info = shard.tensors.get(tensor);
    if (!info) throw new FileFormatError(name, `${file}, which should have it, does not`, { tensor });
    tensors.set(tensor, info);
    owner.set(tensor, shard);
  }
  // tensors that the index forgot are part of the model too
  for (const [file, shard] of shards)
    for (const [tensor, info] of shard.tensors) {
      if (Object.hasOwn(owners, tensor)) continue;
      if (tensors.has(tensor))
        throw new FileFormatError(name, `it is in two files, ${file} is one, and the index names neither`, { tensor });
      tensors.set(tensor, info);
      owner.set(tensor, shard);
    }
  const shardOf = (tensor: string): TensorFile => {
    const shard = owner.get(tensor);
    if (!shard) throw new FileFormatError(name, `it is in none of the ${shards.size} files`, { tensor });
    return shard;
  };
  return {
    format: 'safetensors',
    tensors,
    metadata: Object.assign({}, ...[...shards.values()].map((shard) => shard.metadata)) as Record<string, string>,
    config: {},
    raw: async (tensor) => shardOf(tensor).raw(tensor),
    f32: async (tensor) => shardOf(tensor).f32(tensor),
  };
}
