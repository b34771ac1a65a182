// A Vite plugin: a host answers with 404.html at any address, however deep, so its own addresses begin at the site's root: that of a
// project on GitHub Pages where one publishes it, else the host's.

const [, repository] = (process.env.GITHUB_REPOSITORY ?? '').split('/');
const base = repository && !repository.endsWith('.github.io') ? `/${repository}/` : '/';

/** @returns {import('vite').Plugin} */
export function notFound() {
  return {
    name: 'not-found',
    enforce: 'post', // after the pages were written
    generateBundle(_, bundle) {
      const page = bundle['404.html'];
      page.source = String(page.source).replaceAll('"./', `"${base}`);
    },
  };
}
