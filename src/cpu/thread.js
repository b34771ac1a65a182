/**
 * One more thread of the CPU engine: a worker of node or of a page. It gets {module, memory, id, threads} once, says that it is
 * ready, and then stays inside WebAssembly, waiting for jobs on the shared memory, until the engine is closed.
 */
const parent = globalThis.process?.getBuiltinModule?.('node:worker_threads')?.parentPort ?? globalThis;

function start({ module, memory, id, threads }) {
  const { init, work } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  init(id, threads, 1);
  parent.postMessage('ready');
  work(); // until the engine is closed, which then ends this worker
}

parent.addEventListener('message', (event) => start(event.data), { once: true });
parent.start?.();
