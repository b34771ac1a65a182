/** A Plan of one op instance, each port in an arena of its own with room for guard words after it. */
import {
  defaultKnobs,
  fillOptions,
  type GpuVariant,
  type Op,
  opBytes,
  portElem,
  portPresent,
  portShape,
  type Variant,
} from '../kernels/op.ts';
import type {
  Arena,
  Dims,
  Facts,
  Knobs,
  LoadOptions,
  Options,
  Plan,
  Region,
  Scalars,
  PlanStep,
} from '../plan/types.ts';

/** Bytes after each region that no kernel may write. */
export const GUARD_BYTES = 256;

export interface OneStep {
  readonly op: Op;
  readonly dims: Dims;
  readonly options?: Options;
  readonly scalars?: Scalars;
  readonly facts: Facts;
  readonly variant: Variant;
  readonly knobs?: Knobs;
  /** How often the plan repeats the step, each time on its own buffers (cold caches). Default: 1. */
  readonly copies?: number;
}

/** What a load needs besides the plan: the text of a variant that is not a shipped one. */
export function loadOptions(op: Op, variant: Variant): LoadOptions {
  const { wgsl, name, elems } = variant as Partial<GpuVariant> & Variant;
  return wgsl === undefined ? {} : { variants: [{ op: op.name, name, wgsl, ...(elems && { elems }) }] };
}

/** `values` holds the first copy's regions by port; copy i ≥ 1 has `port#i`. */
export function planOf({ op, dims, scalars = {}, facts, variant, copies = 1, ...rest }: OneStep): Plan {
  const options = fillOptions(op, rest.options ?? {});
  const knobs = { ...defaultKnobs(variant), ...rest.knobs };
  const scratch = variant.workspace?.(dims, knobs, options) ?? 0;
  const values: Record<string, Region> = {};
  const arenas: Arena[] = [];
  const place = (port: string, copy: number, shape: readonly number[], elem: Region['elem']): Region => {
    const name = copy ? `${port}#${copy}` : port;
    const bytes = shape.reduce((a, b) => a * b, 1) * (elem === 'f16' ? 2 : 4);
    arenas.push({ name: name, bytes: Math.ceil((bytes + GUARD_BYTES) / 256) * 256, kind: 'work' });
    return (values[name] = { arena: name, offset: 0, bytes, elem, shape });
  };
  const steps = Array.from({ length: copies }, (_, copy): PlanStep => {
    const ports: Record<string, Region> = {};
    for (const port of op.ports)
      if (portPresent(port, options))
        ports[port.name] = place(port.name, copy, portShape(port, dims, options), portElem(port, options));
    return {
      op: op.name,
      variant: variant.name,
      knobs,
      dims,
      options,
      scalars,
      ports,
      passes: variant.passes(dims, knobs, options, facts),
      label: 'alone',
      flops: op.flops(dims, options),
      bytes: opBytes(op, dims, options),
      ...(scratch ? { workspace: place('workspace', copy, [scratch], 'f32') } : {}),
    };
  });
  return { name: op.name, facts, arenas, steps, values };
}
