/** Reads the bytes of `Attention.rows`: 255·√weight, [layer][head][key]. Plain data, no DOM. */
import type { Attention } from '../../run/types.ts';

/** The same weights, for whoever draws them. */
export interface Weights {
  readonly layers: number;
  readonly heads: number;
  /** Queries, one a row. */
  readonly count: number;
  /** What a row was made from: the same object as long as the row is the same. */
  source(query: number): Uint8Array;
  /** Bytes of one head from one query. They end with the query itself; after the context has slid they begin later than key 0. */
  bytes(layer: number, head: number, query: number): Uint8Array;
}

export const weightOf = (byte: number): number => (byte / 255) ** 2;

export function weightsOf(attention: Attention, averaged = false): Weights {
  const { layers, heads, rows } = attention;
  const plain: Weights = {
    layers,
    heads,
    count: rows.length,
    source: (query) => rows[query],
    bytes: (layer, head, query) => {
      const row = rows[query];
      const keys = row.length / (layers * heads);
      return row.subarray((layer * heads + head) * keys, (layer * heads + head + 1) * keys);
    },
  };
  return averaged ? averagedOver(plain) : plain;
}

/** Means over the heads of a layer, as one head. A row's means are made when they are asked for and kept with it. */
const means = new WeakMap<Uint8Array, Uint8Array[]>();

function averagedOver(weights: Weights): Weights {
  const { layers, heads } = weights;
  const mean = (layer: number, query: number) => {
    const keys = weights.source(query).length / (layers * heads);
    const sums = new Float64Array(keys);
    for (let head = 0; head < heads; head++) {
      const bytes = weights.bytes(layer, head, query);
      for (let k = 0; k < keys; k++) sums[k] += bytes[k] * bytes[k];
    }
    return Uint8Array.from(sums, (sum) => Math.round(Math.sqrt(sum / heads)));
  };
  return {
    ...weights,
    heads: 1,
    bytes: (layer, _head, query) => {
      const source = weights.source(query);
      let made = means.get(source);
      if (!made) means.set(source, (made = []));
      return (made[layer] ??= mean(layer, query));
    },
  };
}

/** The weight of one pair; undefined where the key is outside the context, or after the query. */
export function weightAt(
  weights: Weights,
  layer: number,
  head: number,
  query: number,
  key: number,
): number | undefined {
  if (query < 0 || query >= weights.count) return undefined;
  const bytes = weights.bytes(layer, head, query);
  const k = key - (query + 1 - bytes.length);
  return k < 0 || k >= bytes.length ? undefined : weightOf(bytes[k]);
}

/** All keys of one query with their weights, in the order of the text. */
export function looks(weights: Weights, layer: number, head: number, query: number): { key: number; weight: number }[] {
  const bytes = weights.bytes(layer, head, query);
  const first = query + 1 - bytes.length;
  return Array.from(bytes, (byte, k) => ({ key: first + k, weight: weightOf(byte) }));
}
