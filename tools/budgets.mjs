/**
 * What a visit to a page with nextoken.js may fetch, in kB gzip.
 *
 * `cpu`: all before the first token on the CPU engine. The aim is 70; here is what was reached, and 2 %. By part, and what less would take:
 *
 * - page 41.5: lit 7, `<next-token>` 14, what elements share 10, its Run and the recording 5.5, host client, files and errors 5.
 *   Sentences for errors (2) stay, because they are wanted where the network is not. Less: table, menu and exports on demand (1).
 * - worker 38.5: graph, fusion and compiler 7, model 7, session and text 8, host 5, files and download 6, ops 4, exports for chunks 1.
 *   Less: decode and prefill plans made when a model is published and shipped beside it, so that the worker plans nothing (12).
 * - CPU engine 6.
 * - WebAssembly 9.5, of which 1 could go at 4 % of the speed. An isolated page, which has threads, loads all of it: 15.2.
 *
 * `element`: each on top of `<next-token>`. Those in `elements` are over the 8 kB that are meant, with the same 2 %: their views share
 * what is chosen, and none is seen alone. Less: the panel of model-graph and its formulas (3), the arithmetic of attention-map (2),
 * the word paths of embedding-map (2), each when it is opened.
 */
export const BUDGETS = {
  cpu: 97.4,
  gpu: 60,
  element: 8,
  elements: { 'attention-map': 13.6, 'embedding-map': 11.2, 'model-graph': 13.1 },
};
