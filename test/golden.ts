/** The models that ship, on any engine: the ten best tokens of eight greedy steps after three prompts, as the f64 reference found them. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { openSafetensors } from '../src/files/safetensors.ts';
import { readAll } from '../src/files/tensors.ts';
import type { ModelConfig } from '../src/model/config.ts';
import { configFromHub } from '../src/model/hub_config.ts';
import { placeWeights } from '../src/model/placed_weights.ts';
import { type Weights } from '../src/model/weights.ts';
import { fromHub } from '../src/model/hub_weights.ts';
import type { Engine } from '../src/plan/types.ts';
import { openTokenizer } from '../src/tokens/open.ts';
import type { Tokenizer } from '../src/tokens/types.ts';
import { Session } from '../src/session/session.ts';
import { type GoldenCase, greedySteps } from '../tools/train/golden.ts';

const folder = new URL('../models/', import.meta.url);
const read = (path: string): Buffer => readFileSync(new URL(path, folder));
const json = <T>(path: string): T => JSON.parse(read(path).toString()) as T;

export interface Entry {
  readonly name: string;
  readonly title: string;
  readonly language: string;
  readonly bytes: number;
  readonly params: number;
  readonly prompt: string;
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
}

export const shipped = json<Entry[]>('index.json');
export { read as readShipped };

export async function openShipped(
  name: string,
): Promise<{ config: ModelConfig; weights: Weights; tokenizer: Tokenizer }> {
  const config = configFromHub(json(`${name}/config.json`));
  const weights = fromHub(
    config,
    await readAll(await openSafetensors(new Uint8Array(read(`${name}/model.safetensors`)))),
  );
  return { config, weights, tokenizer: await openTokenizer(json(`${name}/tokenizer.json`)) };
}

/** Largest difference of a probability. f32 against f64 through a few layers: 1e-5 is seen, 1e-4 allowed. */
const TOLERANCE = 1e-4;

export async function provesGolden(engine: Engine, name: string): Promise<number> {
  const { config, weights, tokenizer } = await openShipped(name);
  const { cases } = json<{ cases: GoldenCase[] }>(`${name}/golden.json`);
  expect(cases.length).toBe(3);
  for (const { prompt, tokens } of cases) expect([...tokenizer.encode(prompt)], prompt).toEqual(tokens);
  const placed = placeWeights(engine, config, weights);
  const got = await greedySteps(new Session(placed), cases, 8, 10);
  let worst = 0;
  cases.forEach(({ prompt, steps }, c) =>
    steps.forEach((want, s) => {
      const { ids, probabilities } = got[c].steps[s];
      want.probabilities.forEach((p, i) => {
        worst = Math.max(worst, Math.abs(p - probabilities[i]));
        // neighbours that are this close may change places
        const near = (j: number) => Math.abs((want.probabilities[j] ?? -1) - p) < TOLERANCE;
        if (!near(i - 1) && !near(i + 1) && i < 9)
          expect(ids[i], `"${prompt}", step ${s}, place ${i}`).toBe(want.ids[i]);
      });
    }),
  );
  expect(worst).toBeLessThan(TOLERANCE);
  return worst;
}
