/** Which values of which knobs a run tests besides the defaults: all of them in a wide run, else a twentieth that the seed picks. */
import type { GpuVariant, Op } from '../../src/kernels/op.ts';
import { ops } from '../../src/kernels/registry.ts';
import { permutation, randomStream } from '../../src/sample/random.ts';

const key = (op: Op, variant: GpuVariant, knob: string, value: number): string =>
  `${op.name}/${variant.name} ${knob}=${value}`;

/** Every value of every knob that is no default, as `op/variant knob=value`. */
export const knobValues: readonly string[] = [...ops.values()].flatMap((op) =>
  op.variants.flatMap((variant) =>
    Object.entries(variant.knobs).flatMap(([knob, values]) =>
      values.slice(1).map((value) => key(op, variant, knob, value)),
    ),
  ),
);

/** A twentieth of them. */
export function twentieth(seed: number): ReadonlySet<string> {
  const order = permutation(knobValues.length, randomStream(seed));
  return new Set([...order.subarray(0, Math.ceil(knobValues.length / 20))].map((i) => knobValues[i]));
}

/** The variant's knobs that `chosen` holds, each with its value. */
export function knobsIn(
  chosen: ReadonlySet<string>,
  op: Op,
  variant: GpuVariant,
): readonly { readonly knob: string; readonly value: number }[] {
  return Object.entries(variant.knobs)
    .flatMap(([knob, values]) => values.map((value) => ({ knob, value })))
    .filter(({ knob, value }) => chosen.has(key(op, variant, knob, value)));
}
