/** The worker of a page: one host, and a port for each client. */
import { Host } from './host.ts';

/** The message to the worker: a new client has arrived. */
export interface Connect {
  readonly connect: MessagePort;
}

const host = new Host();

addEventListener('message', ({ data }: MessageEvent<Connect>) => void host.serve(data.connect));
postMessage('ready');
