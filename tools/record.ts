/**
 * Records a run of each shipped model, with attention and lens: models/<name>/run.json, what a page shows before the model has come.
 * `npm run record [-- name …]`, on the CPU engine, so that every machine writes the same.
 */
import { writeFileSync } from 'node:fs';
import { openHost } from '../src/host/open_host.ts';
import { writeRunFile } from '../src/run/file.ts';
import { ComputedRun } from '../src/run/live.ts';
import { shippedModels } from '../src/session/shipped.ts';

/** Seeds whose text is a good first impression, and how many tokens of it are shown. */
const CHOSEN: Readonly<Record<string, { readonly seed: number; readonly steps: number }>> = {
  austen: { seed: 1, steps: 18 },
  'char-mini': { seed: 1, steps: 28 },
  tang: { seed: 1, steps: 18 },
};

export async function main(wanted: readonly string[]): Promise<void> {
  const awake = setInterval(() => undefined, 1000); // ports alone do not keep node running
  for (const { name, prompt } of shippedModels) {
    if (wanted.length && !wanted.includes(name)) continue;
    const { seed, steps } = CHOSEN[name];
    const run = new ComputedRun(() => openHost({ thread: 'page' }), {
      source: name,
      engine: 'cpu',
      prompt,
      candidates: 8,
    });
    run.want('score');
    run.want('attention');
    run.want('lens');
    run.setSampling({ seed });
    await run.open();
    if (run.failure) throw new Error(run.failure.message);
    for (let n = 0; n < steps; n++) await run.step();
    await until(() => run.peek !== undefined && (run.lens?.columns.length ?? 0) === run.tokens.length);
    const text = writeRunFile(run.record());
    writeFileSync(new URL(`../models/${name}/run.json`, import.meta.url), text);
    console.log(`${name}: ${text.length} bytes, ${run.tokens.map((token) => token.text).join('')}`);
    run.close();
  }
  clearInterval(awake);
}

async function until(done: () => boolean): Promise<void> {
  for (let n = 0; !done(); n++) {
    if (n > 500) throw new Error('the readings did not come');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
