/** Loads an element's script when its tag first appears: in the document, in our elements' shadow roots, or in a root that is added. */

/** Tags of ours, each with a file below `elements/`. */
export const TAGS: ReadonlySet<string> = new Set([
  'nt-attention-map',
  'nt-candidate-bars',
  'nt-device-status',
  'nt-embedding-map',
  'nt-layer-lens',
  'nt-loss-chart',
  'nt-model-graph',
  'nt-model-picker',
  'nt-token-strip',
  'nt-token-tree',
  'nt-train-panel',
]);

const isOurs = ({ localName }: Element): boolean => localName === 'next-token' || TAGS.has(localName);

/** Watches `document`; `load` gets an element's name without `nt-`, once. Returns a function that watches another root. */
export function autoload(load: (name: string) => Promise<unknown>): (root: Document | ShadowRoot) => void {
  const asked = new Set<string>();
  const roots = new WeakSet<Node>();
  const see = (element: Element): void => {
    const tag = element.localName;
    if (TAGS.has(tag) && !asked.has(tag) && !customElements.get(tag)) {
      asked.add(tag);
      load(tag.slice('nt-'.length)).catch((error: unknown) => {
        asked.delete(tag); // the next one tries again
        console.error(`<${tag}> could not be loaded:`, error);
      });
    }
    // its root is there once it is defined and has rendered
    if (isOurs(element))
      void customElements
        .whenDefined(tag)
        .then(() => queueMicrotask(() => element.shadowRoot && watch(element.shadowRoot)));
  };
  const seeAll = (node: Node): void => {
    if (!(node instanceof Element || node instanceof Document || node instanceof ShadowRoot)) return;
    if (node instanceof Element) see(node);
    for (const element of node.querySelectorAll('*')) if (isOurs(element)) see(element);
  };
  const watcher = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach(seeAll);
  });
  function watch(root: Document | ShadowRoot): void {
    if (roots.has(root)) return;
    roots.add(root);
    watcher.observe(root, { childList: true, subtree: true });
    seeAll(root);
  }
  watch(document);
  return watch;
}
