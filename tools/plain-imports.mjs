// A Vite plugin: `import()` stays itself. Vite wraps it to preload chunks and styles, which costs 0.6 kB in every entry and needs a page.

/** @returns {import('vite').Plugin} */
export function plainImports() {
  return {
    name: 'plain-imports',
    enforce: 'pre',
    load: (id) => (id.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load();' : null),
  };
}
