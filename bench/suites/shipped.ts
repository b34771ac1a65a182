/** The models of the package. */
import { loadModel } from '../../src/session/load.ts';
import { shippedModels } from '../../src/session/shipped.ts';
import type { BenchModel } from './models.ts';

/** Each with its weights. */
export function openShippedModels(): Promise<BenchModel[]> {
  return Promise.all(
    shippedModels.map(async ({ name }) => {
      const { config, weights } = await loadModel({ kind: 'shipped', name });
      return { name: `${name} (shipped)`, config, weights };
    }),
  );
}
