/** A Plan of one step, each port in an arena of its own, with room for guard words behind it. */
import { defaultKnobs, fillOptions, type Op, portElem, portPresent, portShape, type Variant } from '../src/kernels/op.ts';
import type { Dims, Facts, Knobs, Options, Plan, Region, Scalars } from '../src/plan/types.ts';

/** Bytes behind each region that no kernel may write. */
export const GUARD_BYTES = 256;

export interface OneStep {
  readonly op: Op;
  readonly dims: Dims;
  readonly options?: Options;
  readonly scalars?: Scalars;
  readonly facts: Facts;
  /** A GPU variant, or the CPU engine's `wasm` / `reference`. */
  readonly variant: Variant | 'wasm' | 'reference';
  readonly knobs?: Knobs;
}

export function planOf({ op, dims, scalars = {}, facts, variant, ...rest }: OneStep): Plan {
  const options = fillOptions(op, rest.options ?? {});
  const knobs = typeof variant === 'string' ? {} : { ...defaultKnobs(variant), ...rest.knobs };
  const values: Record<string, Region> = {};
  const arenas: { name: string; bytes: number; kind: 'work' }[] = [];
  const place = (name: string, shape: readonly number[], elem: Region['elem']) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const bytes = n * (elem === 'f16' ? 2 : 4);
    arenas.push({ name, bytes: Math.ceil((bytes + GUARD_BYTES) / 256) * 256, kind: 'work' });
    return (values[name] = { arena: name, offset: 0, bytes, elem, shape });
  };
  const ports: Record<string, Region> = {};
  for (const port of op.ports)
    if (portPresent(port, options)) ports[port.name] = place(port.name, portShape(port, dims, options), portElem(port, options));
  const scratch = typeof variant === 'string' ? 0 : (variant.workspace?.(dims, knobs, options) ?? 0);
  const step = {
    op: op.name,
    variant: typeof variant === 'string' ? variant : variant.name,
    knobs,
    dims,
    options,
    scalars,
    ports,
    passes: typeof variant === 'string' ? [] : variant.passes(dims, knobs, options, facts),
    label: 'test',
    flops: op.flops(dims, options),
    bytes: 0,
    ...(scratch ? { workspace: place('workspace', [scratch], 'f32') } : {}),
  };
  return { name: op.name, facts, arenas, steps: [step], values };
}
