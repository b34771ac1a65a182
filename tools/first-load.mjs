// Chunks for the first visit: few files compress better and come sooner than many. Whatever an entry imports statically is one chunk;
// what several entries import is another, so that a worker loads nothing of the page's.

/** @param {Readonly<Record<string, string>>} entries name of the chunk → entry */
export function firstLoad(entries) {
  const heads = new Set(Object.values(entries));
  const chunks = new Map();
  const fill = (name, id, ctx, seen) => {
    const info = seen.has(id) ? null : ctx.getModuleInfo(id);
    if (!info) return;
    seen.add(id);
    chunks.set(id, chunks.has(id) ? 'shared' : name);
    for (const next of info.importedIds) fill(name, next, ctx, seen);
  };
  return {
    debugName: 'first load',
    name(id, ctx) {
      if (heads.has(id)) return null; // their files have names of their own
      if (!chunks.size) for (const [name, entry] of Object.entries(entries)) fill(name, entry, ctx, new Set());
      return chunks.get(id) ?? null;
    },
  };
}
