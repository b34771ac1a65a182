/** What <nt-loss-chart> is given on its page: how a shipped model learned. */
import type { Pose } from './about.ts';

/** Properties of the element: the whole curve, its beginning, or none. */
export async function losses(pose: Pose): Promise<Record<string, unknown>> {
  const { curves, ngrams, config, training } = (await import('../../models/austen/card.json')).default;
  const best = Math.min(
    ...ngrams.filter(({ tokens }) => tokens !== 'characters').map(({ natsPerToken }) => natsPerToken),
  );
  const shown = pose === 'empty' ? 0 : pose === 'running' ? Math.round(curves.length / 3) : curves.length;
  return {
    points: curves.slice(0, shown),
    baseline: best,
    baselineName: '5-gram',
    vocab: config.vocab,
    end: training.steps,
  };
}
