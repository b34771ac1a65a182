/** What must hold of a node before it joins a graph: an error here names the line of the model, not a kernel. */
import { portElem, portPresent, portShape } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { boundBothWays, elements, type Node, root } from './tensor.ts';

/** Throws when a port is missing, unknown, of another size or type than the op's record says, or bound for both reading and writing. */
export function checkNode(node: Node): void {
  const { label, options, dims, ports } = node;
  const op = findOp(node.op);
  for (const port of op.ports) {
    const t = ports[port.name];
    if (!portPresent(port, options)) {
      if (t) throw new Error(`${label}: op ${op.name} has no port ${port.name} with these options`);
      continue;
    }
    const shape = portShape(port, dims, options);
    if (!t) throw new Error(`${label}: port ${port.name} (${shape.join('×')}) of op ${op.name} is missing`);
    if (elements(t) !== elements({ shape }))
      throw new Error(`${label}: ${port.name} wants ${shape.join('×')}, ${t.name} is ${t.shape.join('×')}`);
    const elem = portElem(port, options);
    if (t.elem !== elem) throw new Error(`${label}: ${port.name} wants ${elem}, ${t.name} is ${t.elem}`);
  }
  const both = boundBothWays(node);
  if (!both) return;
  const shared = Object.entries(ports).filter(([, t]) => root(t) === both);
  throw new Error(
    `${label}: op ${op.name} reads and writes ${both.name} (${shared.map(([port, t]) => `${port} = ${t.name}`).join(', ')}); ` +
      'a buffer is bound for reading or for writing, so the result needs a tensor of its own',
  );
}
