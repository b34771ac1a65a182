/** The remaining references against definitions written another way, or against values worked out by hand. */
import { describe, expect, test } from 'vitest';
import { stateWords } from '../../src/kernels/cases/fills.ts';
import { HYPER, STATE } from '../../src/plan/state.ts';
import { uniform } from '../../src/sample/hash.ts';
import { findReference } from '../../src/reference/index.ts';
import { dot, expectClose, normals, run, zeros } from './gradient.ts';

const sum = (x: Iterable<number>) => [...x].reduce((a, b) => a + b, 0);

test('matmul: layouts agree with one another and with the definition', () => {
  const [Z, M, N, K] = [2, 4, 5, 3];
  const [a, b] = [normals(Z * M * K, 1), normals(Z * K * N, 2)];
  const want = zeros(Z * M * N);
  const [at, bt] = [zeros(a.length), zeros(b.length)];
  for (let z = 0; z < Z; z++)
    for (let k = 0; k < K; k++) {
      for (let m = 0; m < M; m++) at[z * M * K + k * M + m] = a[z * M * K + m * K + k];
      for (let n = 0; n < N; n++) bt[z * K * N + n * K + k] = b[z * K * N + k * N + n];
      for (let m = 0; m < M; m++)
        for (let n = 0; n < N; n++) want[(z * M + m) * N + n] += a[(z * M + m) * K + k] * b[(z * K + k) * N + n];
    }
  for (const [options, x, y] of [
    [{}, a, b],
    [{ TB: 1 }, a, bt],
    [{ TA: 1 }, at, b],
    [{ TA: 1, TB: 1 }, at, bt],
  ] as const) {
    const out = zeros(Z * M * N);
    run('matmul', { a: x, b: y, out }, { Z, M, N, K }, options);
    expectClose(out, want, 1e-14, JSON.stringify(options));
  }
  const shared = zeros(Z * M * N);
  run('matmul', { a, b: b.slice(0, K * N), out: shared }, { Z, M, N, K }, { BSHARED: 1 });
  const flat = zeros(Z * M * N);
  run('matmul', { a, b: b.slice(0, K * N), out: flat }, { Z: 1, M: Z * M, N, K });
  expectClose(shared, flat, 1e-15, 'BSHARED');
});

describe('matvec is a norm, a matmul and its epilogue', () => {
  const [M, N, K] = [3, 7, 10];
  const [inp, weight, bias] = [normals(M * K, 1), normals(2 * N * K, 2), normals(N, 3)];
  const [gamma, beta, gate, residual] = [normals(K, 4), normals(K, 5), Float64Array.from([0.4]), normals(M * N, 6)];
  const scalars = { eps: 1e-5 };

  test.each([0, 1, 2])('NORM %i', (NORM) => {
    let h = inp;
    if (NORM) {
      h = zeros(M * K);
      const options = { RMS: NORM - 1, BIAS: 2 - NORM };
      run('layernorm', { inp, weight: gamma, bias: beta, out: h }, { R: M, C: K }, options, scalars);
    }
    const [out, want] = [zeros(M * N), zeros(M * N)];
    const epilogue = { BIAS: 1, GELU: 1, GATE: 1, RESIDUAL: 1 };
    run('matvec', { inp, weight, bias, gamma, beta, gate, residual, out }, { M, N, K }, { NORM, ...epilogue }, scalars);
    run('matmul', { a: h, b: weight, bias, gate, residual, out: want }, { Z: 1, M, N, K }, { TB: 1, ...epilogue });
    expectClose(out, want, 1e-13);

    const [wide, gated] = [zeros(M * 2 * N), zeros(M * N)];
    run('matvec', { inp, weight, gamma, beta, out }, { M, N, K }, { NORM, GATED: 1 }, scalars);
    run('matmul', { a: h, b: weight, out: wide }, { Z: 1, M, N: 2 * N, K }, { TB: 1 });
    run('silu_mul', { inp: wide, out: gated }, { R: M, C: N });
    expectClose(out, gated, 1e-13);
  });
});

test('softmax: rows are probabilities, a shift changes nothing, huge logits do not overflow', () => {
  const [R, C] = [6, 9];
  const inp = normals(R * C, 1);
  const [out, shifted] = [zeros(R * C), zeros(R * C)];
  run('softmax', { inp, out }, { R, C });
  for (let r = 0; r < R; r++) expect(sum(out.subarray(r * C, r * C + C))).toBeCloseTo(1, 14);
  run('softmax', { inp: inp.map((x) => x + 5), out: shifted }, { R, C });
  expectClose(shifted, out, 1e-14);
  for (let c = 0; c < C; c++) expect(Math.log(out[c] / out[0])).toBeCloseTo(inp[c] - inp[0], 12);
  run('softmax', { inp: Float64Array.from([1e4, 0, 1e4]), out }, { R: 1, C: 3 });
  expect([...out.subarray(0, 3)]).toEqual([0.5, 0, 0.5]);
});

test('layernorm: mean 0 and variance 1 before weight and bias; RMSNorm: mean square 1; stats', () => {
  const [R, C] = [4, 50];
  const inp = normals(R * C, 1).map((x) => 3 * x + 7);
  const [ones, none, out, stats] = [zeros(C).fill(1), zeros(C), zeros(R * C), zeros(2 * R)];
  run('layernorm', { inp, weight: ones, bias: none, out, stats }, { R, C }, { SAVE: 1 }, { eps: 0 });
  for (let r = 0; r < R; r++) {
    const row = out.subarray(r * C, r * C + C);
    expect(sum(row)).toBeCloseTo(0, 11);
    expect(dot(row, row) / C).toBeCloseTo(1, 12);
    expect(stats[2 * r]).toBeCloseTo(sum(inp.subarray(r * C, r * C + C)) / C, 12);
    expectClose(
      row.map((x) => x / stats[2 * r + 1] + stats[2 * r]),
      inp.subarray(r * C, r * C + C),
      1e-12,
    );
  }
  run('layernorm', { inp, weight: ones, out, stats }, { R, C }, { RMS: 1, BIAS: 0, SAVE: 1 }, { eps: 0 });
  for (let r = 0; r < R; r++) {
    expect(dot(out.subarray(r * C, r * C + C), out.subarray(r * C, r * C + C)) / C).toBeCloseTo(1, 12);
    expect(stats[2 * r]).toBe(0);
  }
  // by hand: (1, 3) has mean 2 and variance 1
  const pair = zeros(2);
  const affine = { weight: Float64Array.from([2, 4]), bias: Float64Array.from([0.5, 1]) };
  run('layernorm', { inp: Float64Array.from([1, 3]), ...affine, out: pair }, { R: 1, C: 2 }, {}, { eps: 0 });
  expect([...pair]).toEqual([-1.5, 5]);
});

test('silu_mul, add, fill, sum, sum_rows', () => {
  const out = zeros(2);
  run('silu_mul', { inp: Float64Array.from([0, 1, 5, 2]), out }, { R: 1, C: 2 });
  expectClose(out, Float64Array.from([0, 2 / (1 + Math.exp(-1))]), 1e-15);
  run(
    'add',
    { a: Float64Array.from([1, 2]), b: Float64Array.from([10, 20]), out },
    { N: 2 },
    {},
    { alpha: 3, beta: -0.5 },
  );
  expect([...out]).toEqual([-2, -4]);
  run('fill', { out }, { N: 1 }, {}, { value: 9 });
  expect([...out]).toEqual([9, -4]);
  const inp = Float64Array.from([1, 2, 3, 4, 5, 6]);
  run('sum', { inp, out }, { N: 6 });
  expect(out[0]).toBe(21);
  run('sum', { inp, out }, { N: 6 }, { ACCUM: 1 });
  expect(out[0]).toBe(42);
  run('sum_rows', { inp, out }, { R: 3, C: 2 });
  expect([...out]).toEqual([9, 12]);
  run('sum_rows', { inp, out }, { R: 3, C: 2 }, { ACCUM: 1 });
  expect([...out]).toEqual([18, 24]);
});

test('dropout: keeps the mean, the share and the same elements; another step, salt or seed keeps others', () => {
  const N = 20000;
  const inp = zeros(N).fill(2);
  const masks = [
    { seed: 1, step: 1, SALT: 1 },
    { seed: 2, step: 1, SALT: 1 },
    { seed: 1, step: 2, SALT: 1 },
    { seed: 1, step: 1, SALT: 2 },
  ].map(({ seed, step, SALT }) => {
    const out = zeros(N);
    run('dropout', { state: stateWords({ seed, step }), inp, out }, { N, SALT }, {}, { rate: 0.25 });
    return out;
  });
  for (const out of masks) {
    expect(Math.abs(sum(out) / N - 2)).toBeLessThan(0.05); // 5 standard errors are 0.04
    expect([...new Set(out)].sort((a, b) => a - b)).toEqual([0, 2 / 0.75]);
  }
  const both = (a: Float64Array, b: Float64Array) => a.filter((x, i) => x === 0 && b[i] === 0).length / N;
  for (const other of masks.slice(1)) expect(both(masks[0], other)).toBeCloseTo(0.0625, 1);
  for (let i = 0; i < 50; i++) expect(masks[0][i] > 0).toBe(uniform(1, 1, 1, i) >= 0.25);
  const out = zeros(3);
  const residual = Float64Array.from([1, 2, 3]);
  run('dropout', { state: stateWords({}), inp, residual, out }, { N: 3, SALT: 0 }, { RESIDUAL: 1 }, { rate: 0 });
  expect([...out]).toEqual([3, 4, 5]);
});

test('embedding: rows by token, positions go round, ids beyond the table read its last row, decoding reads the state', () => {
  const [C, V, T] = [2, 3, 2];
  const wte = Float64Array.from([0, 1, 10, 11, 20, 21]);
  const wpe = Float64Array.from([0.5, 0.25, -0.5, -0.25]);
  const out = zeros(8);
  const dims = { R: 4, T, C, V, TMAX: 2 };
  run('embedding', { tokens: Uint32Array.from([2, 0, 1, 99]), wte, wpe, out }, dims, { POS: 1 });
  expect([...out]).toEqual([20.5, 21.25, -0.5, 0.75, 10.5, 11.25, 19.5, 20.75]);
  const row = zeros(2);
  run(
    'embedding',
    { state: stateWords({ token: 1, pos: 1 }), wte, wpe, out: row },
    { ...dims, R: 1 },
    { POS: 1, DECODE: 1 },
  );
  expect([...row]).toEqual([9.5, 10.75]);
});

test('last_row and kv_write copy the right numbers', () => {
  const out = zeros(2);
  run(
    'last_row',
    { state: stateWords({ length: 2 }), inp: Float64Array.from([1, 2, 3, 4, 5, 6]), out },
    { B: 1, T: 3, C: 2 },
  );
  expect([...out]).toEqual([3, 4]);
  // NH 1, NKV 2, HS 1: each row is q, k0, k1, v0, v1
  const qkv = Float64Array.from([0, 1, 2, 3, 4, 0, 5, 6, 7, 8]);
  const [cache_k, cache_v] = [zeros(6).fill(-1), zeros(6).fill(-1)];
  run('kv_write', { qkv, cache_k, cache_v }, { B: 1, T: 2, NH: 1, NKV: 2, HS: 1, TMAX: 3 });
  expect([...cache_k]).toEqual([1, 5, -1, 2, 6, -1]);
  expect([...cache_v]).toEqual([3, 7, -1, 4, 8, -1]);
});

test('cross_entropy: −log softmax, times weights; logits stay without GRAD', () => {
  const [R, V] = [3, 5];
  const logits = normals(R * V, 1);
  const [probs, losses] = [zeros(R * V), zeros(R)];
  const weights = Float64Array.from([1, 0.5, 2]);
  run('softmax', { inp: logits, out: probs }, { R, V, C: V });
  const before = logits.slice();
  run('cross_entropy', { targets: Uint32Array.from([4, 0, 2]), weights, logits, losses }, { R, V }, {}, { scale: 1 });
  const want = [-Math.log(probs[4]), -0.5 * Math.log(probs[5]), -2 * Math.log(probs[12])];
  expectClose(losses, Float64Array.from(want), 1e-14);
  expect(logits).toEqual(before);
});

describe('the optimizer', () => {
  const hyper = (values: Partial<Record<keyof typeof HYPER, number>>) => {
    const all = {
      LR: 0.1,
      BETA1: 0.9,
      BETA2: 0.99,
      EPS: 0,
      DECAY: 0,
      CORRECTION1: 10,
      CORRECTION2: 100,
      MAX_NORM: 0,
      ...values,
    };
    const words = zeros(HYPER.WORDS);
    for (const [name, value] of Object.entries(all))
      if (name !== 'WORDS') words[HYPER[name as keyof typeof HYPER]] = value;
    return words;
  };
  const fresh = () => ({ params: Float64Array.from([1, 2, 3]), m: zeros(3), v: zeros(3) });
  const grads = Float64Array.from([0.5, -4, 0.001]);
  const norm = Float64Array.from([2, 0, 0, 0]);

  test('the first step is lr in the direction of the sign', () => {
    const state = fresh();
    run('adamw', { grads, norm, hyper: hyper({}), ...state }, { N: 3, ND: 3 });
    expectClose(state.params, Float64Array.from([0.9, 2.1, 2.9]), 1e-12);
  });

  test('decay pulls the first ND by lr·decay·param', () => {
    const state = fresh();
    run('adamw', { grads, norm, hyper: hyper({ DECAY: 0.5 }), ...state }, { N: 3, ND: 2 });
    expectClose(state.params, Float64Array.from([0.85, 2.0, 2.9]), 1e-12);
  });

  test('three steps follow the textbook', () => {
    const state = fresh();
    let [p, m, v] = [1, 0, 0];
    for (let t = 1; t <= 3; t++) {
      const corrections = { CORRECTION1: 1 / (1 - 0.9 ** t), CORRECTION2: 1 / (1 - 0.99 ** t) };
      const g = Float64Array.from([t, -t, 0.5]);
      run(
        'adamw',
        { grads: g, norm, hyper: hyper({ EPS: 1e-3, DECAY: 0.1, ...corrections }), ...state },
        { N: 3, ND: 3 },
      );
      p -= 0.1 * 0.1 * p; // decoupled: first the decay, then the step of Adam, which does not see it
      m = 0.9 * m + 0.1 * t;
      v = 0.99 * v + 0.01 * t * t;
      p -= (0.1 * (m / (1 - 0.9 ** t))) / (Math.sqrt(v / (1 - 0.99 ** t)) + 1e-3);
      expect(state.params[0]).toBeCloseTo(p, 12);
    }
  });

  test('clipping scales gradients to the norm, only when they exceed it', () => {
    const [clipped, scaled, loose, plain] = [fresh(), fresh(), fresh(), fresh()];
    run('adamw', { grads, norm, hyper: hyper({ MAX_NORM: 0.5, EPS: 1 }), ...clipped }, { N: 3, ND: 0 });
    const quarter = grads.map((g) => g * (0.5 / (2 + 1e-6)));
    run('adamw', { grads: quarter, norm, hyper: hyper({ EPS: 1 }), ...scaled }, { N: 3, ND: 0 });
    expect(clipped).toEqual(scaled);
    run('adamw', { grads, norm, hyper: hyper({ MAX_NORM: 3, EPS: 1 }), ...loose }, { N: 3, ND: 0 });
    run('adamw', { grads, norm, hyper: hyper({ EPS: 1 }), ...plain }, { N: 3, ND: 0 });
    expect(loose).toEqual(plain);
  });

  test('a gradient that is no number stops the step', () => {
    const state = fresh();
    const found = zeros(4).fill(9);
    for (const bad of [NaN, Infinity, -Infinity]) {
      run('grad_norm', { grads: Float64Array.from([1, bad, 2]), norm: found }, { N: 3 });
      expect(found[1]).toBe(1);
      run('adamw', { grads, norm: found, hyper: hyper({}), ...state }, { N: 3, ND: 3 });
      expect(state).toEqual(fresh());
    }
    run('grad_norm', { grads: Float64Array.from([3, -4]), norm: found }, { N: 2 });
    expect([...found]).toEqual([5, 0, 0, 0]);
  });
});

test('an op without reference is named, with the place where it was looked for', () => {
  expect(() => findReference('conv_dinp')).toThrow(/no reference of op "conv_dinp": no file that .* exports convDinp/);
  expect(STATE.WORDS).toBe(stateWords({}).length);
});
