/** The cross-entropies that seed a backward pass fix what it descends; this makes sure that the loss people see is the same. */
import type { Graph, Node, Tensor } from './graph.ts';
import { root, runOf, type Run } from './tensor.ts';

/**
 * Throws unless `loss` is the plain sum of all losses of the graph's cross-entropies that write gradients, each counted once. Otherwise
 * training would minimise something other than what it reports: a loss meant only for display would be trained too, and a factor would
 * be ignored.
 */
export function checkLoss(g: Graph, loss: Tensor): void {
  const seeds = g.nodes.filter((n) => n.op === 'cross_entropy' && n.options.GRAD);
  if (!seeds.length) throw new Error(`${loss.name}: no cross_entropy writes gradients, so nothing can be learned`);
  const scaled = seeds.find((n) => n.scalars.scale !== 1);
  if (scaled)
    throw new Error(
      `${scaled.label}: scale ${scaled.scalars.scale} changes the gradient and not the loss: scale the weights`,
    );
  const summed = summands(g, loss);
  for (const { label, ports } of seeds) {
    const { losses } = ports;
    const times = summed.filter((t) => root(t) === root(losses) && contains(runOf(t), runOf(losses))).length;
    if (times !== 1)
      throw new Error(
        `${label}: its losses count ${times} times in ${loss.name}, and once in the gradient; ` +
          (times ? 'add them once' : 'add them, or make that cross_entropy without gradient'),
      );
  }
}

const contains = ([from, to]: Run, [start, end]: Run): boolean => from <= start && end <= to;

/** The tensors whose elements a loss adds up. */
function summands(g: Graph, loss: Tensor): Tensor[] {
  const maker = g.nodes.find((n) => n.ports['out'] === loss);
  if (maker?.op === 'sum') return [maker.ports['inp']];
  if (maker && isPlainSum(maker)) return [...summands(g, maker.ports['a']), ...summands(g, maker.ports['b'])];
  throw new Error(
    `${loss.name} is made by ${maker ? `${maker.label} (op ${maker.op})` : 'nothing'}; a loss is a sum of losses: scale their weights instead`,
  );
}

const isPlainSum = ({ op, scalars }: Node): boolean => op === 'add' && scalars.alpha === 1 && scalars.beta === 1;
