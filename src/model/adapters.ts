/**
 * Small parts that learn beside a trunk that does not: LoRA, adapters, soft prompts. Declaring their parameters is what switches them
 * on; each starts as the identity, so that training begins with exactly the trunk's outputs.
 */
import type { Tensor } from '../graph/graph.ts';
import { embed } from './layers.ts';
import { matrix, type Parameter, vector } from './parameter.ts';
import { type Build, optional, param } from './program.ts';

/**
 * LoRA on linear layers of a trunk: `layer.lora.down` (rank C), `layer.lora.up` (OC rank), which starts at zero. `linear` adds it.
 * Names of layers without `.weight`: `h.0.attn.qkv`. Throws when the trunk has no such layer.
 */
export function loraParameters(trunk: readonly Parameter[], layers: readonly string[], rank: number): Parameter[] {
  return layers.flatMap((layer) => {
    const weight = trunk.find((p) => p.name === `${layer}.weight`);
    if (!weight) throw new Error(`LoRA on ${layer}: there is no parameter ${layer}.weight`);
    const [out, inp] = weight.shape;
    return [
      matrix(`${layer}.lora.down`, [rank, inp], 1 / Math.sqrt(inp)),
      matrix(`${layer}.lora.up`, [out, rank], 'zeros'),
    ];
  });
}

/** Adapters behind the MLPs of these blocks (`h.0`): `adapter.down` (width C), `adapter.up` (C width), which starts at zero. */
export function adapterParameters(blocks: readonly string[], C: number, width: number): Parameter[] {
  return blocks.flatMap((block) => [
    matrix(`${block}.adapter.down.weight`, [width, C], 1 / Math.sqrt(C)),
    vector(`${block}.adapter.down.bias`, width, 'zeros'),
    matrix(`${block}.adapter.up.weight`, [C, width], 'zeros'),
    vector(`${block}.adapter.up.bias`, C, 'zeros'),
  ]);
}

/** x + up·gelu(down·x), if the program declares the adapter (Houlsby et al., "Parameter-efficient transfer learning", 2019). */
export function adapter(b: Build, x: Tensor, name: string): Tensor {
  const down = optional(b, `${name}.down.weight`);
  if (!down) return x;
  const { g } = b;
  return g.scope('adapter', () => {
    const low = g.gelu(g.linear(x, down, param(b, `${name}.down.bias`), { name: 'down' }));
    return g.add(x, g.linear(low, param(b, `${name}.up.weight`), param(b, `${name}.up.bias`), { name: 'up' }), 'sum');
  });
}

/** A table of `n` learned vectors, with row 0 for none: `name` (n+1 C). It does not count as a matrix: decay would pull the vectors to zero. */
export function softPromptParameters(name: string, n: number, C: number, deviation = 0.02): Parameter[] {
  return [{ name, shape: [n + 1, C], init: deviation, matrix: false, blank: 1 }];
}

/**
 * Adds rows of a second table to embedded tokens `x` (B·T C): a soft prompt (Lester et al., 2021), or the previous token. `ids`: an
 * input of B·T ids into the table. Where id 0 means "nothing", its row must be zero and its positions left out of `ids.order`, so
 * that it gets no gradient.
 */
export function addEmbedding(b: Build, x: Tensor, ids: string, T: number, table: string): Tensor {
  return b.g.add(x, embed(b, ids, T, table), 'embedded');
}
