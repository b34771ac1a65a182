import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { ClosedError } from '../../src/plan/errors.ts';
import type { Region, PlanStep } from '../../src/plan/types.ts';
import { floats, open, plan, readFloats, step, work } from './small_plans.ts';

describe('a bad plan', () => {
  const good = (): PlanStep => step('fill', { N: 4 }, { out: floats('w', 0, 4) }, { scalars: { value: 1 } });
  const bad: [string, Partial<PlanStep>, RegExp][] = [
    ['lacks a port', { ports: {} }, /fill N=4 \(x\): port out has no region/],
    [
      'has too small a region',
      { ports: { out: floats('w', 0, 3) } },
      /port out takes 16 bytes, its region in "w" has 12/,
    ],
    [
      'has a region of another type',
      { ports: { out: { ...floats('w', 0, 4), elem: 'u32' } } },
      /port out is f32, its region in "w" u32/,
    ],
    [
      'has a region outside its arena',
      { ports: { out: floats('w', 256, 4) } },
      /16 bytes at 256 does not lie in arena "w" of 256 bytes/,
    ],
    ['has a region that is not aligned', { ports: { out: floats('w', 2, 4) } }, /multiple of 4/],
    ['names no arena', { ports: { out: floats('elsewhere', 0, 4) } }, /no arena "elsewhere"/],
    ['lacks a dim', { dims: {} }, /dim N is undefined/],
    ['lacks a scalar', { scalars: {} }, /scalar value is undefined/],
    [
      'names a GPU kernel',
      { variant: 'vec4' },
      /variant "vec4" is no kernel of this engine, which has "wasm" and "reference"/,
    ],
    ['names no op', { op: 'fil' }, /no op "fil"/],
    ['has an option that the op lacks', { options: { FAST: 1 } }, /no option FAST/],
  ];
  it.each(bad)('that %s is refused before anything runs', async (_what, change, message) => {
    const engine = await open({ threads: 1 });
    const used = engine.counters.bytesAllocated;
    const wrong = plan(engine, [good(), { ...good(), ...change }], [work('w', 256)]);
    const scope = engine.open('test');
    await expect(scope.load(wrong)).rejects.toThrow(message);
    scope.close();
    expect(engine.counters.bytesAllocated).toBe(used);
  });

  it('that asks WebAssembly for what it lacks is refused', async () => {
    const engine = await open({ threads: 1 });
    const half: Region = { arena: 'w', offset: 0, bytes: 8, elem: 'f16', shape: [2, 2] };
    const wrong = plan(
      engine,
      [step('softmax', { R: 2, C: 2 }, { inp: half, out: half }, { options: { HALF: 1 } })],
      [work('w', 256)],
    );
    await expect(engine.open('test').load(wrong)).rejects.toThrow(/"wasm" does not take these dims with {"HALF":1}/);
  });

  it('cannot write outside a region', async () => {
    const engine = await open({ threads: 1 });
    const runner = await engine.open('test').load(plan(engine, [], [work('w', 256)]));
    expect(() => runner.write(floats('w', 0, 4), new Float32Array(5))).toThrow(RangeError);
    expect(() => runner.write(floats('w', 0, 4), new Float32Array(2), 12)).toThrow(/8 bytes at 12 into a region of 16/);
  });
});

describe('threads', () => {
  it('end when the engine is closed', async () => {
    const workers: Worker[] = [];
    const spawn = () => {
      const worker = new Worker(new URL('../../src/cpu/thread.js', import.meta.url));
      workers.push(worker);
      return {
        postMessage: (message: unknown) => worker.postMessage(message),
        terminate: () => worker.terminate(),
        once: (ready: () => void, failed: (reason: unknown) => void) => {
          worker.once('message', ready);
          worker.once('error', failed);
        },
      };
    };
    const engine = await open({ threads: 3, spawn });
    expect(workers.length).toBe(2);
    const ends = workers.map((worker) => once(worker, 'exit'));
    engine.close();
    await Promise.all(ends);
    expect(() => engine.open('late')).toThrow(ClosedError);
  });

  it('that cannot start say so', async () => {
    const spawn = () => ({
      postMessage: () => undefined,
      terminate: () => undefined,
      once: (_ready: () => void, failed: (reason: unknown) => void) => failed('no such file'),
    });
    await expect(openCpuEngine({ threads: 2, spawn })).rejects.toThrow(
      /thread 1 of the CPU engine did not start: no such file/,
    );
    await expect(openCpuEngine({ threads: 0 })).rejects.toThrow(/threads is 0/);
  });

  it('are not used where memory cannot be shared', async () => {
    Object.defineProperty(globalThis, 'crossOriginIsolated', { value: false, configurable: true });
    try {
      const engine = await open({ threads: 4 });
      expect(engine.facts.description).toMatch(/1 thread$/);
      const out = floats('w', 0, 1);
      const x = floats('w', 256, 9000);
      const runner = await engine
        .open('test')
        .load(
          plan(
            engine,
            [
              step('fill', { N: 9000 }, { out: x }, { scalars: { value: 1 } }),
              step('sum', { N: 9000 }, { inp: x, out }),
            ],
            [work('w', 40000)],
          ),
        );
      runner.run();
      expect(await readFloats(runner, out)).toEqual([9000]);
    } finally {
      Reflect.deleteProperty(globalThis, 'crossOriginIsolated');
    }
  });
});
