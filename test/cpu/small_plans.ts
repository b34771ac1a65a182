/** Hand-made plans of a few steps, and engines that end with the test. */
import { afterEach } from 'vitest';
import { type CpuEngine, type CpuInternals, openCpuEngine } from '../../src/cpu/engine.ts';
import type { Arena, Engine, Plan, PlanStep, Region, Runner, Scope } from '../../src/plan/types.ts';

const opened: CpuEngine[] = [];
export async function open(options: CpuInternals = {}): Promise<CpuEngine> {
  const engine = await openCpuEngine({ threads: 2, shareAll: true, ...options });
  opened.push(engine);
  return engine;
}
afterEach(() => {
  for (const engine of opened.splice(0)) engine.close();
});

/** `n` floats at byte `offset` of an arena. */
export const floats = (arena: string, offset: number, n: number): Region => ({
  arena,
  offset,
  bytes: n * 4,
  elem: 'f32',
  shape: [n],
});

export function step(
  op: string,
  dims: PlanStep['dims'],
  ports: PlanStep['ports'],
  rest: Partial<PlanStep> = {},
): PlanStep {
  return {
    op,
    variant: 'wasm',
    knobs: {},
    dims,
    options: {},
    scalars: {},
    ports,
    passes: [],
    label: 'x',
    flops: 0,
    bytes: 0,
    ...rest,
  };
}

export function plan(
  engine: Engine,
  steps: readonly PlanStep[],
  arenas: readonly Arena[],
  values: Plan['values'] = {},
): Plan {
  return { name: 'test', facts: engine.facts, arenas, steps, values };
}

export const work = (name: string, bytes: number): Arena => ({ name, bytes, kind: 'work' });
export const shared = (name: string, bytes: number): Arena => ({ name, bytes, kind: 'shared' });

export async function readFloats(owner: Scope | Runner, region: Region): Promise<number[]> {
  const [bytes] = await owner.read(region);
  return [...new Float32Array(bytes!)];
}
