// Chunks for the first visit: few files compress better and come sooner than many. Whatever an entry imports statically is one chunk;
// what page and worker share is in the page's.

/** @param {Readonly<Record<string, string>>} entries name of the chunk → entry; an earlier one has what both import */
export function firstLoad(entries) {
  const chunks = new Map();
  const fill = (name, id, ctx) => {
    const info = chunks.has(id) ? null : ctx.getModuleInfo(id);
    if (!info) return;
    chunks.set(id, name);
    for (const next of info.importedIds) fill(name, next, ctx);
  };
  const heads = new Set(Object.values(entries));
  return {
    debugName: 'first load',
    name(id, ctx) {
      if (heads.has(id)) return null; // their files have names of their own
      for (const [name, entry] of Object.entries(entries)) fill(name, entry, ctx);
      return chunks.get(id) ?? null;
    },
  };
}
