/** The reported cases, whole: the logits that an independent f64 program found, or an error that names what is not supported. */
import { expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { loadCase, logitError, modelCases, REFUSED } from '../reported_logits.ts';

const refused = modelCases.filter((name) => name in REFUSED);
const opened = modelCases.filter((name) => !(name in REFUSED));

test.each(refused)('%s is refused by name', async (name) => {
  await expect(loadCase(name)).rejects.toThrow(REFUSED[name]);
});

test.each(opened.flatMap((name) => ['reference', 'cpu'].map((kind) => [name, kind])))(
  '%s has the right logits (%s engine)',
  async (name, kind) => {
    const engine = kind === 'cpu' ? await openCpuEngine({ threads: 1 }) : new ReferenceEngine();
    // f32 against f64 on logits up to 20; the file has six digits
    expect(await logitError(name, engine)).toBeLessThan(1e-4);
    engine.close();
  },
);

test('cases that are to be refused are among them, where there are any', () => {
  if (modelCases.length) expect(modelCases).toEqual(expect.arrayContaining(Object.keys(REFUSED)));
  expect(Object.keys(REFUSED)).toHaveLength(3);
});
