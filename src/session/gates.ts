/** Factors on what heads and MLPs add to the stream, as a session and a reader write them. */
import type { ModelConfig } from '../model/config.ts';
import type { Region, Scope } from '../plan/types.ts';

/** What a head (or, without `head`, the layer's MLP) is multiplied with: 0 switches it off, 1 is as trained. */
export interface Gate {
  readonly layer: number;
  readonly head: number | undefined;
  readonly value: number;
}

/** All gates of a model: those given, the others 1. */
export function writeGates(
  scope: Scope,
  region: (name: string) => Region,
  { layers, heads }: Pick<ModelConfig, 'layers' | 'heads'>,
  gates: Iterable<Gate> = [],
): void {
  const all = Array.from({ length: layers }, () => ({
    attn: new Float32Array(heads).fill(1),
    mlp: new Float32Array([1]),
  }));
  for (const { layer, head, value } of gates)
    if (head === undefined) all[layer].mlp[0] = value;
    else all[layer].attn[head] = value;
  for (const [i, { attn, mlp }] of all.entries()) {
    scope.write(region(`h.${i}.attn`), attn);
    scope.write(region(`h.${i}.mlp`), mlp);
  }
}
