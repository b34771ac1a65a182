/** grad_norm and adamw: one sweep each over all parameters. */
import { firstChunk, nextChunk, phase, pointer, sharedScratch, word } from './command';
import { STRETCH } from './stretch';
import { lanes, loadSome, storeSome, zero } from './simd';

/** Per stretch: Σ g² as f64, and whether some exponent is all ones (infinite or not a number). */
export function gradNorm(c: usize): void {
  const N = word(c, 0);
  const grads = pointer(c, 1);
  const norm = pointer(c, 2);
  const partial = sharedScratch(c);
  const count = (N + STRETCH - 1) / STRETCH;
  if (phase(c) == 0) {
    const exponent = i32x4.splat(0x7f800000);
    for (let chunk = firstChunk(); chunk < count; chunk = nextChunk()) {
      let total = zero();
      let broken = zero();
      for (let i = chunk * STRETCH; i < min(N, (chunk + 1) * STRETCH); i += 4) {
        const g = loadSome(grads + (<usize>i << 2), N - i, 0);
        total = f32x4.add(total, f32x4.mul(g, g));
        broken = v128.or(broken, i32x4.eq(v128.and(g, exponent), exponent));
      }
      store<f32>(partial + (<usize>chunk << 3), lanes(total));
      store<i32>(partial + (<usize>chunk << 3), v128.any_true(broken) ? 1 : 0, 4);
    }
    return;
  }
  let total: f64 = 0;
  let broken = 0;
  for (let i = 0; i < count; i++) {
    total += load<f32>(partial + (<usize>i << 3));
    broken |= load<i32>(partial + (<usize>i << 3), 4);
  }
  store<f32>(norm, <f32>sqrt<f64>(total));
  store<f32>(norm, <f32>broken, 4);
  store<f32>(norm, 0, 8);
  store<f32>(norm, 0, 12);
}

export function adamw(c: usize): void {
  const N = word(c, 0);
  const ND = word(c, 1);
  const grads = pointer(c, 2);
  const norm = pointer(c, 3);
  const hyper = pointer(c, 4);
  const params = pointer(c, 5);
  const m = pointer(c, 6);
  const v = pointer(c, 7);
  if (load<f32>(norm, 4) != 0) return;
  const lr = load<f32>(hyper);
  const decay = load<f32>(hyper, 16);
  const most = load<f32>(hyper, 28);
  const clip = most > 0 ? min<f32>(1, most / (load<f32>(norm) + 1e-6)) : 1;
  const beta1 = v128.load32_splat(hyper, 4);
  const beta2 = v128.load32_splat(hyper, 8);
  const rest1 = f32x4.sub(f32x4.splat(1), beta1);
  const rest2 = f32x4.sub(f32x4.splat(1), beta2);
  const eps = v128.load32_splat(hyper, 12);
  const correction1 = v128.load32_splat(hyper, 20);
  const correction2 = v128.load32_splat(hyper, 24);
  for (let chunk = firstChunk(); chunk * STRETCH < N; chunk = nextChunk()) {
    for (let i = chunk * STRETCH; i < min(N, (chunk + 1) * STRETCH); i += 4) {
      const o = <usize>i << 2;
      const left = N - i;
      const g = f32x4.mul(loadSome(grads + o, left, 0), f32x4.splat(clip));
      // a moment that decays without a gradient becomes 0 before it gets subnormal, where each step would cost a hundred cycles
      let mNew = f32x4.add(f32x4.mul(beta1, loadSome(m + o, left, 0)), f32x4.mul(rest1, g));
      let vNew = f32x4.add(f32x4.mul(beta2, loadSome(v + o, left, 0)), f32x4.mul(rest2, f32x4.mul(g, g)));
      mNew = v128.and(mNew, f32x4.ge(f32x4.abs(mNew), f32x4.splat(1e-30)));
      vNew = v128.and(vNew, f32x4.ge(vNew, f32x4.splat(1e-35)));
      storeSome(m + o, mNew, left);
      storeSome(v + o, vNew, left);
      let rates = f32x4.splat(decay);
      if (i + 4 > ND) {
        rates = f32x4.replace_lane(rates, 3, 0);
        if (i + 3 > ND) rates = f32x4.replace_lane(rates, 2, 0);
        if (i + 2 > ND) rates = f32x4.replace_lane(rates, 1, 0);
        if (i + 1 > ND) rates = f32x4.replace_lane(rates, 0, 0);
      }
      const w = loadSome(params + o, left, 0);
      const root = f32x4.add(f32x4.sqrt(f32x4.mul(vNew, correction2)), eps);
      const step = f32x4.add(f32x4.div(f32x4.mul(mNew, correction1), root), f32x4.mul(rates, w));
      storeSome(params + o, f32x4.sub(w, f32x4.mul(f32x4.splat(lr), step)), left);
    }
  }
}
