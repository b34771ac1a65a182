/** From logits to a token: see src/kernels/sample.ts. */
import { NO_TOKEN, STATE } from '../plan/state.ts';
import { floatOf } from './bits.ts';
import { uniform } from '../sample/hash.ts';
import type { Sampling } from '../sample/sampling.ts';
import type { Numbers, Reference } from './types.ts';

/** How a token is drawn. */
export interface PickSettings extends Omit<Sampling, 'seed'> {
  /** The random number, in [0, 1). */
  readonly u: number;
}

export interface Pick {
  readonly token: number;
  /**
   * How far, as a share of the kept mass, the draw and the top-p cut are from another outcome; Infinity when nothing was weighed.
   * A kernel in f32 must agree where this is well above its rounding.
   */
  readonly margin: number;
}

function argmax(logits: Numbers): number {
  let best = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[best]) best = v;
  return best;
}

/** Whether a token can be drawn at all: no logit is NaN or +∞, and one is more than −∞. */
export function isSound(logits: Numbers): boolean {
  let most = -Infinity;
  for (const x of logits) {
    if (Number.isNaN(x)) return false;
    most = Math.max(most, x);
  }
  return Number.isFinite(most);
}

/**
 * Draws a token. `topP` counts mass within what `topK` left. Sorting values alone suffices: what stays is everything above a
 * threshold, and of the tokens that equal it the first few in index order.
 */
export function pick(logits: Numbers, { temperature, topK, topP, u }: PickSettings): Pick {
  const V = logits.length;
  const best = argmax(logits);
  if (!(temperature > 0)) return { token: best, margin: Infinity };
  const mass = new Float64Array(V);
  for (let v = 0; v < V; v++) mass[v] = Math.exp((logits[v] - logits[best]) / temperature);

  let threshold = -Infinity;
  let ties = Infinity;
  let margin = Infinity;
  if ((topK > 0 && topK < V) || topP < 1) {
    // by logit, not by mass: tokens whose mass underflows or rounds alike still have an order
    const falling = Float64Array.from(logits).sort().reverse();
    let count = topK > 0 ? Math.min(topK, V) : V;
    if (topP < 1) {
      const masses = falling.map((x) => Math.exp((x - logits[best]) / temperature));
      let all = 0;
      for (let i = 0; i < count; i++) all += masses[i];
      let kept = 0;
      let before = 0;
      let n = 0;
      while (n < count && (n === 0 || kept < topP * all)) {
        before = kept;
        kept += masses[n++];
      }
      // two other outcomes are near: stopping later (if there is more) and stopping one earlier (if that leaves any)
      margin = Math.min(n < count ? kept / all - topP : Infinity, n > 1 ? topP - before / all : Infinity);
      count = n;
    }
    threshold = falling[count - 1];
    ties = 0;
    for (let i = count - 1; i >= 0 && falling[i] === threshold; i--) ties++;
  }

  let total = 0;
  for (let v = 0, left = ties; v < V; v++) {
    if (logits[v] < threshold || (logits[v] === threshold && left-- <= 0)) mass[v] = 0;
    total += mass[v];
  }
  let token = best;
  let run = 0;
  for (let v = 0; v < V; v++) {
    if (mass[v] === 0) continue;
    token = v;
    const low = run;
    run += mass[v];
    if (run <= u * total) continue;
    return { token, margin: Math.min(margin, ...edges(low / total, run / total, u)) };
  }
  return { token, margin: 0 };
}

/** Distances from `u` to the two ends of its interval; an end at 0 or 1 is no edge to another token. */
function edges(low: number, high: number, u: number): [number, number] {
  return [low > 0 ? u - low : Infinity, high < 1 ? high - u : Infinity];
}

/** The settings that a state buffer holds; the draw is that of the position which is being fed. */
export function settingsOf(state: Numbers): PickSettings {
  return {
    temperature: floatOf(state[STATE.TEMPERATURE]),
    topK: state[STATE.TOP_K],
    topP: floatOf(state[STATE.TOP_P]),
    u: uniform(state[STATE.SEED], state[STATE.POS], 0, 0),
  };
}

export const sample: Reference = (ports, { R, V, H }) => {
  for (let r = 0; r < R; r++) {
    const logits = ports.logits.subarray(r * V, (r + 1) * V);
    const state = ports.state.subarray(r * STATE.WORDS, (r + 1) * STATE.WORDS);
    const token = isSound(logits) ? pick(logits, settingsOf(state)).token : NO_TOKEN;
    ports.history[r * H + (state[STATE.COUNT] % H)] = token;
    state[STATE.COUNT] += 1;
    state[STATE.POS] += 1;
    state[STATE.TOKEN] = token === NO_TOKEN ? 0 : token;
  }
};

export const topN: Reference = ({ logits, ids, probs }, { R, V, N }) => {
  for (let r = 0; r < R; r++)
    topOfRow(logits.subarray(r * V, (r + 1) * V), ids.subarray(r * N, (r + 1) * N), probs.subarray(r * N, (r + 1) * N));
};

function topOfRow(logits: Numbers, ids: Numbers, probs: Numbers): void {
  const max = logits[argmax(logits)];
  let total = 0;
  for (const x of logits) total += Math.exp(x - max);
  // a sweep for each, for the next after the last found in the order (logit falling, index rising)
  let last = Infinity;
  let lastId = -1;
  for (let n = 0; n < ids.length; n++) {
    let id = -1;
    for (let v = 0; v < logits.length; v++) {
      const after = logits[v] < last || (logits[v] === last && v > lastId);
      if (after && (id < 0 || logits[v] > logits[id])) id = v;
    }
    ids[n] = id;
    probs[n] = Math.exp(logits[id] - max) / total;
    last = logits[id];
    lastId = id;
  }
}
