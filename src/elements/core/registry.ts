/**
 * Who provides a Run on this page, and what can be asked of the page's one engine. One object for all copies of this code, under
 * `Symbol.for('nextoken')`: providers come and go in any order, consumers look again at each change.
 */
import type { Run } from '../../run/types.ts';
import type { Services } from '../../run/services.ts';

/** An element that others are shown the Run of. */
export interface Provider extends Element {
  readonly shown: Run | undefined;
}

export interface Registry {
  /** Major version of what is shared here. */
  readonly version: 1;
  readonly providers: Set<Provider>;
  /** Sends `change` when a provider comes, goes or has another Run, and when services arrive. */
  readonly changes: EventTarget;
  /** Live models; undefined on a page that only shows records. The first copy of the code gives them. */
  services: Services | undefined;
}

const KEY = Symbol.for('nextoken');
const page = globalThis as { [KEY]?: Registry };

export const registry: Registry = (page[KEY] ??= {
  version: 1,
  providers: new Set(),
  changes: new EventTarget(),
  services: undefined,
});

/** Tells consumers to look again, after all that happens at the same time. */
let told = false;
export function announce(): void {
  if (told) return;
  told = true;
  queueMicrotask(() => {
    told = false;
    registry.changes.dispatchEvent(new Event('change'));
  });
}

/** The services of the page; the first caller's stay. */
export function provideServices(services: Services): void {
  if (registry.services) return;
  registry.services = services;
  announce();
}

const rootOf = (element: Node): Document | ShadowRoot | undefined => {
  const root = element.getRootNode();
  return root instanceof Document || root instanceof ShadowRoot ? root : undefined;
};

/** The element with this id: in the nearest root that has one, outward. */
export function byId(from: Element, id: string): Element | undefined {
  for (let root = rootOf(from); root; root = root instanceof ShadowRoot ? rootOf(root.host) : undefined) {
    const found = root.getElementById(id);
    if (found) return found;
  }
  return undefined;
}

const isProvider = (element: Element | undefined): element is Provider =>
  element !== undefined && registry.providers.has(element as Provider);

/** The Run of the provider with this id. */
export function runById(from: Element, id: string): Run | undefined {
  const found = byId(from, id);
  return isProvider(found) ? found.shown : undefined;
}

/** The Run of the only provider of the same root. */
export function onlyRun(from: Element): Run | undefined {
  const root = from.getRootNode();
  const near = [...registry.providers].filter((provider) => provider.getRootNode() === root);
  return near.length === 1 ? near[0].shown : undefined;
}
