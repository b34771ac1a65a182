/** attention_weights: the rows of softmax(q·kᵀ) that the fused kernels never store. A chunk is one head's 16 queries. */
import { exponentials, scaled } from './attention';
import { firstChunk, nextChunk, pointer, scratch, word } from './command';
import { rotate } from './decode';
import { loadSome, storeSome } from './simd';

const QUERIES: i32 = 16;

export function attentionWeights(c: usize): void {
  const B = word(c, 0);
  const T = word(c, 1);
  const S = word(c, 2);
  const NH = word(c, 3);
  const NKV = word(c, 4);
  const HS = word(c, 5);
  const MASK = word(c, 6);
  const PADDED = word(c, 7);
  const CROSS = word(c, 8);
  const CACHED = word(c, 9);
  const ROPE = word(c, 10);
  const qkv = pointer(c, 12);
  const spans = pointer(c, 14);
  const out = pointer(c, 16);
  const head = <usize>HS << 2;
  const heads = <usize>NH * head;
  const kvHeads = <usize>NKV * head;
  const qStep = CROSS ? heads : heads + 2 * kvHeads;
  const kvStep = CROSS ? 2 * kvHeads : heads + 2 * kvHeads;
  const kv = CROSS ? pointer(c, 13) : qkv + heads;
  const position = CACHED ? <i32>min<u32>(S - 1, load<u32>(pointer(c, 11))) : 0;
  const angles = pointer(c, 17) + <usize>position * head;
  const q = scratch();
  const scale: f32 = 1 / sqrt<f32>(<f32>HS);
  const blocks = (T + QUERIES - 1) / QUERIES;
  for (let chunk = firstChunk(); chunk < B * NH * blocks; chunk = nextChunk()) {
    const b = chunk / (NH * blocks);
    const h = (chunk / blocks) % NH;
    const t0 = (chunk % blocks) * QUERIES;
    const g = <usize>((h * NKV) / NH);
    const prefix = MASK == 2 ? load<i32>(spans + (<usize>b << 3)) : 0;
    const bound = PADDED ? min(S, load<i32>(spans + (<usize>b << 3), 4)) : S;
    const keys = CACHED ? pointer(c, 15) + g * S * head : kv + <usize>b * S * kvStep + g * head;
    const step = CACHED ? head : kvStep;
    for (let t = t0; t < min(T, t0 + QUERIES); t++) {
      const from = qkv + (<usize>b * T + t) * qStep + h * head;
      if (ROPE) rotate(from, HS, angles, ROPE, 1, q);
      scaled(ROPE ? q : from, HS, scale, q);
      const count = CACHED ? position + 1 : MASK ? min(bound, max(t + 1, prefix)) : bound;
      const row = out + ((<usize>b * NH + h) * T + t) * S * 4;
      const share = f32x4.splat(1 / exponentials(q, HS, keys, step, count, row));
      for (let s = 0; s < count; s += 4) {
        const at = row + (<usize>s << 2);
        storeSome(at, f32x4.mul(loadSome(at, count - s, 0), share), count - s);
      }
      memory.fill(row + (<usize>count << 2), 0, <usize>(S - count) << 2);
    }
  }
}
