/** Attention against a naive composition of matmul and softmax, and decoding against a prefill of the same sequence. */
import { describe, expect, test } from 'vitest';
import { type Case, caseName, cases, fillCase } from '../../src/kernels/cases/index.ts';
import { ropeTable, stateWords } from '../../src/kernels/cases/fills.ts';
import { findOp } from '../../src/kernels/registry.ts';
import type { Numbers } from '../../src/reference/types.ts';
import { expectClose, normals, run, zeros } from './gradient.ts';

/** Columns from `start` of `count` rows of width `width`, as a matrix (count HS). */
function slice(x: Numbers, row: number, count: number, width: number, start: number, HS: number): Float64Array {
  return Float64Array.from({ length: count * HS }, (_, i) => x[(row + Math.floor(i / HS)) * width + start + (i % HS)]);
}

/** The rules of the masks, spelt out key by key. */
function seen(options: Readonly<Record<string, number>>, spans: Numbers, b: number, t: number, s: number): boolean {
  const { MASK = 1, PADDED = 0 } = options;
  if (PADDED && s >= spans[2 * b + 1]) return false;
  if (MASK === 0) return true;
  if (MASK === 1) return s <= t;
  return s <= t || s < spans[2 * b];
}

/** softmax(q·kᵀ/√HS + mask) and its product with v, one (b, h) at a time through whole matrices. */
function naive(c: Case, filled: Readonly<Record<string, Numbers>>) {
  const { B, T, S, NH, NKV, HS } = c.dims;
  const options = c.options ?? {};
  const { qkv, spans, gate } = filled;
  const kv = options.CROSS ? filled.kv : qkv;
  const qWidth = options.CROSS ? NH * HS : (NH + 2 * NKV) * HS;
  const kvWidth = options.CROSS ? 2 * NKV * HS : qWidth;
  const kStart = options.CROSS ? 0 : NH * HS;
  const weights = zeros(B * NH * T * S);
  const out = zeros(B * T * NH * HS);
  const lse = zeros(B * NH * T);
  for (let b = 0; b < B; b++) {
    for (let h = 0; h < NH; h++) {
      const group = Math.floor(h / (NH / NKV)) * HS;
      const q = slice(qkv, b * T, T, qWidth, h * HS, HS);
      const k = slice(kv, b * S, S, kvWidth, kStart + group, HS);
      const v = slice(kv, b * S, S, kvWidth, kStart + NKV * HS + group, HS);
      const scores = zeros(T * S);
      run('matmul', { a: q, b: k, out: scores }, { Z: 1, M: T, N: S, K: HS }, { TB: 1 });
      for (let t = 0; t < T; t++) {
        let total = 0;
        for (let s = 0; s < S; s++) {
          const visible = seen(options, spans, b, t, s);
          scores[t * S + s] = visible ? scores[t * S + s] / Math.sqrt(HS) : -1e30;
          if (visible) total += Math.exp(scores[t * S + s]);
        }
        lse[(b * NH + h) * T + t] = Math.log(total);
      }
      const p = weights.subarray((b * NH + h) * T * S, (b * NH + h + 1) * T * S);
      run('softmax', { inp: scores, out: p }, { R: T, C: S });
      const mixed = zeros(T * HS);
      run('matmul', { a: p, b: v, out: mixed }, { Z: 1, M: T, N: HS, K: S });
      for (let t = 0; t < T; t++)
        for (let i = 0; i < HS; i++)
          out[(b * T + t) * NH * HS + h * HS + i] = mixed[t * HS + i] * (options.GATE ? gate[h] : 1);
    }
  }
  return { weights, out, lse };
}

const small = (op: string) =>
  cases.filter((c) => c.op === op && c.size !== 'wide' && !c.options?.CACHED).map((c) => ({ c, name: caseName(c) }));

describe('against matmul and softmax', () => {
  test.each(small('attention'))('$name', ({ c }) => {
    const filled = fillCase(c, findOp(c.op), 2);
    const want = naive(c, filled);
    const [out, lse] = [zeros(want.out.length), zeros(want.lse.length)];
    run('attention', { ...filled, out, lse }, c.dims, c.options);
    expectClose(out, want.out, 1e-11, 'out');
    // Σ exp of scores that are not shifted overflows for scores of hundreds: those are compared where it did not
    const finite = (x: Float64Array) => x.map((value, i) => (Number.isFinite(want.lse[i]) ? value : 0));
    if (c.options?.SAVE_LSE) expectClose(finite(lse), finite(want.lse), 1e-11, 'lse');
  });

  test.each(small('attention_weights'))('$name', ({ c }) => {
    const filled = fillCase(c, findOp(c.op), 2);
    const want = naive(c, filled);
    const out = zeros(want.weights.length);
    run('attention_weights', { ...filled, out }, c.dims, c.options);
    expectClose(out, want.weights, 1e-11, 'weights');
    const { B, T, S, NH } = c.dims;
    for (let row = 0; row < B * NH * T; row++) {
      const weights = out.subarray(row * S, (row + 1) * S);
      expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      const [b, t] = [Math.floor(row / (NH * T)), row % T];
      for (let s = 0; s < S; s++) if (!seen(c.options ?? {}, filled.spans, b, t, s)) expect(weights[s]).toBe(0);
    }
  });
});

describe('one token at a time gives what a prefill gives', () => {
  const shapes = [
    { NH: 4, NKV: 4, HS: 8, ROPE: 0 },
    { NH: 4, NKV: 4, HS: 8, ROPE: 1 },
    { NH: 6, NKV: 2, HS: 6, ROPE: 1 },
    { NH: 6, NKV: 3, HS: 16, ROPE: 2 },
    { NH: 2, NKV: 1, HS: 4, ROPE: 2 },
  ];
  test.each(shapes)('NH $NH NKV $NKV HS $HS ROPE $ROPE', ({ NH, NKV, HS, ROPE }) => {
    const [T, TMAX] = [11, 13];
    const width = (NH + 2 * NKV) * HS;
    const qkv = normals(T * width, 1);
    const gate = normals(NH, 2);
    const table = ropeTable(TMAX, HS);
    const dims = { B: 1, T, S: T, NH, NKV, HS };

    const rotated = qkv.slice();
    if (ROPE) run('rope', { rope: table, qkv: rotated }, { B: 1, T, NH, NKV, HS, TMAX }, { ROPE });
    const prefill = {
      out: zeros(T * NH * HS),
      k: zeros(NKV * TMAX * HS),
      v: zeros(NKV * TMAX * HS),
      weights: zeros(NH * T * T),
    };
    run('attention', { qkv: rotated, gate, out: prefill.out }, dims, { GATE: 1 });
    run('attention_weights', { qkv: rotated, out: prefill.weights }, dims);
    run('kv_write', { qkv: rotated, cache_k: prefill.k, cache_v: prefill.v }, { B: 1, T, NH, NKV, HS, TMAX });

    const [cache_k, cache_v] = [zeros(NKV * TMAX * HS), zeros(NKV * TMAX * HS)];
    for (let t = 0; t < T; t++) {
      const state = stateWords({ pos: t });
      const out = zeros(NH * HS);
      const row = qkv.slice(t * width, (t + 1) * width);
      run(
        'attention_decode',
        { state, qkv: row, rope: table, gate, cache_k, cache_v, out },
        { B: 1, NH, NKV, HS, TMAX },
        { ROPE, GATE: 1 },
      );
      expectClose(out, prefill.out.subarray(t * NH * HS, (t + 1) * NH * HS), 1e-12, `out at ${t}`);
      expect(row, 'qkv itself stays').toEqual(qkv.slice(t * width, (t + 1) * width));

      const weights = zeros(NH * TMAX);
      const query = rotated.slice(t * width, (t + 1) * width);
      run(
        'attention_weights',
        { state, qkv: query, cache_k, out: weights },
        { B: 1, T: 1, S: TMAX, NH, NKV, HS },
        { CACHED: 1 },
      );
      for (let h = 0; h < NH; h++) {
        const want = zeros(TMAX);
        want.set(prefill.weights.subarray((h * T + t) * T, (h * T + t) * T + T));
        expectClose(weights.subarray(h * TMAX, (h + 1) * TMAX), want, 1e-12, `weights at ${t}`);
      }
    }
    expectClose(cache_k, prefill.k, 1e-13, 'keys');
    expectClose(cache_v, prefill.v, 1e-13, 'values');
  });
});

describe('rope', () => {
  test('position 0 stays, lengths stay, and scores depend on the distance alone', () => {
    const [HS, TMAX] = [8, 40];
    for (const ROPE of [1, 2]) {
      const [q, k] = [normals(HS, 1), normals(HS, 2)];
      const table = ropeTable(TMAX, HS);
      const at = (x: Float64Array, t: number) => {
        const rows = zeros((t + 1) * 3 * HS);
        rows.set(x, t * 3 * HS);
        run('rope', { rope: table, qkv: rows }, { B: 1, T: t + 1, NH: 1, NKV: 1, HS, TMAX }, { ROPE });
        return rows.slice(t * 3 * HS, t * 3 * HS + HS);
      };
      const score = (i: number, j: number) => at(q, i).reduce((sum, x, n) => sum + x * at(k, j)[n], 0);
      expectClose(at(q, 0), q, 1e-15);
      expect(Math.hypot(...at(q, 31))).toBeCloseTo(Math.hypot(...q), 12);
      expect(score(7, 3)).toBeCloseTo(score(37, 33), 12);
      expect(Math.abs(score(7, 3) - score(7, 4))).toBeGreaterThan(1e-3);
    }
  });

  test('form 1 turns neighbours, form 2 halves; v stays; BACKWARD undoes', () => {
    const table = Float64Array.from([1, 0, 1, 0, 0, 1, Math.cos(0.3), Math.sin(0.3)]); // at 1: a right angle, then 0.3
    const qkv = Float64Array.from([...zeros(12), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const dims = { B: 1, T: 2, NH: 1, NKV: 1, HS: 4, TMAX: 2 };
    const [c, s] = [Math.cos(0.3), Math.sin(0.3)];
    for (const [ROPE, want] of [
      [1, [-2, 1, 3 * c - 4 * s, 3 * s + 4 * c, -6, 5, 7 * c - 8 * s, 7 * s + 8 * c]],
      [2, [-3, 2 * c - 4 * s, 1, 2 * s + 4 * c, -7, 6 * c - 8 * s, 5, 6 * s + 8 * c]],
    ] as const) {
      const x = qkv.slice();
      run('rope', { rope: table, qkv: x }, dims, { ROPE });
      expectClose(x.subarray(12), Float64Array.from([...want, 9, 10, 11, 12]), 1e-14);
      run('rope', { rope: table, qkv: x }, dims, { ROPE, BACKWARD: 1 });
      expectClose(x, qkv, 1e-14);
    }
  });
});
