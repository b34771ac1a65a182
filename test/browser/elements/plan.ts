/** A plan by hand, for tests: what a fused decode step of a small llama looks like. */
import type { PlanRow } from '../../../src/run/types.ts';

const C = 16;
const FC = 40;
const V = 65;

type Port = PlanRow['inputs'][number];

/** `layers` layers between the embedding and the draw. */
export function planOf(layers: number): PlanRow[] {
  const rows: PlanRow[] = [];
  const add = (
    label: string,
    op: string,
    dims: PlanRow['dims'],
    options: PlanRow['options'],
    inputs: readonly Port[],
    out: number,
  ) =>
    rows.push({
      index: rows.length,
      label,
      op,
      variant: 'naive',
      dims,
      options,
      inputs,
      outputs: [{ name: 'out', shape: [1, out] }],
      parameters: inputs.reduce((sum, { name, shape }) => sum + (name === 'weight' ? shape[0] * shape[1] : 0), 0),
      flops: 1000,
      bytes: 4000,
    });
  const linear = (label: string, from: number, to: number, options: PlanRow['options']) =>
    add(
      label,
      'matvec',
      { M: 1, N: options['GATED'] ? to / 2 : to, K: from },
      options,
      [
        { name: 'inp', shape: [1, from] },
        { name: 'weight', shape: [to, from] },
      ],
      options['GATED'] ? to / 2 : to,
    );
  add('embed', 'embedding', { R: 1, T: 1, C, V }, {}, [{ name: 'wte', shape: [V, C] }], C);
  for (let i = 0; i < layers; i++) {
    linear(`h.${i}.attn.qkv`, C, 3 * C, { NORM: 2 });
    add(
      `h.${i}.attn.attention`,
      'attention_decode',
      { B: 1, NH: 2, NKV: 2, HS: 8, TMAX: 64 },
      { ROPE: 2, GATE: 1 },
      [{ name: 'qkv', shape: [1, 3 * C] }],
      C,
    );
    linear(`h.${i}.attn.proj`, C, C, { RESIDUAL: 1 });
    linear(`h.${i}.mlp.fc`, C, 2 * FC, { NORM: 2, GATED: 1 });
    linear(`h.${i}.mlp.proj`, FC, C, { RESIDUAL: 1, GATE: 1 });
  }
  linear('logits', C, V, { NORM: 2 });
  add('sample', 'sample', { R: 1, V, H: 64 }, {}, [{ name: 'logits', shape: [1, V] }], 1);
  return rows;
}
