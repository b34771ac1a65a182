/**
 * How a token was drawn, for people: the number that decided, what temperature, top-k and top-p made of each probability, what they cut,
 * and the stretch of [0, 1) that belongs to each candidate. In f64, by the rules of the kernel `sample` (src/kernels/sample.ts):
 * softmax(logits / temperature), cut to the `topK` largest, then to the smallest set with mass ≥ `topP` of what is left; of equal logits
 * the lowest id counts as larger; the largest always stays; the draw runs along the kept tokens in the order of their ids.
 */
import { uniform } from './hash.ts';
import type { Sampling } from './sampling.ts';

/** A token that could have been drawn, with its probability before and after the settings. */
export interface DrawnCandidate {
  /** Its id. */
  readonly token: number;
  /** Of softmax(logits): what the model says. */
  readonly probability: number;
  /** After temperature, before anything is cut. */
  readonly tempered: number;
  /** What it is drawn with; 0 when top-k or top-p cut it. */
  readonly final: number;
  /** The numbers in [0, 1) that draw it: from (included) to. Absent when it was cut. */
  readonly interval?: readonly [from: number, to: number];
}

/** How a token was drawn. */
export interface Draw {
  /** The number in [0, 1) that decided; with temperature 0 it did not matter. */
  readonly u: number;
  /** How many tokens were left to choose from. */
  readonly kept: number;
  readonly by: 'draw' | 'greedy';
  /** The most probable tokens, best first, of equals the lowest id. */
  readonly candidates: readonly DrawnCandidate[];
}

/**
 * The draw behind a token.
 * @param logits (V), finite or −∞
 * @param n candidates to tell about
 * @param position in the cache of the token that was fed, from 0: the random number depends on it and on the seed
 */
export function explainDraw(logits: Float32Array, n: number, sampling: Sampling, position: number): Draw {
  // the kernels read their settings as f32
  const [temperature, topP] = [Math.fround(sampling.temperature), Math.fround(sampling.topP)];
  const order = Uint32Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a] || a - b);
  const max = logits[order[0]];
  const greedy = temperature === 0;
  const weight = (id: number): number =>
    greedy ? Number(id === order[0]) : Math.exp((logits[id] - max) / temperature);
  const kept = greedy ? 1 : keptOf(order, weight, sampling.topK, topP);
  const staying = order.slice(0, kept).sort();
  const total = staying.reduce((sum, id) => sum + weight(id), 0);
  const intervals = new Map<number, readonly [number, number]>();
  let run = 0;
  for (const id of staying) intervals.set(id, [run / total, (run += weight(id)) / total]);
  let [plain, tempered] = [0, 0];
  for (const id of order) {
    plain += Math.exp(logits[id] - max);
    tempered += weight(id);
  }
  return {
    u: uniform(sampling.seed, position, 0, 0),
    kept,
    by: greedy ? 'greedy' : 'draw',
    candidates: Array.from(order.subarray(0, n), (token) => {
      const interval = intervals.get(token);
      return {
        token,
        probability: Math.exp(logits[token] - max) / plain,
        tempered: weight(token) / tempered,
        final: interval ? weight(token) / total : 0,
        ...(interval && { interval }),
      };
    }),
  };
}

/** How many of the tokens, best first, top-k and then top-p leave. */
function keptOf(order: Uint32Array, weight: (id: number) => number, topK: number, topP: number): number {
  const count = topK > 0 ? Math.min(topK, order.length) : order.length;
  if (topP >= 1) return count;
  let all = 0;
  for (let i = 0; i < count; i++) all += weight(order[i]);
  let mass = 0;
  let n = 0;
  while (n < count && (n === 0 || mass < topP * all)) mass += weight(order[n++]);
  return n;
}
