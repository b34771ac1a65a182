/**
 * What a visit to a page with nextoken.js may fetch, in kB gzip.
 *
 * `cpu`: all before the first token on the CPU engine. The aim is 70. What it was when this was written, and what less would take:
 *
 * - page 43: lit 7, `<next-token>` 14, what elements share 10, its Run and the recording 8, host client, files and errors 4. Less:
 *   error sentences on demand (2, but they are wanted where the network is not), no recording before the model (3).
 * - worker 39: graph, fusion and compiler 8, model 7, session and text 8, host 5, files and download 6, ops 4, exports for chunks 1. Less:
 *   decode and prefill plans made when a model is published and shipped beside it, so that the worker plans nothing (12).
 * - CPU engine 6; machine code 9.5 at full speed (8.5 for size, at 4 % of the speed). Threads need all of it: 15.2.
 *
 * `element`: each on top of `<next-token>`.
 */
export const BUDGETS = { cpu: 70, gpu: 60, element: 8 };
