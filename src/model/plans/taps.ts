/** Activations by name, for people who want to see them. */
import type { Tensor } from '../../graph/graph.ts';
import type { Build } from '../program.ts';

/** The taps asked for; attention weights are computed only for layers whose `h.<i>.weights` is asked for. Throws on an unknown name. */
export function keepTaps(
  b: Build,
  names: readonly string[],
  weights: (layer: string) => Tensor,
): Record<string, Tensor> {
  const tap = (name: string): Tensor => {
    const layer = /^(h\.\d+)\.weights$/.exec(name)?.[1];
    const found = layer !== undefined && b.taps[`${layer}.qkv`] ? weights(layer) : b.taps[name];
    if (found) return found;
    throw new Error(`there is no tap "${name}"; there are ${Object.keys(b.taps).join(', ')} and h.<layer>.weights`);
  };
  return Object.fromEntries(names.map((name) => [name, tap(name)]));
}
