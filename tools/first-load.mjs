// Chunks for the first visit: few files compress better and come sooner than many. What the page's script imports is one chunk, what the
// worker's imports another, and what the page's shares with anything that the worker may load a third: a worker has no elements, so
// nothing that it loads may import them. The CPU engine is a fourth.

/**
 * @param {{ page: string, worker: string, cpu: string[], both: string[], later: string[] }} entries
 * cpu: the engine that is loaded where there is no GPU, and what it loads; both: what both engines import; later: what the first ones
 * import and make no use of, so that it need not come before what does
 */
export function firstLoad({ page, worker, cpu, both, later }) {
  let chunks;
  /** All that `id` imports; with `later`, also what it loads on demand. */
  const reach = (id, ctx, later, seen = new Set()) => {
    const info = seen.has(id) ? null : ctx.getModuleInfo(id);
    if (!info) return seen;
    seen.add(id);
    for (const next of [...info.importedIds, ...(later ? info.dynamicallyImportedIds : [])])
      reach(next, ctx, later, seen);
    return seen;
  };
  return {
    debugName: 'first load',
    name(id, ctx) {
      if (id === page || id === worker) return null; // their files have names of their own
      if (!chunks) {
        const workers = reach(worker, ctx, true);
        chunks = new Map(cpu.flatMap((id) => [...reach(id, ctx, false)]).map((one) => [one, 'cpu']));
        for (const one of [...reach(worker, ctx, false), ...both]) chunks.set(one, 'core');
        for (const one of reach(page, ctx, false)) chunks.set(one, workers.has(one) ? 'shared' : 'page');
        for (const one of later) chunks.delete(one);
      }
      return chunks.get(id) ?? null;
    },
  };
}
