// A Vite plugin: the pages below elements/, one for each element, from what custom-elements.json says of it. A dev server reads the
// documentation once, when it starts.
import { join } from 'node:path';
import { openLoader } from './load.mjs';
import { manifestOf, sources } from './manifest.mjs';
import { tagSizes } from './tag-sizes.mjs';
import { demo, generatedPages, root } from './site/generated.mjs';

/** Elements as the manifest has them, `<next-token>` first. */
export function elementsOf(manifest) {
  return (
    manifest.modules
      .flatMap((module) => module.declarations ?? [])
      .filter((declaration) => declaration.tagName)
      // what lit observes of every element (`id`) is not documented as ours
      .map((element) => ({ ...element, attributes: element.attributes?.filter(({ description }) => description) }))
      .toSorted(
        (a, b) => (b.tagName === 'next-token') - (a.tagName === 'next-token') || (a.tagName < b.tagName ? -1 : 1),
      )
  );
}

async function make() {
  const all = elementsOf(manifestOf(sources()).manifest);
  const sizes = tagSizes(join(root, 'dist/tag'));
  const loader = await openLoader();
  try {
    const { nameOf } = await loader.load(join(demo, 'elements/about.ts'));
    const { elementPage, tagAttributes, tagList } = await loader.load(join(demo, 'elements/page.ts'));
    const { useText } = await loader.load(join(demo, 'elements/use.ts'));
    return {
      pages: new Map(
        all.map((element) => [`elements/${nameOf(element.tagName)}/index.html`, elementPage(element, all, sizes)]),
      ),
      parts: {
        'tag list': tagList(all),
        'tag attributes': tagAttributes(all),
        'how to use elements': useText(all, sizes, '<!-- icon copy -->'),
      },
    };
  } finally {
    await loader.close();
  }
}

/** @returns {import('vite').Plugin} */
export function elementPages() {
  let made;
  const all = () => (made ??= make());
  return generatedPages({
    name: 'element-pages',
    pages: async () => (await all()).pages,
    parts: async () => (await all()).parts,
  });
}
