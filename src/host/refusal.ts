/** What keeps a page from having a worker. */

/** Why a worker could not be started: a directive, where a violation was reported meanwhile. */
export function workerRefusal(violation: SecurityPolicyViolationEvent | undefined, error: unknown): string {
  const directive = violation?.effectiveDirective ?? '';
  if (directive.includes('trusted-types'))
    return `the page's Content-Security-Policy (${directive}) refuses the worker's address: add nextoken to its trusted-types, or hand openHost({ worker }) a worker that a policy of the page's own has made`;
  if (violation) {
    const source = violation.blockedURI.startsWith('blob') ? 'blob:' : "'self'";
    return `the page's Content-Security-Policy (${directive}) refuses the worker: add worker-src ${source}`;
  }
  const reason = error instanceof Error ? error.message : String(error);
  return `the worker did not start (${reason || 'its code could not be loaded'})`;
}
