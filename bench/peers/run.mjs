// node bench/peers/run.mjs [--json FILE] [--quick]: opens page.html in a headless browser and writes a record of what came out.
// First: npm ci --prefix bench/peers
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import { findBrowser } from '../../tools/browser.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const isolation = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const quick = process.argv.includes('--quick');
const at = process.argv.indexOf('--json');
const json = at > 0 ? process.argv[at + 1] : undefined;

const server = await createServer({
  root: here,
  configFile: false,
  appType: 'mpa',
  logLevel: 'warn',
  cacheDir: `${here}node_modules/.vite`,
  server: { headers: isolation, fs: { allow: [root] }, hmr: false, watch: null },
  optimizeDeps: {
    include: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu', '@jax-js/jax'],
    exclude: ['onnxruntime-web'],
  },
});
await server.listen();
const { executablePath, args, env } = await findBrowser();
const browser = await chromium.launch({ executablePath, args, env, headless: true });
let code = 1;
try {
  const page = await browser.newPage();
  page.on('console', (message) => message.type() !== 'warning' && console.log(message.text()));
  page.on('pageerror', (error) => console.error(error));
  await page.goto(`${server.resolvedUrls.local[0]}page.html`);
  await page.waitForFunction(() => 'runPeers' in window, undefined, { timeout: 120_000 });
  const result = await page.evaluate(
    (how) => window.runPeers(how),
    quick ? { samples: 5, budget: 20 } : { samples: 15, budget: 45 },
  );
  const record = {
    schema: 'nextoken-bench',
    version: 1,
    date: new Date().toISOString(),
    method:
      'In one page, candidates interleaved in changing order, wall clock around work that is waited for; every result held against the f64 reference; ' +
      'peers warm, jitted, inputs and outputs on the device, one wait per sample; ratios are medians of ratios within a round.',
    host: {
      browser: browser.version(),
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      load: Number(loadavg()[0].toFixed(2)),
    },
    adapter: result.adapter,
    clock: { kind: 'wall', quantum: 5e-6, why: 'wall clock of the page for all, because the peers offer no other' },
    roofs: [],
    kernels: [],
    models: result.models,
    bars: result.bars,
  };
  for (const { bar, measured, note } of result.bars) console.log(`${measured.toFixed(3)} ${bar} (${note})`);
  for (const note of result.notes) console.log(`not measured: ${note}`);
  if (json) writeFileSync(json, `${JSON.stringify(record, undefined, 1)}\n`);
  code = 0;
} finally {
  await browser.close();
  await server.close();
}
process.exit(code);
