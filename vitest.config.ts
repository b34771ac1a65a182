import { availableParallelism } from 'node:os';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { adapterEnv } from './tools/adapters.mjs';
import { findBrowser } from './tools/browser.mjs';

/** Dawn's adapter for the kernel tests; vitest hands only strings on. */
const gpuEnv = Object.fromEntries(
  Object.entries(await adapterEnv()).filter((entry): entry is [string, string] => entry[1] !== undefined),
);

/** With NEXTOKEN_KERNELS (npm run test:kernel) only those kernels: no golden steps, no training, no decoding. */
const asked = 'test/gpu/kernels_asked.test.ts';
const gpuFiles = process.env['NEXTOKEN_KERNELS']
  ? { include: [asked] }
  : { include: ['test/gpu/**/*.test.ts'], exclude: [asked] };

/** Without a browser the other projects still run; `npm test` asks for one first. */
const browser = await findBrowser().catch((error: Error) => {
  console.error(`The browser tests are left out: ${error.message}`);
  return undefined;
});

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: availableParallelism(), // vitest leaves a core free, of two only one would work
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          testTimeout: 60_000,
          include: ['test/**/*.test.ts'],
          exclude: ['test/gpu/**', 'test/browser/**', 'test/pages/**', 'test/package/**'],
        },
      },
      {
        test: {
          name: 'gpu',
          environment: 'node',
          sequence: { groupOrder: 1 }, // one after the other: compiling takes all cores, and threads of the CPU engine want theirs
          testTimeout: 600_000, // software adapters compile a kernel in up to 2 s, and a variant has dozens of texts
          ...gpuFiles,
          setupFiles: ['test/setup-gpu.ts'],
          pool: 'forks', // the environment below must be there when the process starts: not with 'threads'
          env: gpuEnv,
        },
      },
      {
        test: {
          name: 'package', // what npm hands out, in node and (where there is a browser) in pages
          environment: 'node',
          sequence: { groupOrder: 2 },
          testTimeout: 240_000,
          fileParallelism: false, // most of it times out on what a machine of two cores does at once
          include: ['test/package/**/*.test.ts'],
          globalSetup: ['test/package/setup.ts'],
        },
      },
      ...(browser
        ? [
            {
              test: {
                name: 'pages', // the built site in a real browser, driven from node
                environment: 'node' as const,
                sequence: { groupOrder: 3 },
                testTimeout: 240_000,
                include: ['test/pages/**/*.test.ts'],
                globalSetup: ['test/pages/setup.ts'],
              },
            },
            {
              // shared memory, as the site has it: the CPU engine's threads need an isolated page
              server: {
                headers: {
                  'Cross-Origin-Opener-Policy': 'same-origin',
                  'Cross-Origin-Embedder-Policy': 'require-corp',
                },
              },
              test: {
                name: 'browser',
                sequence: { groupOrder: 4 },
                testTimeout: 120_000,
                include: ['test/browser/**/*.test.ts'],
                env: { NEXTOKEN_WIDE: process.env['NEXTOKEN_WIDE'] ?? '' }, // a page has no environment of its own
                browser: {
                  enabled: true,
                  headless: true,
                  screenshotFailures: false,
                  provider: playwright({
                    launchOptions: {
                      executablePath: browser.executablePath,
                      args: browser.args,
                      env: browser.env,
                      chromiumSandbox: false,
                    },
                  }),
                  instances: [{ browser: 'chromium' as const, viewport: { width: 800, height: 600 } }],
                },
              },
            },
          ]
        : []),
    ],
  },
});
