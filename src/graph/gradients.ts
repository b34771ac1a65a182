/**
 * The gradient of every tensor while a backward pass is written: what its users send back is summed.
 *
 * A view's users send to rows of its base. They write those rows of a *sheet*, a tensor of the base's shape, directly; the second to
 * write a row writes another sheet. When the base's own node asks, sheets and whole contributions are added up. So slices that tile a
 * tensor and are used once each (the chunks of a head) cost nothing, and any other use costs one addition per layer of overlap.
 */
import type { Graph } from './graph.ts';
import { elements, isWhole, root, type Run, runOf, type Tensor } from './tensor.ts';

export interface Gradients {
  /** The gradient of `t`, if anything reached it. */
  of(t: Tensor): Tensor | undefined;
  /** The same, to be changed in place: a copy if another tensor has the same gradient. */
  own(t: Tensor): Tensor | undefined;
  /** Gives `t` one more contribution: `emit` writes it into `out`, or adds it with `accumulate`. Skipped when nothing needs it. */
  send(t: Tensor | undefined, emit: (out: Tensor, accumulate: 0 | 1) => void): void;
  /** The contribution is tensor `d` itself (identity). */
  alias(t: Tensor, d: Tensor): void;
  wants(t: Tensor | undefined): boolean;
}

/** A gradient in parts: views have written `runs` of it, which do not overlap. */
interface Sheet {
  readonly tensor: Tensor;
  readonly runs: Run[];
}

interface Sum {
  /** The runs of the tensor's views, when they cover it and no two overlap; else none. */
  readonly tiles: readonly Run[];
  whole?: Tensor;
  sheets: Sheet[];
}

function tilesOf(base: Tensor, tensors: readonly Tensor[]): readonly Run[] {
  const runs = tensors.filter((t) => t.base === base && !isWhole(t)).map(runOf);
  const inOrder = [...new Map(runs.map((run) => [run.join(), run])).values()].sort(([a], [b]) => a - b);
  const end = inOrder.reduce((at, [from, to]) => (from === at ? to : NaN), 0);
  return end === elements(base) ? inOrder : [];
}

/** `needs`: activations whose gradient something trained depends on. `accumulate`: parameter gradients are added to what is there. */
export function openGradients(g: Graph, needs: ReadonlySet<Tensor>, accumulate: boolean): Gradients {
  const sums = new Map<Tensor, Sum>();
  /** Parameters whose gradient has its first contribution. */
  const written = new Set<Tensor>();
  /** Gradients that two tensors share. */
  const common = new Set<Tensor>();

  const sumOf = (base: Tensor): Sum => {
    const known = sums.get(base) ?? { tiles: tilesOf(base, g.tensors), sheets: [] };
    sums.set(base, known);
    return known;
  };
  const fill = (out: Tensor): void => {
    g.node('fill', { dims: { N: elements(out) }, scalars: { value: 0 }, ports: { out }, label: `${out.name}.zero` });
  };
  /** out = beta·b + a */
  const add = (a: Tensor, b: Tensor, out: Tensor, beta: 0 | 1, label: string): void => {
    g.node('add', { dims: { N: elements(out) }, scalars: { alpha: 1, beta }, ports: { a, b, out }, label });
  };
  const plus = (base: Tensor, total: Tensor | undefined, more: Tensor): Tensor => {
    if (!total) return more;
    const label = `d${base.name}.sum`;
    const out = g.tensor(label, base.shape);
    add(more, total, out, 1, label);
    return out;
  };
  /** Where the next contribution to a view is written. */
  const place = (view: Tensor): Tensor => {
    const base = root(view);
    const sum = sumOf(base);
    const [from, to] = runOf(view);
    let sheet = sum.sheets.find(({ runs }) => runs.every(([a, b]) => b <= from || to <= a));
    if (!sheet) {
      sheet = { tensor: g.tensor(`d${base.name}`, base.shape), runs: [] };
      sum.sheets.push(sheet);
      // parts that no view writes must be zero; tiles are filled one by one, at the end and only if they stay empty
      if (!sum.tiles.length) fill(sheet.tensor);
    }
    sheet.runs.push([from, to]);
    return g.view(sheet.tensor, from, view.shape);
  };
  const total = (base: Tensor): Tensor | undefined => {
    const sum = sums.get(base);
    if (!sum) return undefined;
    for (const { tensor, runs } of sum.sheets) {
      for (const [from, to] of sum.tiles) if (!runs.some(([a]) => a === from)) fill(g.view(tensor, from, [to - from]));
      sum.whole = plus(base, sum.whole, tensor);
    }
    sum.sheets = [];
    return sum.whole;
  };
  const sendParameter = (t: Tensor, emit: (out: Tensor, accumulate: 0 | 1) => void): void => {
    const whole = gradientOf(g, root(t));
    if (!accumulate && !written.has(whole) && !isWhole(t)) {
      fill(whole); // the arena still holds the last step's
      written.add(whole);
    }
    emit(t.base ? g.view(whole, t.offset!, t.shape) : whole, accumulate || written.has(whole) ? 1 : 0);
    written.add(whole);
  };

  const d: Gradients = {
    wants: (t) => t !== undefined && (needs.has(root(t)) || root(t).trained === true),
    of(t) {
      const whole = total(root(t));
      return whole && t.base ? g.view(whole, t.offset!, t.shape) : whole;
    },
    own(t) {
      const shared = total(root(t));
      if (shared && common.has(root(shared))) {
        const copy = g.tensor(`d${root(t).name}.own`, root(t).shape);
        add(shared, shared, copy, 0, copy.name);
        sums.get(root(t))!.whole = copy;
      }
      return d.of(t);
    },
    send(t, emit) {
      if (!t || !d.wants(t)) return;
      if (root(t).trained) return sendParameter(t, emit);
      if (!isWhole(t)) return emit(place(t), 0);
      const base = root(t);
      const out = g.tensor(`d${t.name}`, base.shape);
      emit(out, 0);
      const sum = sumOf(base);
      sum.whole = plus(base, sum.whole, out);
    },
    alias(t, source) {
      if (!d.wants(t)) return;
      const base = root(t);
      if (base.trained)
        // one row's sum is the row: the op that can add to what is there
        return sendParameter(t, (out, ACCUM) =>
          g.node('sum_rows', {
            dims: { R: 1, C: elements(t) },
            options: { ACCUM },
            ports: { inp: source, out },
            label: `d${t.name}`,
          }),
        );
      if (!isWhole(t)) return add(source, source, place(t), 0, `d${t.name}`);
      const sum = sumOf(base);
      if (!sum.whole && root(source) !== base) common.add(root(source));
      sum.whole = plus(base, sum.whole, isWhole(source) ? root(source) : source);
    },
  };
  return d;
}

/** The gradient tensor of a trained parameter: same name and shape in the `grads` arena. */
export function gradientOf(g: Graph, t: Tensor): Tensor {
  return (
    g.tensors.find((x) => x.arena === 'grads' && x.name === t.name) ?? g.tensor(t.name, t.shape, { arena: 'grads' })
  );
}
