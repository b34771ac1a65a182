/** Attention over one text: an overview in bytes for pictures of all heads, and exact rows on demand. */
import type { ModelConfig } from '../model/config.ts';
import type { Region, Runner } from '../plan/types.ts';

/** How one head arrives at one row of weights. */
export interface AttentionRow {
  /** q·k / √HS for each key up to the query, before the softmax. */
  readonly score: Float32Array;
  /** softmax(score): how much of each key's value is taken. */
  readonly weight: Float32Array;
  /** The keys' values (keys HS), row by row. */
  readonly value: Float32Array;
}

/**
 * What every head looked at while the model read a text. `model.attention` makes it.
 *
 * @example
 * const reading = await model.attention('The cat sat on the mat');
 * console.log(reading.layers, reading.heads, reading.tokens);
 */
export class AttentionReading {
  readonly layers: number;
  readonly heads: number;
  /** T: how many tokens the text has. */
  readonly tokens: number;
  /** 255·√weight, [layer][head][query][key] (layers heads T T); 0 above the diagonal. */
  readonly overview: Uint8Array;
  readonly #runner: Runner;
  readonly #config: ModelConfig;
  readonly #fresh: () => boolean;

  private constructor(runner: Runner, config: ModelConfig, tokens: number, overview: Uint8Array, fresh: () => boolean) {
    this.layers = config.layers;
    this.heads = config.heads;
    this.tokens = tokens;
    this.overview = overview;
    this.#runner = runner;
    this.#config = config;
    this.#fresh = fresh;
  }

  /** Reads the weights layer by layer: whole matrices in f32 stay on the device. */
  static async read(runner: Runner, config: ModelConfig, T: number, fresh: () => boolean): Promise<AttentionReading> {
    const { layers, heads } = config;
    const overview = new Uint8Array(layers * heads * T * T);
    for (let layer = 0, at = 0; layer < layers; layer++) {
      const region = runner.plan.values[`h.${layer}.weights`];
      const padded = region.shape[3];
      const weights = new Float32Array((await runner.read(region))[0]);
      for (let h = 0; h < heads; h++)
        for (let q = 0; q < T; q++, at += T)
          for (let k = 0; k <= q; k++)
            overview[at + k] = Math.round(255 * Math.sqrt(weights[(h * padded + q) * padded + k]));
    }
    return new AttentionReading(runner, config, T, overview, fresh);
  }

  /**
   * The exact numbers behind one row. Throws RangeError when there is no such layer, head or query, and Error when another text has
   * been read since.
   */
  async row(layer: number, head: number, query: number): Promise<AttentionRow> {
    const inside = (n: number, end: number) => Number.isInteger(n) && n >= 0 && n < end;
    if (!inside(layer, this.layers) || !inside(head, this.heads) || !inside(query, this.tokens))
      throw new RangeError(
        `there is no layer ${layer}, head ${head}, query ${query}: the reading has ${this.layers} layers of ${this.heads} heads and ${this.tokens} tokens`,
      );
    if (!this.#fresh()) throw new Error('another text has been read since; read this one again for its exact rows');
    const { values } = this.#runner.plan;
    const keys = query + 1;
    const weights = values[`h.${layer}.weights`];
    const padded = weights.shape[3];
    const qkv = values[`h.${layer}.qkv`];
    const [rowBytes, qkvBytes] = await this.#runner.read(
      part(weights, (head * padded + query) * padded, keys),
      part(qkv, 0, keys * qkv.shape[1]),
    );
    return {
      weight: new Float32Array(rowBytes),
      ...this.#scores(new Float32Array(qkvBytes), qkv.shape[1], head, query),
    };
  }

  #scores(qkv: Float32Array, width: number, head: number, query: number): Pick<AttentionRow, 'score' | 'value'> {
    const { heads, kvHeads, width: C } = this.#config;
    const HS = C / heads;
    const group = Math.floor(head / (heads / kvHeads)) * HS;
    const keys = query + 1;
    const score = new Float32Array(keys);
    const value = new Float32Array(keys * HS);
    const q = query * width + head * HS;
    for (let s = 0; s < keys; s++) {
      const k = s * width + C + group;
      let dot = 0;
      for (let i = 0; i < HS; i++) dot += qkv[q + i] * qkv[k + i];
      score[s] = dot / Math.sqrt(HS);
      const v = k + kvHeads * HS;
      value.set(qkv.subarray(v, v + HS), s * HS);
    }
    return { score, value };
  }
}

/** `n` f32 elements of a region from element `at` on. */
export const part = (region: Region, at: number, n: number): Region => ({
  ...region,
  offset: region.offset + 4 * at,
  bytes: 4 * n,
  shape: [n],
});
