/** For steps without a WebAssembly kernel: the reference's loops on the CPU engine's memory. */
import { portElem, portPresent, portShape } from '../kernels/op.ts';
import type { Region } from '../plan/types.ts';
import { fromHalves, toHalves } from '../files/half.ts';
import { findReference } from '../reference/index.ts';
import type { Numbers } from '../reference/types.ts';
import { type Checked, CpuPlanError, stepName } from './commands.ts';

/** Runs one step on the reference, through views of the memory; f16 ports are widened before and rounded after. */
export function runPlainLoops(
  { step, op, options }: Checked,
  place: (region: Region) => number,
  buffer: ArrayBufferLike,
): void {
  const ports: Record<string, Numbers> = {};
  const rounded: (() => void)[] = [];
  for (const port of op.ports) {
    if (!portPresent(port, options)) continue;
    const at = place(step.ports[port.name]!);
    const length = portShape(port, step.dims, options).reduce((a, b) => a * b, 1);
    const elem = portElem(port, options);
    if (elem === 'u32') ports[port.name] = new Uint32Array(buffer, at, length);
    else if (elem === 'f32') ports[port.name] = new Float32Array(buffer, at, length);
    else {
      const halves = new Uint16Array(buffer, at, length);
      const values = (ports[port.name] = fromHalves(halves));
      if (port.dir !== 'in') rounded.push(() => halves.set(toHalves(values)));
    }
  }
  try {
    findReference(op.name)(ports, step.dims, options, step.scalars);
  } catch (error) {
    throw new CpuPlanError(`${stepName(step)}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  for (const store of rounded) store();
}
