/** Texts written side by side are the texts that each alone would be. */
import { expect } from 'vitest';
import { stateWords } from '../src/kernels/cases/fills.ts';
import { makeConfig, type ModelConfig } from '../src/model/config.ts';
import { parameters, ropeTable } from '../src/model/layout.ts';
import { decodeLayout, weightsLayout } from '../src/model/places.ts';
import { decodePlan, prefillPlan } from '../src/model/plans/decode.ts';
import type { Engine, Region, Scope } from '../src/plan/types.ts';
import { STATE } from '../src/plan/state.ts';
import { normals, randomStream } from '../src/sample/random.ts';

export const gpt = makeConfig({ vocab: 40, context: 20, layers: 2, heads: 4, width: 32 });
export const llama = makeConfig({
  ...gpt,
  family: 'llama',
  kvHeads: 2,
  hidden: 40,
  ropeInterleaved: true,
  tied: false,
});
const prompts = [[3], [7, 1, 12, 30], [5, 5], [39, 0, 8, 9, 10, 11, 2]];
const wish = { temperature: 0.9, topK: 12, topP: 0.95 };
const MADE = 9;
/** Longer than any text: a power of two, as COUNT may begin below 0. */
const HISTORY = 32;

/** The texts of `mine`, written at once; the first tokens by a prefill or all by the decode plan. */
async function write(engine: Engine, config: ModelConfig, mine: readonly number[], prefill: boolean) {
  const scope = engine.open('texts');
  const weights = weightsLayout(config);
  const layout = decodeLayout(weights, config, { history: HISTORY, sequences: mine.length });
  scope.allocate(weights.arena('params'), ...layout.arenas());
  parameters(config).forEach(({ name, shape }, i) => {
    const values = normals(
      shape.reduce((a, b) => a * b, 1),
      0.3,
      randomStream(4, i),
    );
    scope.write(weights.region('params', name), values);
  });
  for (let i = 0; i < config.layers; i++)
    for (const [name, n] of [
      ['attn', config.heads],
      ['mlp', 1],
    ] as const)
      scope.write(layout.region('gates', `h.${i}.${name}`), new Float32Array(n).fill(1));
  if (config.family === 'llama') scope.write(layout.region('tables', 'rope'), ropeTable(config));
  const decode = await scope.load(decodePlan({ config, layout, facts: engine.facts }));
  if (prefill) {
    const T = Math.max(...mine.map((b) => prompts[b].length));
    const first = await scope.load(prefillPlan({ config, layout, facts: engine.facts }, T));
    writePrompts(scope, layout.region('prompt', 'tokens'), mine, T);
    writeStates(scope, layout.region('state', 'state'), mine, (b) => ({ pos: prompts[b].length - 1 }));
    first.run();
    decode.run({ times: MADE - 1 });
  } else {
    // each feeds its own prompt and then what it has drawn; COUNT begins so that the first token behind the prompt is stored at 0
    const state = layout.region('state', 'state');
    writePrompts(scope, layout.region('prompt', 'tokens'), mine, config.context);
    writeStates(scope, state, mine, (b) => ({ token: prompts[b][0], count: 1 - prompts[b].length }));
    const prompt = layout.region('prompt', 'tokens');
    decode.run({
      times: MADE + Math.max(...mine.map((b) => prompts[b].length)) - 1,
      copies: (step) =>
        mine.flatMap((b, r) =>
          step > 0 && step < prompts[b].length
            ? [{ from: word(prompt, r * config.context + step), to: word(state, r * STATE.WORDS + STATE.TOKEN) }]
            : [],
        ),
    });
  }
  const [bytes] = await scope.read(layout.region('state', 'history'));
  scope.close();
  const all = new Uint32Array(bytes);
  return mine.map((_, r) => [...all.subarray(r * HISTORY, r * HISTORY + MADE)]);
}

const word = (region: Region, i: number): Region => ({
  ...region,
  offset: region.offset + 4 * i,
  bytes: 4,
  shape: [1],
});

function writePrompts(scope: Scope, region: Region, mine: readonly number[], stride: number): void {
  const words = new Uint32Array(mine.length * stride);
  mine.forEach((b, r) => words.set(prompts[b], r * stride));
  scope.write(region, words);
}

function writeStates(scope: Scope, region: Region, mine: readonly number[], own: (b: number) => object): void {
  const states = mine.map((b) => stateWords({ ...wish, seed: 100 + b, length: prompts[b].length, ...own(b) }));
  scope.write(region, Uint32Array.from(states.flatMap((words) => [...words])));
}

/** Four prompts of different lengths, after a prefill and token by token, give what each gives alone. */
export async function provesSideBySide(engine: Engine, config: ModelConfig): Promise<void> {
  const alone = [];
  for (let b = 0; b < prompts.length; b++) alone.push(...(await write(engine, config, [b], true)));
  expect(new Set(alone.flat()).size, 'the texts are not all the same token').toBeGreaterThan(5);
  expect(await write(engine, config, [0, 1, 2, 3], true)).toEqual(alone);
  expect(await write(engine, config, [0, 1, 2, 3], false)).toEqual(alone);
}
