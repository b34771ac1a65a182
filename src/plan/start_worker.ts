/**
 * Starts a worker whose script may come from another origin, and where a page requires trusted types. Bundlers find a worker by how
 * it is written: a new Worker of a new URL beside the script. So callers hand over a function that does just that, and it is run with a
 * stand-in for `Worker` first, which tells the address that a bundler has put there.
 */

interface Policy {
  createScriptURL(address: string): unknown;
}
type Policies = { createPolicy(name: string, rules: Policy): Policy } | undefined;

/** All copies of this code share a policy: a second one of that name may be refused. */
const KEY = Symbol.for('nextoken.policy');
const realm = globalThis as { [KEY]?: Policy; trustedTypes?: Policies; Worker: typeof Worker };

/** @param begin makes the worker, as bundlers want it written, and nothing else */
export function startWorker(begin: () => Worker): Worker {
  const { address, options } = intended(begin);
  // a page cannot start a worker from another origin, such as a package on a CDN, but one of its own may import that
  const foreign = new URL(address, location.href).origin !== location.origin;
  const own = foreign
    ? URL.createObjectURL(new Blob([`import ${JSON.stringify(address)};`], { type: 'text/javascript' }))
    : address;
  const worker = new Worker(trusted(own) as string, options);
  if (foreign)
    for (const event of ['message', 'error'])
      worker.addEventListener(event, () => URL.revokeObjectURL(own), { once: true });
  return worker;
}

/** What `begin` would start. */
function intended(begin: () => Worker): { address: string; options: WorkerOptions | undefined } {
  const { Worker: real } = realm;
  let asked: { address: string; options: WorkerOptions | undefined } | undefined;
  realm.Worker = function (address: string | URL, options?: WorkerOptions) {
    asked = { address: String(address), options };
  } as unknown as typeof Worker;
  try {
    begin();
  } finally {
    realm.Worker = real;
  }
  return asked!;
}

/** The address as pages with `require-trusted-types-for 'script'` want it: through the policy `nextoken`. */
export function trusted(address: string): unknown {
  if (!realm.trustedTypes) return address;
  realm[KEY] ??= realm.trustedTypes.createPolicy('nextoken', { createScriptURL: (same) => same });
  return realm[KEY].createScriptURL(address);
}
