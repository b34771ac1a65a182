/**
 * From logits to a token, and the best candidates. Where a set of largest logits ends is found bit by bit: a float's bits, turned so
 * that they order like the float, are a number whose 32 bits are tried from the top, each with one sweep over all tokens.
 */
import { firstChunk, nextChunk, pointer, scratch, word } from './command';
import { pcg } from './elementwise';
import { exp4, loadSome, maxLane, storeSome } from './simd';

/** Words of the state buffer, see src/plan/state.ts, as byte offsets. */
const POS: usize = 0;
const TOKEN: usize = 4;
const COUNT: usize = 8;
const SEED: usize = 12;
const TEMPERATURE: usize = 16;
const TOP_K: usize = 20;
const TOP_P: usize = 24;
const STATE_BYTES: usize = 64;
/** NO_TOKEN of src/plan/state.ts. */
const NO_TOKEN: i32 = -1;

/** The first place of the largest logit; what is not a number is passed over, and with it the row is not sound. */
function argmax(logits: usize, V: i32): i32 {
  let most = f32x4.splat(-Infinity);
  for (let i = 0; i < V; i += 4) most = f32x4.pmax(most, loadSome(logits + (<usize>i << 2), V - i, -Infinity));
  const best = maxLane(most);
  for (let i = 0; i < V; i++) if (load<f32>(logits + (<usize>i << 2)) == best) return i;
  return 0;
}

// @ts-ignore: decorator
@inline
function key(keys: usize, v: i32): u32 {
  return load<u32>(keys + (<usize>v << 2));
}

// @ts-ignore: decorator
@inline
function mass(masses: usize, v: i32): f64 {
  return load<f32>(masses + (<usize>v << 2));
}

/** How many of the tokens have a key of at least `bound`. The arrays are padded with zeros to whole vectors. */
function countFrom(keys: usize, V: i32, bound: u32): i32 {
  let count = i32x4.splat(0);
  const b = i32x4.splat(bound);
  for (let i = 0; i < V; i += 4) count = i32x4.sub(count, i32x4.ge_u(v128.load(keys + (<usize>i << 2)), b));
  const low = i32x4.extract_lane(count, 0) + i32x4.extract_lane(count, 1);
  return low + i32x4.extract_lane(count, 2) + i32x4.extract_lane(count, 3);
}

/** The mass of the tokens with a key of at least `bound`. */
function massFrom(keys: usize, masses: usize, V: i32, bound: u32): f64 {
  let even = f64x2.splat(0);
  let odd = even;
  const b = i32x4.splat(bound);
  for (let i = 0; i < V; i += 4) {
    const kept = i32x4.ge_u(v128.load(keys + (<usize>i << 2)), b);
    const m = v128.and(v128.load(masses + (<usize>i << 2)), kept);
    even = f64x2.add(even, f64x2.promote_low_f32x4(m));
    odd = f64x2.add(odd, f64x2.promote_low_f32x4(i32x4.shuffle(m, m, 2, 3, 2, 3)));
  }
  const sum = f64x2.add(even, odd);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** Draws a token with `u` in [0, 1); `at` is the place of the largest logit. As `pick` of src/reference/sample.ts. */
function draw(logits: usize, V: i32, at: i32, temperature: f32, topK: i32, topP: f64, u: f64): i32 {
  const masses = scratch();
  const keys = masses + (<usize>((V + 3) & ~3) << 2);
  const best = f32x4.splat(load<f32>(logits + (<usize>at << 2)));
  for (let i = 0; i < V; i += 4) {
    const o = <usize>i << 2;
    const left = V - i;
    const x = loadSome(logits + o, left, -Infinity);
    v128.store(masses + o, exp4(f32x4.div(f32x4.sub(x, best), f32x4.splat(temperature))));
    // + 0 turns −0 into 0; then negative numbers have all bits turned, others the sign only. Lanes beyond V get key 0
    const bits = f32x4.add(x, f32x4.splat(0));
    const turned = v128.xor(bits, v128.or(i32x4.shr_s(bits, 31), i32x4.splat(0x80000000)));
    v128.store(keys + o, i32x4.splat(0));
    storeSome(keys + o, turned, left);
  }
  // kept are the tokens above `bound`, and the first `ties` of those at it
  let bound: u32 = 0;
  let ties = V;
  let limit = V;
  if (topK > 0 && topK < V) {
    limit = topK;
    for (let bit: u32 = 0x80000000; bit; bit >>= 1) if (countFrom(keys, V, bound | bit) >= topK) bound |= bit;
    ties = topK - countFrom(keys, V, bound + 1);
  }
  if (topP < 1) {
    const top = key(keys, at);
    let all = massFrom(keys, masses, V, bound);
    if (limit < V) {
      const above = massFrom(keys, masses, V, bound + 1);
      const level = (all - above) / (countFrom(keys, V, bound) - countFrom(keys, V, bound + 1));
      all = above + level * ties;
    }
    const wanted = topP * all;
    let end: u32 = 0;
    for (let bit: u32 = 0x80000000; bit; bit >>= 1)
      if (massFrom(keys, masses, V, end | bit) >= wanted) end |= bit;
    end = min(end, top);
    if (end >= bound) {
      const most = end == bound ? ties : V;
      const above = end == top ? 0 : massFrom(keys, masses, V, end + 1);
      const level = (massFrom(keys, masses, V, end) - above) / (countFrom(keys, V, end) - (end == top ? 0 : countFrom(keys, V, end + 1)));
      bound = end;
      ties = <i32>max<f64>(1, min<f64>(<f64>most, Math.ceil((wanted - above) / level)));
    }
  }
  let total: f64 = 0;
  let left = ties;
  for (let v = 0; v < V; v++) {
    const k = key(keys, v);
    if (k < bound || (k == bound && left-- <= 0)) store<f32>(masses + (<usize>v << 2), 0);
    total += mass(masses, v);
  }
  let token = at;
  let sum: f64 = 0;
  for (let v = 0; v < V; v++) {
    const m = mass(masses, v);
    if (m == 0) continue;
    token = v;
    sum += m;
    if (sum > u * total) break;
  }
  return token;
}

/** Whether no logit is NaN or +∞ and one is more than −∞; `most` is the largest that is a number. */
function isSound(logits: usize, V: i32, most: f32): bool {
  if (most == -Infinity || most == Infinity) return false;
  let broken = f32x4.splat(0);
  for (let i = 0; i < V; i += 4) {
    const x = loadSome(logits + (<usize>i << 2), V - i, 0);
    broken = v128.or(broken, f32x4.ne(x, x));
  }
  return !v128.any_true(broken);
}

/** The next token of a row, or NO_TOKEN. */
function tokenOf(logits: usize, V: i32, state: usize): i32 {
  const at = argmax(logits, V);
  if (!isSound(logits, V, load<f32>(logits + (<usize>at << 2)))) return NO_TOKEN;
  const temperature = load<f32>(state, TEMPERATURE);
  if (!(temperature > 0)) return at;
  const hash = pcg(pcg(pcg(load<u32>(state, POS) ^ pcg(load<u32>(state, SEED)))));
  const u = <f64>(hash >> 8) / 16777216;
  return draw(logits, V, at, temperature, load<i32>(state, TOP_K), load<f32>(state, TOP_P), u);
}

/** A chunk is a row. */
export function sample(c: usize): void {
  const R = word(c, 0);
  const V = word(c, 1);
  const H = word(c, 2);
  for (let r = firstChunk(); r < R; r = nextChunk()) {
    const state = pointer(c, 4) + r * STATE_BYTES;
    const token = tokenOf(pointer(c, 3) + (<usize>(r * V) << 2), V, state);
    const count = load<u32>(state, COUNT);
    store<u32>(pointer(c, 5) + ((r * H + (count % H)) << 2), token);
    store<u32>(state, count + 1, COUNT);
    store<u32>(state, load<u32>(state, POS) + 1, POS);
    store<u32>(state, token == NO_TOKEN ? 0 : token, TOKEN);
  }
}

/** The best of a row: N sweeps over a copy of the logits, from which each winner is struck out. */
function best(logits: usize, V: i32, N: usize, ids: usize, probs: usize): void {
  const copy = scratch();
  memory.copy(copy, logits, <usize>V << 2);
  const first = argmax(logits, V);
  const most = f32x4.splat(load<f32>(logits + (<usize>first << 2)));
  let total: f64 = 0;
  for (let i = 0; i < V; i += 4) {
    const e = exp4(f32x4.sub(loadSome(logits + (<usize>i << 2), V - i, -Infinity), most));
    const sum = f64x2.add(f64x2.promote_low_f32x4(e), f64x2.promote_low_f32x4(i32x4.shuffle(e, e, 2, 3, 2, 3)));
    total += f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
  }
  for (let n: usize = 0; n < N; n++) {
    const id = n == 0 ? first : argmax(copy, V);
    const at = copy + (<usize>id << 2);
    const e = exp4(f32x4.sub(v128.load32_splat(at), most));
    store<u32>(ids + (n << 2), id);
    store<f32>(probs + (n << 2), <f32>(f32x4.extract_lane(e, 0) / total));
    store<f32>(at, NaN);
  }
}

/** A chunk is a row. */
export function topN(c: usize): void {
  const R = word(c, 0);
  const V = word(c, 1);
  const N = word(c, 2);
  for (let r = firstChunk(); r < R; r = nextChunk()) {
    const to = <usize>(r * N) << 2;
    best(pointer(c, 3) + (<usize>(r * V) << 2), V, N, pointer(c, 4) + to, pointer(c, 5) + to);
  }
}
