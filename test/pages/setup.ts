/** Builds the site as it will be published and serves it while the page tests run; they get its address with `inject('site')`. */
import { build, preview } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the built site, with a slash at the end. */
    site: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const configFile = `${import.meta.dirname}/../../vite.config.ts`;
  const outDir = `${import.meta.dirname}/../../node_modules/.cache/pages`;
  const { NODE_ENV } = process.env;
  process.env['NODE_ENV'] = 'production'; // vitest's `test` would build lit's development code
  await build({ configFile, logLevel: 'warn', build: { outDir } });
  process.env['NODE_ENV'] = NODE_ENV;
  const server = await preview({ configFile, logLevel: 'warn', build: { outDir }, preview: { port: 0 } });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error('the preview server of the built site has no local address');
  project.provide('site', address);
  return () => server.close();
}
