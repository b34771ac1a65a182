/** The reported cases that open, on any engine: the logits that an independent f64 program found for their files. */
import { expect } from 'vitest';
import type { Engine } from '../src/plan/types.ts';
import { loadModel } from '../src/session/load.ts';
import { Model } from '../src/session/model.ts';
import { caseFiles, caseJson, caseNames } from './shared_cases.ts';

interface Want {
  readonly prompt_tokens: readonly number[];
  readonly argmax: number;
  readonly logits: readonly number[];
}

/** Cases that must be refused, and what the message names. */
export const REFUSED: Readonly<Record<string, RegExp>> = {
  'c01-gpt2-act-relu': /config\.json: activation_function is "relu": GPT-2 runs here with gelu, /,
  'c07-llama-hidden-act-gelu': /config\.json: hidden_act is "gelu": Llama runs here with silu, swish/,
  'c16-nan-weight': /\[\d+(, \d+)?\] is NaN: no model can be run with it/,
};

/** Names of the cases whose files are a model. */
export const modelCases = caseNames(/^c\d\d-/);

export const loadCase = (name: string) => loadModel({ kind: 'files', files: caseFiles(name) });

/** Largest difference of a logit after the whole prompt; the greedy token is checked as well. */
export async function logitError(name: string, engine: Engine): Promise<number> {
  const { prompt_tokens: prompt, argmax, logits } = caseJson<Want>(`${name}/want.json`);
  const { config, tokenizer, weights } = await loadCase(name);
  const model = new Model({ config, tokenizer, weights, engine });
  const options = { maxTokens: 1, taps: ['logits'], candidates: 5, stop: [] };
  let worst = Infinity;
  for await (const { token, taps } of model.generate(prompt, options)) {
    const got = taps['logits'].data.slice(-config.vocab);
    worst = Math.max(...logits.map((value, i) => Math.abs(value - got[i])));
    expect(token).toBe(argmax);
  }
  await model.close();
  return worst;
}
