/**
 * The only place that writes values into WGSL text. A variant's file is valid WGSL with sensible defaults; composing it writes
 * the chosen values over marked lines and does nothing else (specialise.ts then cuts what they leave unused):
 *
 *   const CAUSAL: bool = true; // option     what the op instance means
 *   const HS: u32 = 64u; // dim              a size that shapes registers or workgroup arrays: always the instance's own
 *   const TM: u32 = 4u; // knob              a tuning choice that sizes registers
 *   override WG: u32 = 64u; // knob          a tuning choice WGSL itself can take (pipeline constant)
 *   alias elemB = f32; // elem               storage type
 *   params.M                                 a dim, baked in as `512u` when `bake` is set
 */
import type { PlanStep } from '../plan/types.ts';
import type { Dims, GpuVariant, Knobs, Op, Options, Pass, Scalars } from './op.ts';
import { portPresent } from './op.ts';

export interface Composed {
  readonly code: string;
  /** Values for the file's `override` knobs. */
  readonly constants: Readonly<Record<string, number>>;
}

const CONST_LINE = /^(\s*)const\s+(\w+)\s*:\s*(u32|i32|bool|f32)\s*=\s*[^;]+;(\s*\/\/\s*(?:knob|option|dim)\b.*)$/gm;
const OVERRIDE_LINE = /^\s*override\s+(\w+)\s*:\s*\w+\s*=\s*[^;]+;\s*\/\/\s*knob\b/gm;
const ALIAS_LINE = /^alias\s+(\w+)\s*=\s*(\w+)\s*;(\s*\/\/\s*elem\b.*)$/gm;

function literal(type: string, value: number): string {
  if (type === 'bool') return value ? 'true' : 'false';
  if (type === 'u32') return `${value}u`;
  if (type === 'i32') return `${value}i`;
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** Text and pipeline constants of one variant, whose file holds `text`, for one instance. Throws when a knob has no marked line, or a marked line no value. */
export function compose(
  text: string,
  variant: Pick<GpuVariant, 'name' | 'elems'>,
  choice: { knobs: Knobs; options: Options; dims?: Dims; bake?: Dims },
): Composed {
  const values: Record<string, number> = { ...choice.dims, ...choice.options, ...choice.knobs };
  const seen = new Set<string>();
  let code = text.replace(CONST_LINE, (line, indent: string, name: string, type: string, tail: string) => {
    const value = values[name];
    if (value === undefined)
      throw new Error(`${variant.name}: "${line.trim()}" names no knob, option or dim of this variant`);
    seen.add(name);
    return `${indent}const ${name}: ${type} = ${literal(type, value)};${tail}`;
  });
  const constants: Record<string, number> = {};
  for (const [, name] of text.matchAll(OVERRIDE_LINE)) {
    const value = values[name!];
    if (value === undefined) throw new Error(`${variant.name}: override ${name} names no knob of this variant`);
    seen.add(name!);
    constants[name!] = value;
  }
  for (const name of Object.keys(choice.knobs))
    if (!seen.has(name)) throw new Error(`${variant.name}: knob ${name} has no line marked "// knob" in its WGSL`);
  const elems = variant.elems?.(choice.options) ?? {};
  code = code.replace(
    ALIAS_LINE,
    (_line, name: string, type: string, tail: string) => `alias ${name} = ${elems[name] ?? type};${tail}`,
  );
  if (Object.values(elems).includes('f16') && !/^enable f16;/m.test(code)) code = `enable f16; ${code}`; // no line of its own: messages keep their lines
  if (choice.bake) code = bakeDims(code, choice.bake);
  return { code, constants };
}

/** Writes sizes into the text: a compiler that knows every loop bound drops bounds checks and loop counters. */
function bakeDims(code: string, dims: Dims): string {
  return code.replace(/\bparams\.([A-Z]\w*)\b/g, (whole, name: string) => (name in dims ? `${dims[name]}u` : whole));
}

/** Params struct bytes: dims as u32 in the op's order, then scalars as f32, padded to 16 bytes. */
export function paramsBytes(op: Op, dims: Dims, scalars: Scalars): ArrayBuffer {
  const names = op.scalars ?? [];
  const words = op.dims.length + names.length;
  const view = new DataView(new ArrayBuffer(Math.max(16, Math.ceil(words / 4) * 16)));
  op.dims.forEach((name, i) => {
    const value = dims[name];
    if (value === undefined || !Number.isInteger(value) || value < 0 || value > 0xffffffff)
      throw new Error(`op ${op.name}: dim ${name} is ${value}; a whole number from 0 to 2³²−1 was expected`);
    view.setUint32(i * 4, value, true);
  });
  names.forEach((name, i) => {
    const value = scalars[name];
    if (value === undefined)
      throw new Error(`op ${op.name}: scalar ${name} is missing; got ${Object.keys(scalars).join(' ') || 'none'}`);
    view.setFloat32((op.dims.length + i) * 4, value, true);
  });
  return view.buffer;
}

/**
 * Folds a one-dimensional grid longer than the limit into x and y. Kernels with such grids read their workgroup number as
 * `wid.y * nwg.x + wid.x` and guard the tail. Throws when a grid that is already two-dimensional is too large.
 */
export function foldGrid(pass: Pass, limit: number, label: string): readonly [number, number, number] {
  const [x, y, z] = pass.grid;
  if (x <= limit && y <= limit && z <= limit) return pass.grid;
  if (y !== 1 || z !== 1 || x > limit * limit)
    throw new Error(`${label}: grid ${x}×${y}×${z} is over ${limit} workgroups per dimension and cannot be folded`);
  const folded = Math.ceil(x / limit);
  return [Math.ceil(x / folded), folded, 1];
}

export type Access = 'read' | 'write' | 'absent-read' | 'absent-write';

/** What each binding of the op's group 0 is, in order: ports, then workspace if `step` has one; the uniform Params come last. */
export function bindings(op: Op, step: Pick<PlanStep, 'options' | 'workspace'>): Access[] {
  const list = op.ports.map((port): Access => {
    const access = port.dir === 'in' ? 'read' : 'write';
    return portPresent(port, step.options) ? access : `absent-${access}`;
  });
  if (step.workspace) list.push('write');
  return list;
}
