/**
 * A plan as a picture: the stream, the layers that leave it and come back, and the boxes on their way. It is read from the labels and
 * from what each kernel does, so any model that the engine runs has one. No DOM in here.
 */
import type { PlanRow, Trace, TraceRow } from '../../run/types.ts';

/** The part that gives a box its shape where there is room for one only. */
export const mainPart = ({ parts }: Box): Part =>
  parts.find(({ kind }) => kind === 'linear' || kind === 'attention' || kind === 'embedding') ?? parts.at(-1)!;

/** A step of a plan. A recording knows only what was timed. */
export type GraphRow = TraceRow | PlanRow;

/** One thing that a kernel does; several can be fused in one. */
export interface Part {
  readonly kind:
    | 'embedding'
    | 'norm'
    | 'linear'
    | 'rope'
    | 'attention'
    | 'activation'
    | 'gate'
    | 'add'
    | 'cache'
    | 'last'
    | 'sample'
    | 'other';
  /** `norm`, `qkv`, `attention`. */
  readonly name: string;
  readonly shape: Shape;
}

/** What goes in and comes out, as numbers; words are made of it by the texts. */
export type Shape =
  | { readonly of: 'map'; readonly from: number; readonly to: number }
  | { readonly of: 'same'; readonly size: number }
  | { readonly of: 'heads'; readonly heads: number; readonly size: number; readonly groups: number }
  | { readonly of: 'nothing' };

export interface Box {
  readonly key: string;
  readonly row: GraphRow;
  readonly parts: readonly Part[];
  /** Names under which the engine can copy out what this box makes, in the order of its parts. */
  readonly taps: readonly string[];
  /** Its result is added to the stream. */
  readonly adds: boolean;
}

/** A way that leaves the stream and comes back. */
export interface Branch {
  /** `attn`, `mlp`. */
  readonly name: string;
  readonly boxes: readonly Box[];
}

/** A layer, or a step on the stream itself. */
export type Stage =
  | { readonly kind: 'layer'; readonly key: string; readonly layer: number; readonly branches: readonly Branch[] }
  | { readonly kind: 'step'; readonly key: string; readonly box: Box };

/** `h.3.attn.qkv` → layer `h.3`, scope `attn`, name `qkv`. */
export function labelParts(label: string): { readonly layer: string; readonly scope: string; readonly name: string } {
  const found = /^((?:[A-Za-z_]\w*\.)*?[A-Za-z_]\w*\.\d+)\.(.+)$/.exec(label);
  const rest = (found ? found[2] : label).split('.');
  return { layer: found?.[1] ?? '', scope: rest.length > 1 ? rest[0] : '', name: rest.at(-1)! };
}

const optionsOf = (row: GraphRow): Readonly<Record<string, number>> => ('options' in row ? row.options : {});

const inputShape = (row: GraphRow, name: string): readonly number[] | undefined =>
  'inputs' in row ? row.inputs.find((port) => port.name === name)?.shape : undefined;

const same = (size: number | undefined): Shape => (size === undefined ? { of: 'nothing' } : { of: 'same', size });
const map = (from: number | undefined, to: number | undefined): Shape =>
  from === undefined || to === undefined ? { of: 'nothing' } : { of: 'map', from, to };

/** Size of a row of what comes out. */
function outSize(row: GraphRow): number | undefined {
  const out = 'outputs' in row ? row.outputs.find(({ name }) => name === 'out') : undefined;
  return out?.shape.at(-1);
}

/** What the kernel does, in the order in which it is done. */
export function partsOf(row: GraphRow): Part[] {
  const { op, dims: d } = row;
  const o = optionsOf(row);
  const { name } = labelParts(row.label);
  const parts: Part[] = [];
  const add = (kind: Part['kind'], called: string, shape: Shape) => parts.push({ kind, name: called, shape });
  if (op === 'matvec' || op === 'matmul') {
    // a gated one has two rows of weights for each number that comes out
    const to = o.GATED ? 2 * d.N : d.N;
    if (o.NORM) add('norm', o.NORM === 2 ? 'rmsnorm' : 'layernorm', same(d.K));
    add('linear', name, map(d.K, to));
    if (o.GATED) add('activation', 'silu · gate', same(d.N));
    if (o.GELU) add('activation', 'gelu', same(d.N));
  } else if (op === 'layernorm') add('norm', o.RMS ? 'rmsnorm' : 'layernorm', same(d.C));
  else if (op === 'rope') add('rope', 'rope', same(inputShape(row, 'qkv')?.at(-1)));
  else if (op.startsWith('attention')) {
    if (o.ROPE) add('rope', 'rope', same(inputShape(row, 'qkv')?.at(-1)));
    add('attention', name, { of: 'heads', heads: d.NH, size: d.HS, groups: d.NKV });
  } else if (op === 'silu_mul') add('activation', 'silu · gate', map(2 * d.C, d.C));
  else if (op === 'gelu') add('activation', 'gelu', same(outSize(row)));
  else if (op === 'embedding') add('embedding', name, map(d.V, d.C));
  else if (op === 'kv_write') add('cache', name, same(inputShape(row, 'qkv')?.at(-1)));
  else if (op === 'last_row') add('last', name, same(d.C));
  else if (op === 'sample') add('sample', name, map(d.V, 1));
  else if (op === 'add') add('add', name, same(outSize(row)));
  else add('other', name, same(outSize(row)));
  return parts;
}

/** Is its result added to what it came from? */
const addsOf = (row: GraphRow): boolean =>
  Boolean(optionsOf(row).RESIDUAL) || (row.op === 'add' && labelParts(row.label).name === 'residual');

/** What the engine calls the results of a step, after src/model/block.ts. */
export function tapsOf(row: GraphRow, parts: readonly Part[]): string[] {
  const { layer, scope, name } = labelParts(row.label);
  if (!layer) return name === 'embed' || name === 'ln_f' || name === 'logits' ? [name] : [];
  const fusedNorm = scope === 'mlp' ? 'ln_2' : 'ln_1';
  const found = parts.map(({ kind }): string => {
    if (kind === 'norm') return scope ? fusedNorm : name;
    if (kind === 'attention') return 'mix';
    if (kind === 'activation') return 'mlp';
    if (kind === 'linear') return name === 'proj' ? `${scope}_proj` : name;
    return '';
  });
  return found.filter((tap) => tap !== '').map((tap) => `${layer}.${tap}`);
}

/** The stream before all layers and after each branch, from the first to the last. */
export function streamTaps(stages: readonly Stage[]): string[] {
  const layers = stages.filter((stage) => stage.kind === 'layer');
  return [
    ...(stages.some(({ key }) => key === 'embed') ? ['embed'] : []),
    ...layers.flatMap(({ key, branches }) => branches.map((_, i) => streamTap(key, branches, i))),
  ];
}

/** What the engine calls the stream after branch `i` of a layer. */
export const streamTap = (layer: string, branches: readonly Branch[], i: number): string =>
  `${layer}.${i === branches.length - 1 ? 'out' : branches[i].name}`;

function boxOf(row: GraphRow): Box {
  const parts = partsOf(row);
  return { key: `${row.index}`, row, parts, taps: tapsOf(row, parts), adds: addsOf(row) };
}

/**
 * The stages of a plan from top to bottom. A branch is what follows in one scope (`attn`, `mlp`) with the steps without a scope that
 * lead to it (`ln_1`).
 */
export function stagesOf(rows: readonly GraphRow[]): Stage[] {
  const stages: Stage[] = [];
  for (const row of rows) {
    const { layer, scope } = labelParts(row.label);
    const box = boxOf(row);
    if (!layer) {
      stages.push({ kind: 'step', key: row.label, box });
      continue;
    }
    let stage = stages.at(-1);
    if (stage?.kind !== 'layer' || stage.key !== layer) {
      stage = { kind: 'layer', key: layer, layer: Number(layer.split('.').at(-1)), branches: [] };
      stages.push(stage);
    }
    const branches = stage.branches as { name: string; boxes: Box[] }[];
    const last = branches.at(-1);
    const goesOn = last && (last.name === scope || last.name === '' || scope === '') && !(last.name && !scope);
    if (!goesOn) branches.push({ name: scope, boxes: [box] });
    else {
      last.boxes.push(box);
      if (scope) last.name = scope;
    }
  }
  return stages;
}

/** Share of the roof of several steps together, by their time; undefined where one of them is not known. */
export function shareOf(boxes: readonly Box[], trace: Trace | undefined): number | undefined {
  let [time, reached] = [0, 0];
  for (const { row } of boxes) {
    const timed = trace?.rows.find(({ index, label }) => index === row.index && label === row.label);
    if (timed?.ofRoof === undefined) return undefined;
    time += timed.time.median;
    reached += timed.time.median * timed.ofRoof;
  }
  return time > 0 ? reached / time : undefined;
}

/** Length of a vector. */
export function norm(data: Float32Array): number {
  let sum = 0;
  for (const x of data) sum += x * x;
  return Math.sqrt(sum);
}

/** The largest |x| of all, by which diverging colours are scaled. */
export function largest(all: readonly Float32Array[]): number {
  let most = 0;
  for (const data of all) for (const x of data) most = Math.max(most, Math.abs(x));
  return most;
}
