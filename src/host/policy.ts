/** What a page's Content-Security-Policy refuses, said as the directive that would allow it. */
import { HostError } from './errors.ts';

/** An error as it is, or, where a policy is behind it, one that names the directive. */
export function explainRefusal(error: unknown): Error {
  const given = error instanceof Error ? error : new Error(String(error));
  if (/unsafe-eval|Content Security Policy|call to WebAssembly/i.test(given.message) && given.name === 'CompileError')
    return new HostError(
      "the page's Content-Security-Policy refuses WebAssembly: add 'wasm-unsafe-eval' to its script-src",
      { cause: given },
    );
  return given;
}

/** Why a worker could not be started: a directive, where a violation was reported meanwhile. */
export function workerRefusal(violation: SecurityPolicyViolationEvent | undefined, error: unknown): string {
  if (violation)
    return `the page's Content-Security-Policy (${violation.effectiveDirective}) refuses the worker: add worker-src 'self'`;
  const reason = error instanceof Error ? error.message : String(error);
  return `the worker did not start (${reason || 'its code could not be loaded'})`;
}
