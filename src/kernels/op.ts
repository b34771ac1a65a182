/** An op is data: buffers, bind groups, tests, bench lines, the tuner's search space and the page's labels derive from these records. */
import type { Dims, Elem, Facts, Knobs, Options, Pass, Scalars } from '../plan/types.ts';

export type { Dims, Elem, Facts, Knobs, Options, Pass, Scalars };

/** A tensor that an op reads or writes. The order of an op's ports is the order of its bindings in group 0. */
export interface Port {
  readonly name: string;
  /** `inout`: the kernel writes, and reads what was there (see `reads`). */
  readonly dir: 'in' | 'out' | 'inout';
  /** Extents from slowest to fastest, in the op's letters: `B T NH*HS`; a factor may add and multiply letters and integers. */
  readonly shape: string | ((options: Options) => string);
  /** Element type. Default: f32. */
  readonly elem?: Elem | ((options: Options) => Elem);
  /** Absent unless this holds. An absent port is bound to a dummy buffer, so binding numbers never move. */
  readonly when?: (options: Options) => boolean;
  /** Of an `inout` port: whether the kernel reads what was there. Default: it does. */
  readonly reads?: (options: Options) => boolean;
  /** Of an output that is kept for a later op alone: the option that leaves it out when set to 0. */
  readonly keptBy?: string;
}

/** One way to compute an op on some engine: what choice, plans, tests and bench need to know of it. */
export interface Variant {
  readonly name: string;
  /** One line: what it changes over the rung below and why that is faster. */
  readonly about: string;
  /** Knob → values worth trying, the default first. */
  readonly knobs: Readonly<Record<string, readonly number[]>>;
  readonly needs?: readonly ('f16' | 'subgroups')[];
  /** Can it compute this instance at all? Limits that follow from `needs` and workgroup size are checked elsewhere. */
  fits?(dims: Dims, options: Options, facts: Facts): boolean;
  /** Higher is better; the choice is the highest among those that fit. Pure, documented beside each number. */
  score(dims: Dims, options: Options, facts: Facts): number;
  /**
   * Dispatches in order, grids in workgroups, before folding past 65 535 (compose.foldGrid does that, kernels use `linear id`);
   * none on the CPU engine.
   */
  passes(dims: Dims, knobs: Knobs, options: Options, facts: Facts): readonly Pass[];
  /** f32 elements of scratch memory, bound after the last port. */
  workspace?(dims: Dims, knobs: Knobs, options: Options): number;
}

/** A WGSL kernel. Adding one = one WGSL file + one entry. */
export interface GpuVariant extends Variant {
  /** The rung of the ladder that `about` compares it with. Default: the variant before it. */
  readonly over?: string;
  /** Its text is `shaders/<op>/<file>.wgsl` (texts.ts). Default: the variant's name. */
  readonly file?: string;
  /** A text of its own, for a kernel that is not among the shipped ones (added or edited). */
  readonly wgsl?: string;
  /** True when the kernel has no workgroup barrier and no workgroup memory: the family for software adapters. */
  readonly barrierFree?: boolean;
  /** Workgroup size x·y·z with these knobs, for the limit check. */
  workgroup(knobs: Knobs): readonly [number, number, number];
  /** Bytes of workgroup memory with these knobs. Default: 0. */
  workgroupBytes?(knobs: Knobs, dims: Dims, options: Options): number;
  /** Element aliases: `alias elemB = f32; // elem` becomes f16 where this says so. */
  elems?(options: Options): Readonly<Record<string, 'f32' | 'f16'>>;
}

/** A kernel of the CPU engine (cpu.ts makes the entries). */
export interface CpuVariant extends Variant {
  /** Its name in the enum `Kernel` of src/cpu/wasm/main.ts. Absent: the plain loops of src/reference. */
  readonly kernel?: string;
  /** Does it take these dims and options? Default: all. */
  fits?(dims: Dims, options: Options): boolean;
  /** Bytes of scratch memory that each thread needs; the kernel says what lies there. Default: 0. */
  scratch?(dims: Dims, options: Options): number;
  /** Bytes of scratch memory that all threads see. Default: 0. */
  sharedScratch?(dims: Dims, options: Options): number;
  /** Commands that a step takes: only the first is shared out among the threads, the next sees what all of them left. Default: 1. */
  readonly phases?: number;
  /** Whether one thread does it all. Default: no. */
  undivided?(dims: Dims): boolean;
}

/** How far an output may be from the f64 reference on the same rounded inputs. Each use says why beside it. */
export interface Tolerance {
  /** |got − want| ≤ abs + rel·|want| for each element. */
  readonly abs: number;
  /** A share of the wanted element's size. */
  readonly rel: number;
}

/**
 * What an op computes and which kernels compute it, as data: tests, benchmarks, the tuner and the page read the same record.
 *
 * @example
 * const { about, variants } = findOp('matmul');
 * console.log(about, variants.map((variant) => variant.name));
 */
export interface Op {
  readonly name: string;
  /** The equation, in the op's letters. */
  readonly about: string;
  /** Letters in the order of the Params struct (u32 each). */
  readonly dims: readonly string[];
  /** f32 members of Params after the dims. */
  readonly scalars?: readonly string[];
  /** Option → its values (default first). */
  readonly options: Readonly<Record<string, readonly number[]>>;
  readonly ports: readonly Port[];
  /** Its kernels on a GPU, a ladder: from the naive text, which says the equation, to the most elaborate (docs/ladder.md). */
  readonly variants: readonly GpuVariant[];
  /** Its kernels on the CPU engine; the last is plain loops, which take everything. */
  readonly cpu: readonly CpuVariant[];
  /** Floating-point operations of one instance. */
  flops(dims: Dims, options: Options): number;
  /** Bytes that must move at least once: inputs read + outputs written; the default sums the present ports. */
  bytes?(dims: Dims, options: Options): number;
  /** How far results may be from those in f64, with the reason beside it. */
  readonly tolerance: (dims: Dims, options: Options) => Tolerance;
}

/** The op's variants on that engine. */
export const variantsOf = (op: Op, { engine }: Pick<Facts, 'engine'>): readonly Variant[] =>
  engine === 'cpu' ? op.cpu : op.variants;

/** The variant of that name on that engine; throws with the names there are. */
export function findVariant(op: Op, name: string, facts: Pick<Facts, 'engine'>): Variant {
  const all = variantsOf(op, facts);
  const found = all.find((v) => v.name === name);
  if (found) return found;
  const names = all.map((v) => v.name).join(', ');
  throw new Error(
    `op ${op.name} has no variant "${name}" on the ${facts.engine.toUpperCase()} engine; it has ${names}`,
  );
}

/** Value of one extent such as `NH*HS+2*NKV*HS` under `dims`. Throws on a letter that `dims` lacks. */
export function extent(text: string, dims: Dims): number {
  let sum = 0;
  for (const term of text.split('+')) {
    let product = 1;
    for (const factor of term.split('*')) {
      const value = /^\d+$/.test(factor) ? Number(factor) : dims[factor];
      if (value === undefined)
        throw new Error(`shape "${text}" names ${factor}, dims have ${Object.keys(dims).join(' ')}`);
      product *= value;
    }
    sum += product;
  }
  return sum;
}

/** The port's sizes from slowest to fastest. */
export function portShape(port: Port, dims: Dims, options: Options): number[] {
  const text = typeof port.shape === 'string' ? port.shape : port.shape(options);
  return text.split(' ').map((e) => extent(e, dims));
}

export function portElem(port: Port, options: Options): Elem {
  return typeof port.elem === 'function' ? port.elem(options) : (port.elem ?? 'f32');
}

export function portPresent(port: Port, options: Options): boolean {
  return port.when?.(options) ?? true;
}

/** Whether the op reads what the port held before. */
export function portRead(port: Port, options: Options): boolean {
  return port.dir === 'in' || (port.dir === 'inout' && (port.reads?.(options) ?? true));
}

/** The op's options with defaults filled in. Throws on a name the op does not have. */
export function fillOptions(op: Op, options: Options): Options {
  for (const name of Object.keys(options))
    if (!(name in op.options))
      throw new Error(`op ${op.name} has no option ${name}; it has ${Object.keys(op.options).join(' ')}`);
  return Object.fromEntries(Object.entries(op.options).map(([name, values]) => [name, options[name] ?? values[0]!]));
}

/** Default knobs of a variant: the first of each list. */
export function defaultKnobs(variant: Variant): Knobs {
  return Object.fromEntries(Object.entries(variant.knobs).map(([name, values]) => [name, values[0]!]));
}

/** Bytes that the op must move at least once. */
export function opBytes(op: Op, dims: Dims, options: Options): number {
  if (op.bytes) return op.bytes(dims, options);
  let bytes = 0;
  for (const port of op.ports) {
    if (!portPresent(port, options)) continue;
    const n = portShape(port, dims, options).reduce((a, b) => a * b, 1);
    bytes += n * (portElem(port, options) === 'f16' ? 2 : 4) * (port.dir === 'inout' ? 2 : 1);
  }
  return bytes;
}
