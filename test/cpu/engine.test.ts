import { describe, expect, it } from 'vitest';
import { ClosedError, OutOfMemoryError } from '../../src/plan/errors.ts';
import { findVariant } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import type { Region, PlanStep } from '../../src/plan/types.ts';
import { FIRST } from '../../tools/first-ops.mjs';
import { planOf } from '../../src/bench/one_step.ts';
import { provesBrokenLogits } from '../broken_logits.ts';
import { floats, open, plan, readFloats, shared, step, work } from './small_plans.ts';

describe('a plan', () => {
  it('runs its steps in order, each on what the ones before left, as often as asked', async () => {
    const engine = await open();
    const [x, y, total] = [floats('w', 0, 5), floats('w', 256, 5), floats('w', 512, 1)];
    const runner = await engine
      .open('test')
      .load(
        plan(
          engine,
          [
            step('fill', { N: 5 }, { out: x }, { scalars: { value: 2 } }),
            step('add', { N: 5 }, { a: x, b: x, out: y }, { scalars: { alpha: 1, beta: 0.25 } }),
            step('sum', { N: 5 }, { inp: y, out: total }, { options: { ACCUM: 1 } }),
          ],
          [work('w', 1024)],
        ),
      );
    runner.write(total, Float32Array.of(100));
    runner.run();
    expect(await readFloats(runner, y)).toEqual([2.5, 2.5, 2.5, 2.5, 2.5]);
    expect(await readFloats(runner, total)).toEqual([112.5]);
    runner.run({ times: 4 });
    expect(await readFloats(runner, total)).toEqual([162.5]);
    expect(engine.counters.submits).toBe(2);
  });

  it('without threads, begins with what generates text; a plan that needs more brings it, and those before it go on', async () => {
    const engine = await open({ threads: 1 });
    expect([...engine.kernels.keys()].sort()).toEqual([...FIRST].sort());
    const [x, y, total] = [floats('w', 0, 5), floats('w', 256, 5), floats('w', 512, 1)];
    const scope = engine.open('test');
    const double = step('add', { N: 5 }, { a: x, b: x, out: y }, { scalars: { alpha: 1, beta: 1 } });
    const before = await scope.load(plan(engine, [double], [work('w', 1024)]));
    before.write(x, Float32Array.of(1, 2, 3, 4, 5));
    before.run();
    expect(await readFloats(before, y)).toEqual([2, 4, 6, 8, 10]);
    expect(engine.kernels.has('sum')).toBe(false);
    const sum = step('sum', { N: 5 }, { inp: y, out: total });
    const [after] = await Promise.all([
      scope.load(plan(engine, [double, sum], [work('w', 1024)])),
      scope.load(plan(engine, [sum], [work('w', 1024)])),
    ]);
    after.write(x, Float32Array.of(1, 1, 1, 1, 1));
    after.run();
    expect(await readFloats(after, total)).toEqual([10]);
    before.write(x, Float32Array.of(5, 4, 3, 2, 1));
    before.run();
    expect(await readFloats(before, y)).toEqual([10, 8, 6, 4, 2]);
    expect(engine.kernels.has('adamw')).toBe(true);
  });

  it('mixes WebAssembly with plain loops, f16 included', async () => {
    const engine = await open();
    const halves: Region = { arena: 'w', offset: 256, bytes: 8, elem: 'f16', shape: [4] };
    const [x, y] = [floats('w', 0, 4), floats('w', 512, 4)];
    const one = floats('w', 768, 1);
    const runner = await engine
      .open('test')
      .load(
        plan(
          engine,
          [
            step('fill', { N: 4 }, { out: x }, { scalars: { value: 1 } }),
            step(
              'softmax',
              { R: 2, C: 2 },
              { inp: halves, out: halves },
              { variant: 'reference', options: { HALF: 1 } },
            ),
            step('softmax', { R: 2, C: 2 }, { inp: x, out: y }, { variant: 'reference' }),
            step('sum', { N: 4 }, { inp: y, out: one }),
          ],
          [work('w', 1024)],
        ),
      );
    runner.write(halves, Uint16Array.of(0x3c00, 0x3c00, 0, 0x8000)); // 1 1 0 −0
    runner.run();
    expect(await readFloats(runner, one)).toEqual([2]);
    expect([...new Uint16Array((await runner.read(halves))[0]!)]).toEqual([0x3800, 0x3800, 0x3800, 0x3800]); // ½ each
  });

  it('takes another micro-batch before each replay', async () => {
    const engine = await open();
    const [all, inp, out] = [floats('uploads', 0, 256), floats('w', 0, 64), floats('w', 256, 1)];
    const runner = await engine
      .open('test')
      .load(
        plan(
          engine,
          [step('sum', { N: 64 }, { inp, out }, { options: { ACCUM: 1 } })],
          [shared('uploads', 1024), work('w', 512)],
        ),
      );
    runner.write(
      all,
      Float32Array.from({ length: 256 }, (_, i) => i),
    );
    const seen: number[] = [];
    const copies = (i: number) => (seen.push(i), [{ from: floats('uploads', i * 256, 64), to: inp }]);
    runner.run({ times: 4, copies });
    expect(seen).toEqual([0, 1, 2, 3]);
    expect(await readFloats(runner, out)).toEqual([(255 * 256) / 2]);
  });

  it('gives the bits of one thread on two, also over several blocks of every loop', async () => {
    const sizes: [string, PlanStep['dims'], PlanStep['options']][] = [
      ['matmul', { Z: 1, M: 523, N: 301, K: 1100 }, { TB: 1, BIAS: 1, GELU: 1, SAVE_PRE: 1 }],
      ['matmul', { Z: 2, M: 70, N: 515, K: 513 }, { TA: 1, DBIAS: 1 }],
      ['attention', { B: 2, T: 150, S: 150, NH: 3, NKV: 3, HS: 24 }, { SAVE_LSE: 1 }],
      ['grad_norm', { N: 70001 }, {}],
    ];
    const results = await Promise.all(
      [1, 2].map(async (threads) => {
        const engine = await open({ threads });
        const bytes: ArrayBuffer[] = [];
        for (const [name, dims, options] of sizes) {
          const op = findOp(name);
          const variant = findVariant(op, 'wasm', engine.facts);
          const one = planOf({ op, dims, options, facts: engine.facts, variant });
          const runner = await engine.open('test').load(one);
          for (const port of findOp(name).ports) {
            const region = one.values[port.name];
            if (region && port.dir === 'in')
              runner.write(
                region,
                Float32Array.from({ length: region.bytes / 4 }, (_, i) => Math.sin(i * i)),
              );
          }
          runner.run({ times: 2 });
          for (const port of findOp(name).ports)
            if (one.values[port.name] && port.dir !== 'in') bytes.push(...(await runner.read(one.values[port.name]!)));
          runner.close();
        }
        return bytes.map((b) => Buffer.from(b));
      }),
    );
    results[0]!.forEach((bytes, i) => expect(bytes.equals(results[1]![i]!), `output ${i}`).toBe(true));
  });
});

describe('numbers', () => {
  it('of exp are right to 4e-7, two roundings of the quotient included', async () => {
    const engine = await open({ threads: 1 });
    const R = 20_000;
    const rows = Float32Array.from({ length: 2 * R }, (_, i) => (i % 2 ? -20 - (59 * i) / (2 * R) : 0));
    const [inp, out] = [floats('w', 0, 2 * R), floats('w', R * 8, 2 * R)];
    const runner = await engine
      .open('test')
      .load(plan(engine, [step('softmax', { R, C: 2 }, { inp, out })], [work('w', R * 16)]));
    runner.write(inp, rows);
    runner.run();
    const got = await readFloats(runner, out);
    let worst = 0;
    for (let i = 1; i < 2 * R; i += 2) {
      const e = Math.exp(rows[i]!);
      worst = Math.max(worst, Math.abs(got[i]! / (e / (1 + e)) - 1));
    }
    expect(worst).toBeLessThan(4e-7);
  });

  it('that are none stay visible in the loss and its gradient', async () => {
    const engine = await open({ threads: 1 });
    const logits = floats('w', 0, 8);
    const ports = {
      targets: { ...floats('w', 256, 2), elem: 'u32' as const },
      weights: floats('w', 512, 2),
      logits,
      losses: floats('w', 768, 2),
    };
    const runner = await engine
      .open('test')
      .load(
        plan(
          engine,
          [step('cross_entropy', { R: 2, V: 4 }, ports, { options: { GRAD: 1 }, scalars: { scale: 1 } })],
          [work('w', 1024)],
        ),
      );
    runner.write(logits, Float32Array.of(1, NaN, 2, 3, 0, 0, 0, 0));
    runner.write(ports.targets, Uint32Array.of(2, 1));
    runner.write(ports.weights, Float32Array.of(1, 1));
    runner.run();
    const [bad, good] = await readFloats(runner, ports.losses);
    expect(bad).toBeNaN();
    expect(good).toBeCloseTo(Math.log(4), 6);
    expect((await readFloats(runner, logits)).map(Number.isNaN)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('arenas', () => {
  it('that are shared keep their content from plan to plan; work arenas are given back', async () => {
    const engine = await open();
    const scope = engine.open('test');
    const [weights, out] = [floats('weights', 0, 64), floats('w', 0, 1)];
    const summing = plan(
      engine,
      [step('sum', { N: 64 }, { inp: weights, out })],
      [shared('weights', 256), work('w', 256)],
    );
    const first = await scope.load(
      plan(engine, [step('fill', { N: 64 }, { out: weights }, { scalars: { value: 3 } })], [shared('weights', 256)]),
    );
    first.run();
    first.close();
    const before = engine.counters.bytesAllocated;
    const second = await scope.load(summing);
    second.run();
    expect(await readFloats(second, out)).toEqual([192]);
    await expect(scope.read(out)).rejects.toThrow(/no arena "w" in scope "test"/);
    second.close();
    expect(engine.counters.bytesAllocated).toBe(before);
    expect(() => second.run()).toThrow(ClosedError);
    const larger = plan(engine, [], [shared('weights', 1024)]);
    await expect(scope.load(larger)).rejects.toThrow(/"weights" of scope "test" holds 256 bytes, 1024 are wanted/);
  });

  it('survive the growth of memory, and every thread sees the new part', async () => {
    const engine = await open();
    const scope = engine.open('test');
    const small = floats('small', 0, 64);
    scope.allocate(shared('small', 256));
    scope.write(small, new Float32Array(64).fill(7));
    const N = 5_000_000;
    const big = floats('big', 0, N);
    const out = floats('w', 0, 1);
    const runner = await scope.load(
      plan(
        engine,
        [step('fill', { N }, { out: big }, { scalars: { value: 0.5 } }), step('sum', { N }, { inp: big, out })],
        [work('big', N * 4), work('w', 256)],
      ),
    );
    runner.run();
    expect(await readFloats(runner, out)).toEqual([N / 2]);
    expect(new Set(await readFloats(scope, small))).toEqual(new Set([7]));
  });

  it('that do not fit are refused with the bytes, and nothing stays taken', async () => {
    const engine = await open({ maxBytes: 64 * 2 ** 20 });
    const used = engine.counters.bytesAllocated;
    const scope = engine.open('test');
    const wanted = plan(engine, [], [work('a', 8 * 2 ** 20), work('huge', 2 ** 30)]);
    await expect(scope.load(wanted)).rejects.toThrow(OutOfMemoryError);
    await expect(scope.load(wanted)).rejects.toThrow(/arena "huge" of plan "test": 1073741824 bytes asked/);
    await scope.load(plan(engine, [], [work('a', 48 * 2 ** 20)]));
    scope.close();
    expect(engine.counters.bytesAllocated).toBe(used);
  });
});

it('logits that say nothing give NO_TOKEN in WebAssembly and in plain loops', async () => {
  await provesBrokenLogits(await open());
});
