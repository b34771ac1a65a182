/** The reported cases, whole: the logits that an independent f64 program found, or an error that names what is not supported. */
import { describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { loadModel } from '../../src/session/load.ts';
import { Model } from '../../src/session/model.ts';
import { caseFiles, caseJson, caseNames } from '../shared_cases.ts';

interface Want {
  readonly prompt_tokens: readonly number[];
  readonly argmax?: number;
  readonly logits?: readonly number[];
}

/** Cases that must be refused, and what the message names. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'c01-gpt2-act-relu': /config\.json: activation_function is "relu": GPT-2 runs here with gelu, /,
  'c07-llama-hidden-act-gelu': /config\.json: hidden_act is "gelu": Llama runs here with silu, swish/,
  'c16-nan-weight': /\[\d+(, \d+)?\] is NaN: no model can be run with it/,
};

describe.each(caseNames(/^c\d\d-/))('%s', (name) => {
  const { prompt_tokens: prompt, argmax, logits } = caseJson<Want>(`${name}/want.json`);
  const load = () => loadModel({ kind: 'files', files: caseFiles(name) });

  test.skipIf(!(name in REFUSED))('is refused by name', async () => {
    await expect(load()).rejects.toThrow(REFUSED[name]);
  });

  test.skipIf(name in REFUSED).each(['reference', 'cpu'])('has the right logits (%s engine)', async (kind) => {
    const engine = kind === 'cpu' ? await openCpuEngine({ threads: 1 }) : new ReferenceEngine();
    const { config, tokenizer, weights } = await load();
    const session = new Model({ config, tokenizer, weights, engine });
    const options = { maxTokens: 1, taps: ['logits'], candidates: 5, stop: [] };
    for await (const step of session.generate(prompt, options)) {
      const got = step.taps['logits'].data.slice(-config.vocab);
      let worst = 0;
      logits!.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - got[i]))));
      // f32 against f64 on logits up to 20; the file has six digits
      expect(worst).toBeLessThan(1e-4);
      expect(step.token).toBe(argmax);
    }
    engine.close();
  });
});
