// node bench/peers/run.mjs [--json FILE] [--quick] [--only WORKLOAD] [--serve]: opens page.html in a headless browser and writes a
// record of the results after each workload. --serve only prints the address, for a browser of your own.
// First: npm ci --prefix bench/peers
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { findBrowser } from '../../tools/browser.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const { values } = parseArgs({
  options: {
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    serve: { type: 'boolean', default: false },
  },
});
const how = values.quick ? { samples: 5, budget: 20 } : { samples: 15, budget: 45 };

const server = await createServer({
  root: here,
  configFile: false,
  appType: 'mpa',
  logLevel: 'warn',
  cacheDir: `${here}node_modules/.vite`,
  server: { headers: isolation, fs: { allow: [root] }, hmr: false, watch: null },
  optimizeDeps: {
    // all of them: one found later would reload the page
    include: [
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-core/dist/register_all_gradients.js',
      '@tensorflow/tfjs-backend-webgpu',
      '@jax-js/jax',
    ],
    exclude: ['onnxruntime-web'],
  },
});
await server.listen();
const address = `${server.resolvedUrls.local[0]}page.html`;
if (values.serve) console.log(address);
else process.exit(await run());

async function run() {
  const { executablePath, args, env } = await findBrowser();
  const browser = await chromium.launch({ executablePath, args, env, headless: true });
  const load = Number(loadavg()[0].toFixed(2));
  const write = ({ adapter, models, bars, notes }) => {
    const record = {
      schema: 'nextoken-bench',
      version: 1,
      date: new Date().toISOString(),
      method:
        'In one page, candidates interleaved in changing order, wall clock around work that is waited for; kernels held against the f64 ' +
        'reference, decoders against our greedy tokens, training against our losses; peers warm, jitted, inputs and outputs on the device; ' +
        'ratios are medians of ratios within a round.',
      host: { browser: browser.version(), cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, load },
      adapter,
      clock: { kind: 'wall', quantum: 5e-6, why: 'wall clock of the page for all, because the peers offer no other' },
      roofs: [],
      kernels: [],
      models,
      bars,
      notes,
    };
    if (values.json) writeFileSync(values.json, `${JSON.stringify(record, undefined, 1)}\n`);
  };
  try {
    const page = await browser.newPage();
    page.on('console', (message) => message.type() !== 'warning' && console.log(message.text()));
    page.on('pageerror', (error) => console.error(error));
    page.on('crash', () => console.error('the page crashed; the record has what was done before'));
    await page.exposeFunction('keepPeers', write);
    await page.goto(address);
    await page.waitForFunction(() => 'runPeers' in window, undefined, { timeout: 120_000 });
    const { notes } = await page.evaluate(
      ([effort, only]) => window.runPeers(effort, only, window.keepPeers),
      [how, values.only],
    );
    for (const note of notes) console.log(`not measured: ${note}`);
    return 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await browser.close();
    await server.close();
  }
}
