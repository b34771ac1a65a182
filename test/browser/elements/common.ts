/** What the tests of all elements need: a place that a strict policy watches, services, time for a live model, and axe. */
import axe from 'axe-core';
import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { provideServices, registry } from '../../../src/elements/core/registry.ts';
import type { NtElement } from '../../../src/elements/core/element.ts';
import { readRunFile, type RunFile } from '../../../src/run/file.ts';
import { liveServices } from '../../../src/run/live_services.ts';

/** Live models, for all tests of this page. */
export function withServices(): void {
  if (!registry.services) provideServices(liveServices());
}

const refused: string[] = [];

/** From here on the page allows no style attribute; `refusals` tells what was tried. */
export function strictPolicy(): void {
  if (document.querySelector('meta[http-equiv]')) return;
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "style-src-attr 'none'";
  document.head.append(policy);
  addEventListener('securitypolicyviolation', (event) =>
    refused.push(`${event.effectiveDirective}: ${event.blockedURI || event.sample}`),
  );
}

/** Violations since the last call. */
export const refusals = (): string[] => refused.splice(0);

/** For each test of a file: an empty page, and nothing that the strict policy refuses. */
export function watchPolicy(): void {
  beforeAll(strictPolicy);
  beforeEach(() => void refusals());
  afterEach(() => {
    const refused = refusals();
    document.body.replaceChildren();
    if (refused.length) throw new Error(refused.join('\n'));
  });
}

/** A recorded run of a shipped model, with attention and lens. */
export async function recording(name = 'austen'): Promise<RunFile> {
  const response = await fetch(new URL(`../../../demo/public/recorded/${name}.json`, import.meta.url));
  return readRunFile(await response.text());
}

/** Puts elements into the page and waits until they are drawn. */
export async function place<E extends HTMLElement>(html: string, width = 800): Promise<E> {
  const box = document.createElement('div');
  box.style.setProperty('inline-size', `${width}px`);
  box.append(document.createRange().createContextualFragment(html));
  document.body.append(box);
  await drawn();
  return box.firstElementChild as E;
}

/** Until all elements of ours are drawn, and a frame later. */
export async function drawn(): Promise<void> {
  for (const element of document.querySelectorAll<NtElement>('*'))
    if (element.localName.includes('-')) await element.updateComplete;
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
}

/** Waits until `done`, at most a minute; says what it waited for. */
export async function until(what: string, done: () => unknown): Promise<void> {
  const from = performance.now();
  while (!done()) {
    if (performance.now() - from > 60_000) throw new Error(`waited a minute for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** All elements in the shadow root that match. */
export const all = <E extends Element = HTMLElement>(element: Element, selector: string): E[] => [
  ...element.shadowRoot!.querySelectorAll<E>(selector),
];

/** Presses a key where the focus is, inside shadow roots too. */
export function press(key: string, options: KeyboardEventInit = {}): void {
  let at: Element = document.activeElement ?? document.body;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  at.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true, ...options }));
}

/** Nothing that axe finds. */
export async function expectAccessible(element: Element): Promise<void> {
  // colours are checked by tools/colours.mjs: here the page has none of its own
  const { violations } = await axe.run(element, { rules: { 'color-contrast': { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
}

/** Sum of layout shifts while `act` runs and two frames after it. */
export async function shiftDuring(act: () => Promise<unknown>): Promise<number> {
  let sum = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
  });
  observer.observe({ type: 'layout-shift', buffered: false });
  await act();
  await drawn();
  for (const entry of observer.takeRecords()) sum += (entry as unknown as { value: number }).value;
  observer.disconnect();
  return sum;
}
