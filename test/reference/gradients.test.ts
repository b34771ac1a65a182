/** Gradients of every differentiable op against central differences of its forward, loss = Σ out·(random weights). */
import { describe, expect, test } from 'vitest';
import { type Case, caseName, cases, fillCase } from '../../src/kernels/cases/index.ts';
import { IGNORE } from '../../src/plan/state.ts';
import { findOp } from '../../src/kernels/registry.ts';
import { dot, expectClose, expectGradient, normals, type Ports, run, zeros } from './gradient.ts';

/** Small cases of an op, with every float port in doubles. */
function each(op: string, body: (c: Case, ports: Ports) => void): void {
  const own = cases.filter((c) => c.op === op && c.size !== 'wide');
  test.each(own.map((c) => ({ c, name: caseName(c) })))('$name', ({ c }) => {
    expect.hasAssertions();
    const filled = fillCase(c, findOp(op), 5);
    body(
      c,
      Object.fromEntries(
        Object.entries(filled).map(([k, v]) => [k, v instanceof Uint32Array ? v : Float64Array.from(v)]),
      ),
    );
  });
}

describe('the check itself', () => {
  test('sees a gradient that is wrong in one element, in size or in sign', () => {
    const x = normals(30, 1);
    const loss = () => x.reduce((a, b) => a + b * b, 0);
    expectGradient(
      loss,
      x,
      x.map((v) => 2 * v),
      'squares',
    );
    const wrong = x.map((v, i) => (i === 17 ? 2.0001 * v : 2 * v));
    expect(() => expectGradient(loss, x, wrong, 'squares')).toThrow(/squares: .*\[17\]/);
    expect(() =>
      expectGradient(
        loss,
        x,
        x.map((v) => -2 * v),
        'squares',
      ),
    ).toThrow(/squares/);
  });
});

describe('attention_dqkv', () => {
  each('attention_dqkv', ({ dims, options = {} }, ports) => {
    const { qkv, kv, spans, dout, dqkv, dkv } = ports;
    const out = zeros(dout.length);
    const lse = zeros(dims.B * dims.NH * dims.T);
    const forward = () => run('attention', { qkv, kv, spans, out, lse }, dims, { ...options, SAVE_LSE: 1 });
    forward();
    run('attention_dqkv', { qkv, kv, spans, out: out.slice(), dout, lse: lse.slice(), dqkv, dkv }, dims, options);
    const loss = () => (forward(), dot(out, dout));
    expectGradient(loss, qkv, dqkv, 'dqkv');
    if (options.CROSS) expectGradient(loss, kv, dkv, 'dkv');
  });
});

describe('layernorm_bwd', () => {
  each('layernorm_bwd', ({ dims, options = {} }, { inp, weight, dout, residual, dinp, dweight, dbias }) => {
    const { R, C } = dims;
    const { RMS = 0, BIAS = 1, RESIDUAL = 0, PARAMS = 1, ACCUM = 0 } = options;
    const [out, stats, bias] = [zeros(R * C), zeros(2 * R), normals(C, 3)];
    const scalars = { eps: 1e-5 };
    const forward = () => run('layernorm', { inp, weight, bias, out, stats }, dims, { RMS, BIAS, SAVE: 1 }, scalars);
    forward();
    const before = { dweight: dweight?.slice(), dbias: dbias?.slice() };
    run('layernorm_bwd', { inp, weight, stats: stats.slice(), dout, residual, dinp, dweight, dbias }, dims, options);
    const loss = () => (forward(), dot(out, dout));
    if (RESIDUAL) dinp.forEach((_, i) => (dinp[i] -= residual[i]));
    expectGradient(loss, inp, dinp, 'dinp');
    if (!PARAMS) return;
    const added = (after: Ports[string], old: Ports[string]) => after.map((x, i) => x - (ACCUM ? old[i] : 0));
    expectGradient(loss, weight, added(dweight, before.dweight!) as Float64Array, 'dweight');
    if (BIAS) expectGradient(loss, bias, added(dbias, before.dbias!) as Float64Array, 'dbias');
  });
});

describe('softmax_dinp', () => {
  each('softmax_dinp', ({ dims }, { dout, dinp }) => {
    const inp = normals(dout.length, 2);
    const out = zeros(dout.length);
    const loss = () => (run('softmax', { inp, out }, dims), dot(out, dout));
    loss();
    run('softmax_dinp', { out: out.slice(), dout, dinp }, dims);
    expectGradient(loss, inp, dinp, 'dinp');
  });
});

describe('gelu_dinp', () => {
  // ±90 and ±1e4 lie on the straight parts; differences of 1e4 carry 1e-6 of rounding alone, so those are left to the forward test
  test.each([0, 1])('ERF %i, from −8 to 8', (ERF) => {
    const inp = Float64Array.from({ length: 161 }, (_, i) => (i - 80) / 10);
    const dout = normals(inp.length, 4);
    const [out, dinp] = [zeros(inp.length), zeros(inp.length)];
    const N = inp.length;
    run('gelu_dinp', { inp, dout, dinp }, { N }, { ERF });
    expectGradient(() => (run('gelu', { inp, out }, { N }, { ERF }), dot(out, dout)), inp, dinp, 'dinp');
  });
});

describe('silu_mul_dinp', () => {
  test('gates from −12 to 12', () => {
    const dims = { R: 5, C: 24 };
    const inp = normals(240, 5).map((x, i) => (i % 48 < 24 ? (i % 48) - 12 : x));
    const dout = normals(120, 6);
    const [out, dinp] = [zeros(120), zeros(240)];
    run('silu_mul_dinp', { inp, dout, dinp }, dims);
    expectGradient(() => (run('silu_mul', { inp, out }, dims), dot(out, dout)), inp, dinp, 'dinp');
  });
});

describe('lstm_cell_bwd', () => {
  each('lstm_cell_bwd', ({ dims, options = {}, note }, { gates, c_prev, dout, dc, dgates, dc_prev }) => {
    // gates of 1e4 have no slope that differences could find: those are left to the forward test
    if (note) gates.forEach((x, i) => (gates[i] = Math.max(-6, Math.min(6, x))));
    const { FIRST = 0, DC = 1 } = options;
    const [c, out] = [zeros(dout.length), zeros(dout.length)];
    const forward = () => run('lstm_cell', { gates, c_prev, c, out }, dims, { FIRST });
    forward();
    run('lstm_cell_bwd', { gates, c_prev, c: c.slice(), dout, dc, dgates, dc_prev }, dims, options);
    const loss = () => (forward(), dot(out, dout) + (DC ? dot(c, dc) : 0));
    expectGradient(loss, gates, dgates, 'dgates');
    if (!FIRST) expectGradient(loss, c_prev, dc_prev, 'dc_prev');
  });
});

describe('rope', () => {
  each('rope', ({ dims, options = {} }, { rope, qkv }) => {
    const back = { ...options, BACKWARD: options.BACKWARD ? 0 : 1 };
    const dout = normals(qkv.length, 8);
    const rotated = zeros(qkv.length);
    const gradient = dout.slice();
    run('rope', { rope, qkv: gradient }, dims, back);
    const loss = () => {
      rotated.set(qkv);
      run('rope', { rope, qkv: rotated }, dims, options);
      return dot(rotated, dout);
    };
    expectGradient(loss, qkv, gradient, 'dqkv');
  });
});

describe('embedding_dweight and embedding_dpos', () => {
  test.each([0, 1])('ACCUM %i', (ACCUM) => {
    const [B, T, C, V, TMAX] = [3, 7, 5, 11, 9];
    const R = B * T;
    const tokens = Uint32Array.from({ length: R }, (_, i) => (i * i + 3 * i) % V);
    const [wte, wpe, dout, out] = [normals(V * C, 1), normals(TMAX * C, 2), normals(R * C, 3), zeros(R * C)];
    const loss = () => {
      run('embedding', { tokens, wte, wpe, out }, { R, T, C, V, TMAX }, { POS: 1 });
      return dot(out, dout);
    };
    // a counting sort: positions by token
    const order = Uint32Array.from(tokens.keys()).sort((a, b) => tokens[a] - tokens[b] || a - b);
    const starts = Uint32Array.from({ length: V + 1 }, (_, v) => tokens.filter((t) => t < v).length);
    const [dwte, dwpe] = [normals(V * C, 4), normals(TMAX * C, 5)];
    const before = [dwte.slice(), dwpe.slice()];
    run('embedding_dweight', { order, starts, dout, dwte }, { R, C, V }, { ACCUM });
    run('embedding_dpos', { dout, dwpe }, { B, T, C, TMAX }, { ACCUM });
    expectGradient(
      loss,
      wte,
      dwte.map((x, i) => x - ACCUM * before[0][i]),
      'dwte',
    );
    expectGradient(
      loss,
      wpe,
      dwpe.map((x, i) => x - ACCUM * before[1][i]),
      'dwpe',
    );
  });
});

describe('cross_entropy', () => {
  test('weights, ignored targets and the scale', () => {
    const dims = { R: 7, V: 13 };
    const targets = Uint32Array.from([3, IGNORE, 0, 12, 13, 5, 5]);
    const weights = Float64Array.from([0.1, 0.2, 0.3, 0, 0.5, 1, 0.25]);
    const logits = normals(91, 1).map((x) => 3 * x);
    const losses = zeros(7);
    const scale = 0.5;
    const loss = () => {
      run('cross_entropy', { targets, weights, logits: logits.slice(), losses }, dims, {}, { scale });
      return scale * losses.reduce((a, b) => a + b, 0);
    };
    const gradient = logits.slice();
    run('cross_entropy', { targets, weights, logits: gradient, losses }, dims, { GRAD: 1 }, { scale });
    expectGradient(loss, logits, gradient, 'dlogits');
    for (const r of [1, 4]) {
      expect(losses[r]).toBe(0);
      expect(gradient.subarray(r * 13, r * 13 + 13)).toEqual(zeros(13));
    }
  });
});

describe('dropout', () => {
  test('the same op turns the gradient back', () => {
    const dims = { N: 200, SALT: 5 };
    const state = new Uint32Array(16).fill(77);
    const [inp, residual, dout] = [normals(200, 1), normals(200, 2), normals(200, 3)];
    const [out, dinp] = [zeros(200), zeros(200)];
    run('dropout', { state, inp: dout, out: dinp }, dims, {}, { rate: 0.3 });
    const loss = () => {
      run('dropout', { state, inp, residual, out }, dims, { RESIDUAL: 1 }, { rate: 0.3 });
      return dot(out, dout);
    };
    expectGradient(loss, inp, dinp, 'dinp');
  });
});

describe('matmul', () => {
  test('batched: dA is NT, dB is TN, and both again for the other layouts', () => {
    const [Z, M, N, K] = [2, 5, 7, 3];
    const [a, b, dout] = [normals(Z * M * K, 1), normals(Z * K * N, 2), normals(Z * M * N, 3)];
    const [out, da, db] = [zeros(Z * M * N), zeros(Z * M * K), zeros(Z * K * N)];
    const nn = () => (run('matmul', { a, b, out }, { Z, M, N, K }), dot(out, dout));
    run('matmul', { a: dout, b, out: da }, { Z, M, N: K, K: N }, { TB: 1 });
    run('matmul', { a, b: dout, out: db }, { Z, M: K, N, K: M }, { TA: 1 });
    expectGradient(nn, a, da, 'NN da');
    expectGradient(nn, b, db, 'NN db');
    // y = x·Wᵀ: b is read as W (N K)
    const nt = () => (run('matmul', { a, b, out }, { Z, M, N, K }, { TB: 1 }), dot(out, dout));
    run('matmul', { a: dout, b, out: da }, { Z, M, N: K, K: N });
    run('matmul', { a: dout, b: a, out: db }, { Z, M: N, N: K, K: M }, { TA: 1 });
    expectGradient(nt, a, da, 'NT da');
    expectGradient(nt, b, db, 'NT db');
  });

  test.each([1, 2])('an MLP with GELU form %i: DGELU, DBIAS, ACCUM, GATE and RESIDUAL together', (GELU) => {
    const [R, C, H] = [6, 5, 9];
    const [x, w1, b1, w2, b2] = [normals(R * C, 1), normals(H * C, 2), normals(H, 3), normals(C * H, 4), normals(C, 5)];
    const gate = Float64Array.from([0.7]);
    const dout = normals(R * C, 6);
    const [pre, h, out] = [zeros(R * H), zeros(R * H), zeros(R * C)];
    const loss = () => {
      const fc = { Z: 1, M: R, N: H, K: C };
      run('matmul', { a: x, b: w1, bias: b1, pre, out: h }, fc, { TB: 1, BIAS: 1, GELU, SAVE_PRE: 1 });
      const projection = { TB: 1, BIAS: 1, GATE: 1, RESIDUAL: 1 };
      run('matmul', { a: h, b: w2, bias: b2, gate, residual: x, out }, { Z: 1, M: R, N: C, K: H }, projection);
      return dot(out, dout);
    };
    loss();
    const dy = dout.map((d) => d * gate[0]);
    const [dw1, db1, dw2, db2, dpre, dx] = [zeros(H * C), zeros(H), zeros(C * H), zeros(C), zeros(R * H), dout.slice()];
    const old = { dw2: normals(C * H, 7), db2: normals(C, 8) };
    dw2.set(old.dw2);
    db2.set(old.db2);
    run('matmul', { a: dy, b: h, out: dw2, dbias: db2 }, { Z: 1, M: C, N: H, K: R }, { TA: 1, DBIAS: 1, ACCUM: 1 });
    run('matmul', { a: dy, b: w2, pre: pre.slice(), out: dpre }, { Z: 1, M: R, N: H, K: C }, { DGELU: GELU });
    run('matmul', { a: dpre, b: x, out: dw1, dbias: db1 }, { Z: 1, M: H, N: C, K: R }, { TA: 1, DBIAS: 1 });
    run('matmul', { a: dpre, b: w1, out: dx }, { Z: 1, M: R, N: C, K: H }, { ACCUM: 1 });
    expectGradient(
      loss,
      w2,
      dw2.map((d, i) => d - old.dw2[i]),
      'dw2',
    );
    expectGradient(
      loss,
      b2,
      db2.map((d, i) => d - old.db2[i]),
      'db2',
    );
    expectGradient(loss, w1, dw1, 'dw1');
    expectGradient(loss, b1, db1, 'db1');
    expectGradient(loss, x, dx, 'dx');
  });

  test('DBIAS is sum_rows of what passes through', () => {
    const [M, N, K] = [6, 4, 11];
    const [a, b, out, dbias, want] = [normals(K * M, 1), normals(K * N, 2), zeros(M * N), zeros(M), zeros(M)];
    run('matmul', { a, b, out, dbias }, { Z: 1, M, N, K }, { TA: 1, DBIAS: 1 });
    run('sum_rows', { inp: a, out: want }, { R: K, C: M });
    expectClose(dbias, want, 1e-13, 'dbias');
  });
});
