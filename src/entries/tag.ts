/**
 * `nextoken.js`: one script tag, and the page's custom elements work. It defines `<next-token>` and loads any other element when its
 * tag appears. Models lie beside it, in `models/`.
 */
import { provideServices } from '../elements/core/registry.ts';
import { openHost } from '../host/open_host.ts';
import { liveServices } from '../run/live_services.ts';
import '../elements/next-token/define.ts';
import { autoload } from './autoload.ts';

/** Two copies on one page: the first one watches and computes. */
const KEY = Symbol.for('nextoken.loader 1');
const page = globalThis as { [KEY]?: ReturnType<typeof autoload> };
const here = import.meta.url;

if (typeof document !== 'undefined' && !page[KEY]) {
  provideServices(liveServices(new URL('models/', here).href));
  page[KEY] = autoload((name) => import(/* @vite-ignore */ new URL(`elements/${name}.js`, here).href));
}

export { openHost };
