/** The site without a network: its worker keeps the shell; a newer version waits until the person asks for it. */
import type { NextToken } from '../../src/elements/next-token/next-token.class.ts';
import { trusted } from '../../src/plan/start_worker.ts';
import type { Run } from '../../src/run/types.ts';

/** Registers the worker of the built site. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator) || !isSecureContext) return;
  const root = new URL(document.querySelector<HTMLAnchorElement>('.wordmark')!.href);
  // not while the first picture and the model load
  addEventListener('load', () => setTimeout(() => void register(root), 3000), { once: true });
  if (document.readyState === 'complete') setTimeout(() => void register(root), 3000);
}

let begun = false;

async function register(root: URL): Promise<void> {
  if (begun) return;
  begun = true;
  const { serviceWorker } = navigator;
  const known = serviceWorker.controller !== null;
  const registration = await new Promise<ServiceWorkerRegistration>((resolve) => {
    const address = trusted(new URL('sw.js', root).href) as string;
    resolve(serviceWorker.register(address, { scope: root.pathname }));
  }).catch(() => undefined);
  if (!registration) return; // a policy or a browser refuses it: the site works with a network
  await serviceWorker.ready;
  document.querySelector<HTMLElement>('.offline')!.hidden = false;
  const offer = () => {
    if (known && registration.waiting) offerReload(registration.waiting);
  };
  offer();
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', offer);
  });
}

function offerReload(waiting: ServiceWorker): void {
  const note = document.querySelector<HTMLElement>('.update')!;
  note.hidden = false;
  note.querySelector('button')!.addEventListener('click', async () => {
    // never in the middle of a text
    const runs = [...document.querySelectorAll<NextToken>('next-token')].map(({ shown }) => shown);
    for (const run of runs) if (run?.state === 'running') await ended(run);
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    waiting.postMessage({ type: 'SKIP_WAITING' });
  });
}

/** Resolves when the run has ended. */
const ended = (run: Run): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      if (run.state === 'running') return;
      run.removeEventListener('change', look);
      resolve();
    };
    run.addEventListener('change', look);
    look();
  });
