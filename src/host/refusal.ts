/** What keeps a page from having a worker. */

/**
 * Why the host computes on the page's own thread: asked for; no workers here; the page's policy, whose `directive` needs `source`; or the
 * worker did not start, `detail` in the browser's words.
 */
export type PlaceReason =
  | { readonly code: 'asked' }
  | { readonly code: 'no-workers' }
  | { readonly code: 'trusted-types'; readonly directive: string }
  | { readonly code: 'policy'; readonly directive: string; readonly source: string }
  | { readonly code: 'failed'; readonly detail: string };

/** The reason as an English sentence. */
export function refusalOf(reason: PlaceReason): string {
  switch (reason.code) {
    case 'asked':
      return 'as asked';
    case 'no-workers':
      return 'there are no workers of the web here';
    case 'trusted-types':
      return `the page's Content-Security-Policy (${reason.directive}) refuses the worker's address: add nextoken to its trusted-types, or hand openHost({ worker }) a worker that a policy of the page's own has made`;
    case 'policy':
      return `the page's Content-Security-Policy (${reason.directive}) refuses the worker: add worker-src ${reason.source}`;
    case 'failed':
      return `the worker did not start (${reason.detail || 'its code could not be loaded'})`;
  }
}

/** Why a worker could not be started: a directive, where a violation was reported meanwhile. */
export function workerRefusal(violation: SecurityPolicyViolationEvent | undefined, error: unknown): PlaceReason {
  const directive = violation?.effectiveDirective ?? '';
  if (directive.includes('trusted-types')) return { code: 'trusted-types', directive };
  if (violation)
    return { code: 'policy', directive, source: violation.blockedURI.startsWith('blob') ? 'blob:' : "'self'" };
  return { code: 'failed', detail: error instanceof Error ? error.message : String(error) };
}
