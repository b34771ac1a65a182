/**
 * The page's way to the host. Call `openHost()` as often as you like: there is one worker behind all calls. If a worker is refused, the
 * same host runs on the page's own thread, one token at a time, and says why.
 *
 * @example
 * const host = await openHost();
 * const lane = await host.open('austen');
 * for await (const record of lane.generate({ text: 'It was a' })) if (record.kind === 'token') console.log(record.token.text);
 */
import { Channel } from './channel.ts';
import { HostClient, type HostPlace } from './client.ts';
import { HostError, WorkerError } from './errors.ts';
import type { PlaceReason } from './refusal.ts';
import type { HostRequests } from './protocol.ts';
import { startWorker } from '../plan/start_worker.ts';
import type { Connect } from './worker.ts';

export interface HostOptions {
  /** Starts src/host/worker.ts; for bundlers that put it elsewhere. */
  readonly worker?: () => Worker;
  /** Where it computes. Default: a worker, else the page. */
  readonly thread?: 'worker' | 'page';
}

/** A host that accepts clients. */
interface Running extends HostPlace {
  connect(port: MessagePort): void;
  /** Resolves when it has gone. */
  readonly gone: Promise<Error>;
}

/** One host for all copies of this code in a page that speak the same protocol. */
const KEY = Symbol.for('nextoken.host 1');
const page = globalThis as { [KEY]?: Promise<Running> | undefined };

/** The page's host, started on first use. Throws HostError if `thread: 'worker'` is not possible. */
export async function openHost(options: HostOptions = {}): Promise<HostClient> {
  const { thread, worker = ownWorker } = options;
  page[KEY] ??= start(thread, worker);
  page[KEY].catch(() => (page[KEY] = undefined));
  const host = await page[KEY];
  const { port1, port2 } = new MessageChannel();
  host.connect(port2);
  const channel = new Channel<HostRequests>(port1);
  void host.gone.then((error) => {
    page[KEY] = undefined;
    channel.fail(error);
  });
  return new HostClient({ thread: host.thread, why: host.why, reason: host.reason }, channel);
}

const ownWorker = (): Worker =>
  startWorker(() => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'nextoken' }));

async function start(thread: HostOptions['thread'], worker: () => Worker): Promise<Running> {
  if (thread === 'page') return onPage({ code: 'asked' });
  if (typeof Worker === 'undefined' && thread !== 'worker') return onPage({ code: 'no-workers' });
  try {
    return await inWorker(worker);
  } catch (error) {
    if (thread === 'worker') throw error;
    return onPage((error as WorkerError).reason);
  }
}

async function onPage(reason: PlaceReason): Promise<Running> {
  const [{ Host }, { refusalOf }] = await Promise.all([import('./host.ts'), import('./refusal.ts')]);
  const host = new Host();
  const connect = (port: MessagePort) => void host.serve(port);
  return { thread: 'page', why: refusalOf(reason), reason, connect, gone: new Promise(() => undefined) };
}

/** Starts the worker and waits for its first message. Throws WorkerError saying what refuses it. */
function inWorker(begin: () => Worker): Promise<Running> {
  return new Promise((resolve, reject) => {
    let violation: SecurityPolicyViolationEvent | undefined;
    const notice = (event: SecurityPolicyViolationEvent) => (violation ??= event);
    addEventListener('securitypolicyviolation', notice);
    // a violation is reported after the failure
    const refuse = (error: unknown) =>
      setTimeout(() => {
        removeEventListener('securitypolicyviolation', notice);
        import('./refusal.ts').then(({ refusalOf, workerRefusal }) => {
          const reason = workerRefusal(violation, error);
          reject(new WorkerError(refusalOf(reason), reason, { cause: error }));
        }, reject);
      });
    let worker: Worker;
    try {
      worker = begin();
    } catch (error) {
      refuse(error);
      return;
    }
    const gone = new Promise<Error>((lost) =>
      worker.addEventListener('error', (event) => {
        const reason = event.message || 'its code could not be loaded';
        lost(new HostError(`the host's worker failed: ${reason}; load the page again`));
        refuse(new Error(reason));
      }),
    );
    worker.addEventListener(
      'message',
      () => {
        removeEventListener('securitypolicyviolation', notice);
        const connect = (port: MessagePort) => worker.postMessage({ connect: port } satisfies Connect, [port]);
        resolve({ thread: 'worker', why: '', connect, gone });
      },
      { once: true },
    );
  });
}
