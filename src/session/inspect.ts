/** What runs, for people: a plan's steps with what feeds them, the kernels chosen and why, the memory taken, a kernel's text. */
import type { Layout } from '../graph/layout.ts';
import { choose, type ChosenBy, type Table } from '../kernels/choose.ts';
import { portRead } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { checkNumber } from '../plan/settings.ts';
import type { KernelText, Plan, PlanStep, Region } from '../plan/types.ts';

/** What goes into a step or comes out of it. */
export interface PlanPort {
  /** The op's name for it: `inp`, `weight`, `out`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The parameter that it is: `h.3.attn.qkv.weight`. */
  readonly parameter?: string | undefined;
  /** Index of the step that wrote it last; absent for parameters and for what was there before the first step. */
  readonly from?: number | undefined;
}

/** One step of a plan. */
export interface PlanRow {
  readonly index: number;
  /** `h.3.attn.qkv`. */
  readonly label: string;
  readonly op: string;
  readonly variant: string;
  readonly dims: Readonly<Record<string, number>>;
  /** What else is done in the same kernel: `NORM`, `ROPE`, `GATED`, …; 0 is off. */
  readonly options: Readonly<Record<string, number>>;
  /** What it reads; a port that is changed in place is among the inputs and the outputs. */
  readonly inputs: readonly PlanPort[];
  readonly outputs: readonly PlanPort[];
  /** Numbers of the parameters that it reads. */
  readonly parameters: number;
  /** Floating-point operations of one run. */
  readonly flops: number;
  /** Bytes that one run must at least read and write. */
  readonly bytes: number;
}

const elements = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const overlap = (a: Region, b: Region): boolean =>
  a.arena === b.arena && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;

/** A plan as rows. `layout` knows the parameters by name. */
export function planRows(plan: Plan, layout: Layout): PlanRow[] {
  const parameters = [...layout.entries()].filter(([, region]) => region.arena === 'params');
  const nameOf = (region: Region): string | undefined =>
    parameters.find(([, p]) => overlap(p, region))?.[0].slice('params/'.length);
  const written: { readonly region: Region; readonly index: number }[] = [];
  return plan.steps.map((step, index): PlanRow => {
    const { label, op, variant, dims, options, flops, bytes } = step;
    const ports = findOp(op).ports.filter(({ name }) => step.ports[name]);
    const reads = ports.filter((port) => portRead(port, step.options)).map(({ name }) => name);
    const writes = ports.filter(({ dir }) => dir !== 'in').map(({ name }) => name);
    const input = (name: string): PlanPort => {
      const region = step.ports[name];
      const parameter = region.arena === 'params' ? nameOf(region) : undefined;
      const from = written.findLast((w) => overlap(w.region, region))?.index;
      return {
        name,
        shape: region.shape,
        ...(parameter !== undefined && { parameter }),
        ...(from !== undefined && { from }),
      };
    };
    const row = {
      index,
      label,
      op,
      variant,
      dims,
      options,
      inputs: reads.map(input),
      outputs: writes.map((name): PlanPort => ({ name, shape: step.ports[name].shape })),
      parameters: reads
        .map((name) => step.ports[name])
        .reduce((sum, { arena, shape }) => sum + (arena === 'params' ? elements(shape) : 0), 0),
      flops,
      bytes,
    };
    for (const name of writes) written.push({ region: step.ports[name], index });
    return row;
  });
}

/** The kernel that some steps of a plan run, and why it. */
export interface ChosenVariant {
  readonly op: string;
  readonly variant: string;
  /** What it does that the rung below does not, or that a tuner chose it. */
  readonly why: string;
  readonly by?: ChosenBy | undefined;
  /** Steps that run it. */
  readonly steps: number;
}

/** The kernels of a plan, in the order in which they first run. */
export function chosenVariants({ steps, facts }: Plan, table?: Table): ChosenVariant[] {
  const found = new Map<string, ChosenVariant>();
  for (const { op, variant, dims, options } of steps) {
    const known = found.get(`${op}/${variant}`);
    const { why, by } = known ?? choose(findOp(op), dims, options, facts, table);
    found.set(`${op}/${variant}`, { op, variant, why, by, steps: (known?.steps ?? 0) + 1 });
  }
  return [...found.values()];
}

/** The text of a kernel. */
export interface KernelSource {
  readonly op: string;
  readonly variant: string;
  /** `wgsl`; `wasm` for AssemblyScript, which the CPU engine's machine code is made of; `js` for its plain loops. */
  readonly language: 'wgsl' | 'wasm' | 'js';
  /** The file: all options of the variant, or all kernels of the family. */
  readonly file: string;
  /** What this step runs: without what its options switch off, or the one function. */
  readonly specialised: string;
}

/** The text of a plan's step, or the one of `variants` that replaces it. Throws SettingsError when there is no such step. */
export async function kernelSource(
  { steps, facts }: Plan,
  index: number,
  variants: readonly KernelText[] = [],
): Promise<KernelSource> {
  checkNumber('index', index, { min: 0, max: steps.length - 1, whole: true });
  const step = steps[index];
  return facts.engine === 'gpu' ? wgslOf(step, variants) : cpuTextOf(step);
}

async function wgslOf(step: PlanStep, variants: readonly KernelText[]): Promise<KernelSource> {
  const { op: name, variant: chosen, knobs, options, dims, passes } = step;
  const [{ loadSource, loadText }, { specialise }, { compose }] = await Promise.all([
    import('../kernels/texts.ts'),
    import('../kernels/specialise.ts'),
    import('../kernels/compose.ts'),
  ]);
  const op = findOp(name);
  const given = variants.find((v) => v.op === name && v.name === chosen);
  const shipped = op.variants.find((v) => v.name === chosen)!;
  const [file, text] = given
    ? [given.wgsl, given.wgsl]
    : await Promise.all([loadSource(op, shipped), loadText(op, shipped)]);
  const entries = passes.map(({ entry }) => entry);
  const instance = { knobs, options, dims };
  let specialised: string;
  try {
    specialised = specialise(text, given ?? shipped, { ...instance, entries }).code;
  } catch (error) {
    if (!given) throw error;
    // an edited text may use more of WGSL than ours do; it is shown as it was compiled
    specialised = compose(text, given, instance).code;
  }
  return { op: name, variant: chosen, language: 'wgsl', file, specialised };
}

async function cpuTextOf({ op: name, variant: chosen }: PlanStep): Promise<KernelSource> {
  const kernel = findOp(name).cpu.find((v) => v.name === chosen)?.kernel;
  if (kernel === undefined) {
    const { findReference } = await import('../reference/index.ts');
    const text = findReference(name).toString();
    return { op: name, variant: chosen, language: 'js', file: text, specialised: text };
  }
  const { wasmSource } = await import('../cpu/source.ts');
  return { op: name, variant: chosen, language: 'wasm', ...wasmSource(kernel) };
}
