/** Runs one case through a CPU engine: outputs against f64, guard words behind each region, and the bits for comparison. */
import { type Case, caseName, fillCase, runReference } from '../../src/kernels/cases.ts';
import { cpuVariant } from '../../src/cpu/support.ts';
import { fillOptions, portElem, portPresent } from '../../src/kernels/op.ts';
import { findOp } from '../../src/kernels/registry.ts';
import type { Engine, Region } from '../../src/plan/types.ts';
import { fromHalf, toHalf } from '../../src/reference/half.ts';
import { GUARD_BYTES, planOf } from '../plan-of.ts';

const POISON = 0x7fc0dead; // a NaN: an element that was not written, or was read though it should not be, shows

/** What a port holds before the run, as bytes. */
function bytesOf(values: Float32Array | Uint32Array, elem: Region['elem']): ArrayBufferView<ArrayBuffer> {
  return elem === 'f16' ? Uint16Array.from(values, toHalf) : values.slice();
}

/** The outputs' bytes by port; throws with the first thing that is wrong. */
export async function runCase(engine: Engine, c: Case, seed: number): Promise<Record<string, ArrayBuffer>> {
  const op = findOp(c.op);
  const options = fillOptions(op, c.options ?? {});
  const filled = fillCase(c, op, seed);
  const variant = cpuVariant(c.op, c.dims, options);
  const plan = planOf({ op, dims: c.dims, options, scalars: c.scalars ?? {}, facts: engine.facts, variant });
  const runner = await engine.load(plan);
  try {
    const names = Object.keys(plan.values);
    const wholes = plan.arenas.map((a): Region => ({ ...plan.values[a.name]!, bytes: a.bytes }));
    for (const whole of wholes) engine.write(whole, new Uint32Array(whole.bytes / 4).fill(POISON));
    for (const port of op.ports)
      if (portPresent(port, options) && port.dir !== 'out')
        engine.write(plan.values[port.name]!, bytesOf(filled[port.name]!, portElem(port, options)));
    runner.run();
    const buffers = await engine.read(...wholes);
    const result: Record<string, ArrayBuffer> = {};
    names.forEach((name, i) => {
      const { bytes } = plan.values[name]!;
      const behind = new Uint32Array(buffers[i]!, Math.ceil(bytes / 4) * 4);
      const hit = behind.findIndex((word) => word !== POISON);
      if (hit >= 0)
        throw new Error(
          `${caseName(c)}: ${name} was written ${hit} words behind its end (of ${GUARD_BYTES / 4} guarded)`,
        );
      result[name] = buffers[i]!.slice(0, bytes);
    });
    const want = runReference(c, filled);
    for (const [name, values] of Object.entries(want)) {
      const port = op.ports.find((p) => p.name === name)!;
      compare(
        result[name]!,
        values,
        portElem(port, options),
        op.tolerance(c.dims, options),
        `${caseName(c)} (${variant}, seed ${seed}): ${name}`,
      );
    }
    return result;
  } finally {
    runner.destroy();
  }
}

function compare(
  bytes: ArrayBuffer,
  want: Float64Array | Uint32Array,
  elem: Region['elem'],
  { abs, rel }: { abs: number; rel: number },
  what: string,
) {
  const got =
    elem === 'u32'
      ? new Uint32Array(bytes)
      : elem === 'f16'
        ? Float32Array.from(new Uint16Array(bytes), fromHalf)
        : new Float32Array(bytes);
  for (let i = 0; i < want.length; i++) {
    const [g, w] = [got[i]!, want[i]!];
    const right =
      elem === 'u32' || !Number.isFinite(w) ? Object.is(g, w) : Math.abs(g - w) <= abs + rel * Math.abs(w) + 1e-38;
    if (!right)
      throw new Error(`${what}[${i}] is ${g}, want ${w}: off by ${Math.abs(g - w)}, allowed ${abs} + ${rel}·|want|`);
  }
}
