/** A real browser for page tests: each page in a context of its own, and whatever goes wrong in it is kept. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright';
import { findBrowser } from '../../tools/browser.mjs';

export interface Opened {
  readonly page: Page;
  /** Console errors, uncaught exceptions and failed requests so far; a test ends with expecting none. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export async function launch(): Promise<Browser> {
  const { executablePath, args, env } = await findBrowser();
  return chromium.launch({ executablePath, args, env, chromiumSandbox: false });
}

/** Opens `url`; in a viewport of 1000 × 700 by default. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options });
  context.setDefaultTimeout(60_000); // playwright's 30 s are too few where a busy machine loads a model
  const page = await context.newPage();
  page.setDefaultTimeout(60_000); // a first visit on a busy machine takes its time
  const problems: string[] = [];
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('requestfailed', (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(url);
  return { page, problems, close: () => context.close() };
}

/** Lines that run before the site's worker: what a browser lacks, or how it fails. */
export async function inWorker(page: Page, lines: string): Promise<void> {
  await page.route('**/assets/worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${lines}\n${await response.text()}` });
  });
}

interface Line extends HTMLElement {
  value: string;
  steps: readonly unknown[];
}

/** The page's model answers. */
export const ready = (page: Page) =>
  page.locator('next-token[state=ready]:not([recorded])').waitFor({ state: 'attached' });

/** The whole text: prompt and what followed. */
export const textOf = (page: Page): Promise<string> =>
  page.evaluate(() => document.querySelector<Line>('next-token')!.value);

/** Tokens that have followed the prompt. */
export const stepsOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.querySelector<Line>('next-token')!.steps.length);

/** Takes one token; resolves with the whole text when it is there. */
export async function predict(page: Page): Promise<string> {
  await ready(page);
  const before = await stepsOf(page);
  await page.getByRole('button', { name: 'Next token' }).click();
  await page.waitForFunction((n) => document.querySelector<Line>('next-token')!.steps.length > n, before);
  return textOf(page);
}
