/** The worker of a page: one host, and a port for each client. */
import { Host } from './host.ts';

/** What the worker is told: a client is there. */
export interface Connect {
  readonly connect: MessagePort;
}

const host = new Host();

addEventListener('message', ({ data }: MessageEvent<Connect>) => void host.serve(data.connect));
postMessage('ready');
