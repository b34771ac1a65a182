/** The layers a model is written with. Each takes its parameters by name and uses those that the program declares. */
import type { Tensor } from '../graph/graph.ts';
import { type Build, input, optional, param, shared } from './program.ts';

export interface Norm {
  /** RMSNorm instead of layer norm. */
  readonly rms: boolean;
  readonly eps: number;
}

const last = (name: string): string => name.split('.').at(-1)!;

/** x (R C) normalised per row: `name.weight`, and `name.bias` where declared. */
export function norm(b: Build, x: Tensor, name: string, { rms, eps }: Norm): Tensor {
  return b.g.norm(x, param(b, `${name}.weight`), optional(b, `${name}.bias`), eps, {
    rms,
    save: b.training,
    name: last(name),
  });
}

/**
 * y (R OC) = x (R C)·Wᵀ: `name.weight`, and `name.bias` where declared. Where `name.lora.down` (rank C) and `name.lora.up` (OC rank) are
 * declared, x·downᵀ·upᵀ is added (Hu et al., "LoRA", 2021). `gate` (1) multiplies all of it.
 */
export function linear(b: Build, x: Tensor, name: string, gate?: Tensor): Tensor {
  const { g } = b;
  const more = { name: last(name), ...(gate && { gate }) };
  const y = g.linear(x, param(b, `${name}.weight`), optional(b, `${name}.bias`), more);
  const down = optional(b, `${name}.lora.down`);
  if (!down) return y;
  return g.scope('lora', () => {
    const low = g.linear(x, down, undefined, { name: 'down' });
    return g.add(y, g.linear(low, param(b, `${name}.lora.up`), undefined, { ...more, name: 'up' }), 'sum');
  });
}

/** x + branch, with dropout on the branch while training. */
export function residual(b: Build, x: Tensor | undefined, branch: Tensor, dropout: number): Tensor {
  if (b.training && dropout > 0) return b.g.dropout(branch, x, dropout, b.salts.next++, shared(b, 'state', 'state'));
  return x ? b.g.add(x, branch, 'residual') : branch;
}

/** Rows of a table by id (B·T ids in the input `ids`) plus a position's vector, if the program has such tables. */
export function embed(b: Build, ids: string, T: number, wte: string, wpe?: string): Tensor {
  // the table's gradient finds the sorted positions by these names
  if (b.training) for (const sorted of ['order', 'starts']) input(b, `${ids}.${sorted}`);
  return b.g.embedding(input(b, ids), T, param(b, wte), wpe === undefined ? undefined : optional(b, wpe));
}
