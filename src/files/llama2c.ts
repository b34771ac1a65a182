/**
 * llama2.c's model.bin (https://github.com/karpathy/llama2.c, run.c: Config, memory_map_weights; export.py version 0): seven i32 sizes,
 * then all tensors in f32 one kind after the other, each kind layer by layer. Names and shapes here are those of its model.py.
 * Queries and keys are rotated in neighbouring pairs (interleaved), unlike in Hugging Face's Llama files.
 */
import { sourceOf } from './source.ts';
import type { FileData } from './source.ts';
import { elements, tensorFile } from './tensors.ts';
import { FileFormatError } from './types.ts';
import type { TensorFile, TensorInfo } from './types.ts';

const FIELDS = ['dim', 'hidden_dim', 'n_layers', 'n_heads', 'n_kv_heads', 'vocab_size', 'seq_len'] as const;
const HEADER = 4 * FIELDS.length;
/** First word of the exporter's versions 1 (f32) and 2 (int8): "ak42". */
const LATER_VERSION = 0x616b3432;

/** Rotation tables, which we compute instead of reading. */
const TABLES = ['freq_cis_real', 'freq_cis_imag'];

/** Far above any real model; keeps the list of tensors small, no matter what a file says. */
const MAX_LAYERS = 1024;

/** Sizes in elements; vocab_size is positive here, its sign in the file is `tied`. */
export type Llama2cConfig = Readonly<Record<(typeof FIELDS)[number], number>> & { readonly tied: boolean };

export async function openLlama2cModel(
  data: FileData,
  name?: string,
): Promise<TensorFile & { readonly config: Llama2cConfig & Record<string, unknown> }> {
  const source = sourceOf(data, name);
  if (source.size < HEADER)
    throw new FileFormatError(
      source.name,
      `${source.size} bytes are no llama2.c model: its header alone takes ${HEADER}`,
    );
  const view = new DataView((await source.read(0, HEADER)).buffer);
  const config = readConfig(source.name, view);
  const tensors = new Map<string, TensorInfo>();
  let at = HEADER;
  for (const [tensor, shape] of layout(config)) {
    const count = elements(shape);
    const end = count === undefined ? Infinity : at + 4 * count;
    if (end > source.size) {
      throw new FileFormatError(
        source.name,
        `shape [${shape.join(', ')}] in f32 does not fit: the file ends at ${source.size}`,
        {
          tensor,
          offsets: [at, end],
        },
      );
    }
    if (!TABLES.includes(tensor)) tensors.set(tensor, { name: tensor, dtype: 'F32', shape, begin: at, end });
    at = end;
  }
  if (at !== source.size) {
    throw new FileFormatError(
      source.name,
      `the sizes in its header account for ${at} bytes, the file has ${source.size}`,
    );
  }
  const parts = { format: 'llama2.c', tensors, config } as const;
  return { ...tensorFile(source.name, parts, ({ begin, end }) => source.read(begin, end)), config };
}

function readConfig(file: string, view: DataView): Llama2cConfig {
  if (view.getUint32(0, true) === LATER_VERSION) {
    const version = view.getInt32(4, true);
    throw new FileFormatError(
      file,
      `this is version ${version} of llama2.c's export; only version 0 (what run.c reads) is read`,
    );
  }
  const values = FIELDS.map((_, i) => view.getInt32(4 * i, true));
  const [dim, , , heads, kvHeads, vocab] = values;
  const tied = vocab > 0;
  values[5] = Math.abs(vocab);
  const wrong = values.findIndex((value) => value <= 0);
  if (wrong >= 0) throw new FileFormatError(file, `${FIELDS[wrong]} is ${values[wrong]}: this is no llama2.c model`);
  if (values[2] > MAX_LAYERS)
    throw new FileFormatError(file, `n_layers is ${values[2]}, the most is ${MAX_LAYERS}: this is no llama2.c model`);
  if (dim % heads !== 0 || (dim / heads) % 2 !== 0 || heads % kvHeads !== 0) {
    throw new FileFormatError(
      file,
      `dim ${dim}, n_heads ${heads}, n_kv_heads ${kvHeads} do not go together (heads of even, equal size): this is no llama2.c model`,
    );
  }
  return {
    ...(Object.fromEntries(FIELDS.map((field, i) => [field, values[i]])) as Record<(typeof FIELDS)[number], number>),
    tied,
  };
}

/** All tensors in the order of the file. */
function* layout(config: Llama2cConfig): Generator<[string, number[]]> {
  const {
    dim,
    hidden_dim: hidden,
    n_layers: layers,
    n_heads: heads,
    n_kv_heads: kvHeads,
    vocab_size: vocab,
    seq_len: time,
    tied,
  } = config;
  const half = dim / heads / 2;
  const keys = kvHeads * (dim / heads);
  yield ['tok_embeddings.weight', [vocab, dim]];
  const kinds: [string, number[]][] = [
    ['attention_norm', [dim]],
    ['attention.wq', [dim, dim]],
    ['attention.wk', [keys, dim]],
    ['attention.wv', [keys, dim]],
    ['attention.wo', [dim, dim]],
    ['ffn_norm', [dim]],
    ['feed_forward.w1', [hidden, dim]],
    ['feed_forward.w2', [dim, hidden]],
    ['feed_forward.w3', [hidden, dim]],
  ];
  for (const [kind, shape] of kinds)
    for (let layer = 0; layer < layers; layer++) yield [`layers.${layer}.${kind}.weight`, shape];
  yield ['norm.weight', [dim]];
  for (const table of TABLES) yield [table, [time, half]];
  if (!tied) yield ['output.weight', [vocab, dim]];
}
