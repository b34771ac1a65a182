/**
 * `nextoken.js`: one script tag, and the page's custom elements work. It defines `<next-token>` with the two views that it shows, and
 * loads any other element when its tag appears.
 */
import { openHost } from '../host/open_host.ts';
import { autoload } from './autoload.ts';

/** Two copies on one page: the first one watches and computes. */
const KEY = Symbol.for('nextoken.loader 1');
const page = globalThis as { [KEY]?: ReturnType<typeof autoload> };

if (typeof document !== 'undefined') {
  const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ `./elements/${name}.js`);
  page[KEY] ??= autoload(load);
}

export { openHost };
