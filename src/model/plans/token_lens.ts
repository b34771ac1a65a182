/**
 * The logit lens of one token, as it is made: what each layer says of the next token, and what it gives the one that was drawn. The steps
 * come after the sampler, so that the tokens are the same with and without them.
 */
import type { Tensor } from '../../graph/graph.ts';
import type { Plan } from '../../plan/types.ts';
import { blockOptions } from '../block.ts';
import type { ModelConfig } from '../config.ts';
import { finalNorm, head } from '../gpt.ts';
import { type Build, shared } from '../program.ts';

/** All labels of these steps begin with it. */
const SCOPE = 'lens';

/** The layers of a model as the lens and its records name them: `embed`, `h.0`, …. */
export const lensLayers = (layers: number): string[] => [
  'embed',
  ...Array.from({ length: layers }, (_, i) => `h.${i}`),
];

/** Names of a layer's values in the plan: `ids` and `probs` (1 n), most probable first; `loss` (1), −ln p of the token in `prompt/drawn`. */
export const lensValues = (layer: string): readonly [ids: string, probs: string, loss: string] => [
  `${SCOPE}.${layer}.ids`,
  `${SCOPE}.${layer}.probs`,
  `${SCOPE}.${layer}.loss`,
];

/** The steps that make it: the last ones of the plan. Before them the drawn token must be copied to `prompt/drawn`. */
export function lensSteps({ steps }: Plan): { readonly from: number; readonly to: number } {
  const from = steps.findIndex(({ label }) => label.startsWith(`${SCOPE}.`));
  return { from: from < 0 ? steps.length : from, to: steps.length };
}

/** `logits`: what the model says, which is what its last layer says. `row` picks the row that predicts from a layer's rows. */
export function lensOfToken(
  b: Build,
  config: ModelConfig,
  logits: Tensor,
  best: number,
  row: (x: Tensor) => Tensor,
): Record<string, Tensor> {
  const { g } = b;
  const [R, V] = logits.shape;
  if (R > 1) throw new Error(`the lens of a token is made where one sequence is written, not ${R}`);
  const N = Math.min(best, V);
  const layers = lensLayers(config.layers);
  const keep: Record<string, Tensor> = {};
  g.scope(SCOPE, () => {
    const one = g.tensor('one', [1]);
    g.node('fill', { dims: { N: 1 }, scalars: { value: 1 }, ports: { out: one }, label: 'one' });
    for (const [i, layer] of layers.entries())
      g.scope(layer, () => {
        const out = b.taps[i === 0 ? layer : `${layer}.out`];
        const said = i === layers.length - 1 ? logits : head(b, finalNorm(b, row(out), blockOptions(config).norm));
        const [ids, probs, loss] = lensValues(layer);
        keep[ids] = g.tensor('ids', [1, N], { elem: 'u32' });
        keep[probs] = g.tensor('probs', [1, N]);
        keep[loss] = g.tensor('loss', [1]);
        g.node('top_n', { dims: { R: 1, V, N }, ports: { logits: said, ids: keep[ids], probs: keep[probs] } });
        g.crossEntropy(said, shared(b, 'prompt', 'drawn'), one, keep[loss], false);
      });
  });
  return keep;
}
