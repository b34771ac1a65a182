/**
 * Records a run of each shipped model: models/<name>/run.json, what a page shows before the model has come (at most 12 kB), and
 * demo/public/recorded/<name>.json, the same with attention, for pages that show it without a model.
 * `npm run record [-- name …]`, on the CPU engine, so that every machine writes the same.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { openHost } from '../src/host/open_host.ts';
import { writeRunFile } from '../src/run/file.ts';
import { ComputedRun } from '../src/run/live.ts';
import { shippedModels } from '../src/session/shipped.ts';

/** Seeds whose text is a good first impression, and how many tokens of it are shown. */
const CHOSEN: Readonly<Record<string, { readonly seed: number; readonly steps: number }>> = {
  austen: { seed: 1, steps: 18 },
  'char-mini': { seed: 1, steps: 24 },
  tang: { seed: 1, steps: 18 },
};

/** Bytes of a poster, gzip. */
const MOST = 12_288;

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
    const { attention, ...poster } = run.record();
    const size = write(`models/${name}/run.json`, writeRunFile(poster));
    if (size > MOST) throw new Error(`${name}: ${size} bytes are more than ${MOST}; record fewer steps`);
    const whole = write(`demo/public/recorded/${name}.json`, writeRunFile({ ...poster, attention }));
    const text = run.tokens.map((token) => token.text).join('');
    console.log(`${name}: ${size} bytes, ${whole} with attention (gzip): ${text}`);
    run.close();
  }
  clearInterval(awake);
}

/** Returns the bytes that travel. */
function write(path: string, text: string): number {
  const file = new URL(`../${path}`, import.meta.url);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, text);
  return gzipSync(text).length;
}

async function until(done: () => boolean): Promise<void> {
  for (let n = 0; !done(); n++) {
    if (n > 500) throw new Error('the readings did not come');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
