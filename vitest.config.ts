import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { adapterEnv } from './tools/adapters.mjs';
import { findBrowser } from './tools/browser.mjs';

const browser = await findBrowser();

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          testTimeout: 60_000,
          include: ['test/**/*.test.ts'],
          exclude: ['test/gpu/**', 'test/browser/**', 'test/pages/**'],
        },
      },
      {
        test: {
          name: 'gpu',
          environment: 'node',
          testTimeout: 120_000,
          include: ['test/gpu/**/*.test.ts'],
          setupFiles: ['test/setup-gpu.ts'],
          pool: 'forks', // the environment below must be there when the process starts: not with 'threads'
          env: (await adapterEnv()) as Record<string, string>,
        },
      },
      {
        test: {
          name: 'browser',
          testTimeout: 120_000,
          include: ['test/browser/**/*.test.ts'],
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
            instances: [{ browser: 'chromium', viewport: { width: 800, height: 600 } }],
          },
        },
      },
    ],
  },
});
