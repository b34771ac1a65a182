/**
 * From logits to a token on the CPU, by the same rules as the kernel `sample` (src/kernels/sample.ts): softmax(logits / temperature),
 * restricted to the `topK` largest, then to the smallest set with mass ≥ `topP` of what is left; of equal logits the lowest id counts
 * as larger; the largest always stays. The draw runs along the kept tokens in the order of their ids. The same seed and position give
 * the same number on every engine.
 */
import { uniform } from './hash.ts';

export interface SampleSettings {
  /** 0 takes the largest logit; 1 draws from the model's own distribution. */
  readonly temperature: number;
  /** How many tokens stay; 0 or absent: all. */
  readonly topK?: number;
  /** Share of the mass that stays, 0 … 1; 1 or absent: all. */
  readonly topP?: number;
  /** Integer; its low 32 bits count. Default 0. */
  readonly seed?: number;
}

/** The tokens that may be drawn and their weights. */
export interface Kept {
  /** Rising. */
  readonly ids: Uint32Array;
  /** Weights in the order of `ids`, all > 0, the largest 1. */
  readonly mass: Float64Array;
  readonly total: number;
}

export interface Candidate {
  readonly id: number;
  readonly logit: number;
  /** softmax(logits): what the model says. */
  readonly probability: number;
  /** After temperature, before anything is cut. */
  readonly tempered: number;
  /** What it is drawn with; 0 when top-k or top-p cut it. */
  readonly final: number;
  /** The numbers in [0, 1) that draw it: from (included) to. Absent when it was cut. */
  readonly interval?: readonly [number, number];
}

/** The draw for a position: the one number in [0, 1) that decides. */
export function drawAt(position: number, { seed = 0 }: SampleSettings): number {
  return uniform(seed, position, 0, 0);
}

/**
 * The next token.
 * @param logits (V)
 * @param position of the token that was fed last, 0-based
 */
export function sample(logits: Float32Array, settings: SampleSettings, position: number): number {
  return pick(keep(logits, settings), drawAt(position, settings));
}

/** The token to whose interval `u` in [0, 1) belongs. */
export function pick({ ids, mass, total }: Kept, u: number): number {
  let run = 0;
  for (let i = 0; i < ids.length; i++) {
    run += mass[i];
    if (run > u * total) return ids[i];
  }
  return ids[ids.length - 1]; // the sum rounded down
}

/** What temperature, top-k and top-p leave. */
export function keep(logits: Float32Array, settings: SampleSettings): Kept {
  const { temperature, topK, topP } = checked(settings);
  const best = largest(logits);
  if (temperature === 0) return { ids: Uint32Array.of(best), mass: Float64Array.of(1), total: 1 };
  const weight = (logit: number): number => Math.exp((logit - logits[best]) / temperature);
  const stays = cut(logits, topK, topP, weight);
  const ids = new Uint32Array(logits.length);
  const mass = new Float64Array(logits.length);
  let count = 0;
  let total = 0;
  for (let id = 0; id < logits.length; id++) {
    const m = stays(id) ? weight(logits[id]) : 0;
    if (m === 0) continue;
    ids[count] = id;
    mass[count++] = m;
    total += m;
  }
  return { ids: ids.slice(0, count), mass: mass.slice(0, count), total };
}

/**
 * The `n` most probable tokens, the best first, of equals the lowest id, with their probabilities before and after the settings.
 * @param logits (V)
 */
export function candidates(logits: Float32Array, n: number, settings: SampleSettings): Candidate[] {
  if (!Number.isInteger(n) || n < 0) throw new RangeError(`${n} candidates were asked for: want an integer ≥ 0`);
  const { temperature } = checked(settings);
  const max = logits[largest(logits)];
  const { ids, mass, total } = keep(logits, settings);
  let plain = 0;
  let tempered = 0;
  for (const logit of logits) {
    plain += Math.exp(logit - max);
    tempered += Math.exp((logit - max) / temperature);
  }
  const places = new Map<number, [number, number]>();
  let run = 0;
  for (let i = 0; i < ids.length; i++) places.set(ids[i], [run / total, (run += mass[i]) / total]);
  return top(logits, n).map((id) => {
    const interval = places.get(id);
    const logit = logits[id];
    const final = interval ? (temperature === 0 ? 1 : Math.exp((logit - max) / temperature) / total) : 0;
    return {
      id,
      logit,
      probability: Math.exp(logit - max) / plain,
      tempered: temperature === 0 ? final : Math.exp((logit - max) / temperature) / tempered,
      final,
      ...(interval ? { interval } : {}),
    };
  });
}

/** Settings as the kernel sees them: the state buffer holds f32. */
function checked({ temperature, topK = 0, topP = 1, seed = 0 }: SampleSettings): {
  temperature: number;
  topK: number;
  topP: number;
} {
  if (!(temperature >= 0 && temperature < Infinity))
    throw new RangeError(`temperature is ${temperature}: want a finite number ≥ 0`);
  if (!Number.isInteger(topK) || topK < 0) throw new RangeError(`top-k is ${topK}: want an integer ≥ 0 (0 = off)`);
  if (!(topP >= 0 && topP <= 1)) throw new RangeError(`top-p is ${topP}: want a number from 0 to 1 (1 = off)`);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed is ${seed}: want an integer`);
  return { temperature: Math.fround(temperature), topK, topP: Math.fround(topP) };
}

/** Id of the largest logit, of equals the lowest. */
function largest(logits: Float32Array): number {
  if (logits.length === 0) throw new RangeError('no logits: there is nothing to choose from');
  let best = 0;
  for (let id = 0; id < logits.length; id++) {
    if (Number.isNaN(logits[id]) || logits[id] === Infinity) {
      throw new RangeError(`logit ${id} is ${logits[id]}: the weights or a kernel are broken`);
    }
    if (logits[id] > logits[best]) best = id;
  }
  if (logits[best] === -Infinity)
    throw new RangeError(`all ${logits.length} logits are -Infinity: everything is masked`);
  return best;
}

/**
 * Says of ids, asked in rising order, whether they stay. Sorted values suffice: what stays lies above a threshold, and of the tokens
 * that equal it the first few stay. By logit, not by weight: weights that underflow still have an order.
 */
function cut(
  logits: Float32Array,
  topK: number,
  topP: number,
  weight: (logit: number) => number,
): (id: number) => boolean {
  let count = topK > 0 ? Math.min(topK, logits.length) : logits.length;
  if (count === logits.length && topP === 1) return () => true;
  const falling = logits.slice().sort().reverse();
  if (topP < 1) {
    let all = 0;
    for (let i = 0; i < count; i++) all += weight(falling[i]);
    let kept = 0;
    let n = 0;
    while (n < count && (n === 0 || kept < topP * all)) kept += weight(falling[n++]);
    count = n;
  }
  return first(falling, count, logits);
}

/** Membership in the first `count` of the order (logit falling, id rising); to be asked in rising order of ids. */
function first(falling: Float32Array, count: number, logits: Float32Array): (id: number) => boolean {
  const threshold = falling[count - 1];
  let ties = 0;
  for (let i = count - 1; i >= 0 && falling[i] === threshold; i--) ties++;
  return (id) => logits[id] > threshold || (logits[id] === threshold && ties-- > 0);
}

function top(logits: Float32Array, n: number): number[] {
  const count = Math.min(n, logits.length);
  if (count === 0) return [];
  const stays = first(logits.slice().sort().reverse(), count, logits);
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id++) if (stays(id)) ids.push(id);
  return ids.sort((a, b) => logits[b] - logits[a] || a - b);
}
