/**
 * HTML of a visitor, or of a link that somebody sent, as elements that can do no harm: only our own tags and plain ones, with plain
 * attributes. The text is parsed in a document that runs and loads nothing; what is shown is built anew, element by element.
 */

/** Plain tags. Links go to a place of this page. */
const PLAIN = new Set(
  'p div section span h2 h3 h4 ul ol li dl dt dd strong em b i code pre br hr figure figcaption details summary blockquote a'.split(
    ' ',
  ),
);

/** On every tag. */
const COMMON = new Set(['id', 'lang', 'slot', 'title', 'dir', 'translate']);

/** Attributes with an address: nothing is loaded from elsewhere. */
const ADDRESSES = new Set(['src', 'record', 'href']);

/** Depth and number at which reading ends: no page is kept busy by nesting. */
const [DEEPEST, MOST] = [40, 2000];

/** A relative address, without a scheme or a host, or a place in this page. */
export function isNear(address: string): boolean {
  // a browser drops control characters and spaces before it looks for a scheme, and reads \ as /
  const bare = [...address]
    .filter((c) => c > ' ')
    .join('')
    .replaceAll('\\', '/');
  return !/^[a-z][a-z0-9+.-]*:/i.test(bare) && !bare.startsWith('//');
}

/** A name of a shipped model: an address or a hub's name would load something of the writer's choice. */
const isName = (value: string): boolean => /^[\w-]*$/.test(value);

function allowed(tag: string, name: string, value: string, own: ReadonlySet<string> | undefined): boolean {
  if (ADDRESSES.has(name)) return (tag === 'a' ? name === 'href' : own?.has(name) === true) && isNear(value);
  if (name === 'model') return own?.has(name) === true && isName(value);
  return COMMON.has(name) || own?.has(name) === true;
}

/** What could be shown, and the names of tags and attributes that were left out. */
export interface SafeTree {
  readonly nodes: DocumentFragment;
  readonly dropped: readonly string[];
}

/** @param tags our tags, each with its attributes */
export function safeTree(text: string, tags: ReadonlyMap<string, ReadonlySet<string>>): SafeTree {
  const dropped = new Set<string>();
  let count = 0;
  const copy = (from: Node, to: Node, depth: number): void => {
    for (const node of from.childNodes) {
      if (++count > MOST || depth > DEEPEST) return;
      if (node instanceof Text) to.appendChild(document.createTextNode(node.data));
      if (!(node instanceof Element)) continue;
      const made = copyOf(node);
      if (!made) continue;
      copy(node, made, depth + 1);
      to.appendChild(made);
    }
  };
  const copyOf = (element: Element): Element | undefined => {
    const tag = element.localName;
    const own = tags.get(tag);
    const isHtml = element.namespaceURI === 'http://www.w3.org/1999/xhtml';
    if (!isHtml || !(own || PLAIN.has(tag))) {
      dropped.add(`<${tag}>`);
      return undefined;
    }
    const made = document.createElement(tag);
    for (const { name, value } of element.attributes)
      if (allowed(tag, name, value, own)) made.setAttribute(name, value);
      else dropped.add(name);
    return made;
  };
  const nodes = document.createDocumentFragment();
  copy(new DOMParser().parseFromString(text, 'text/html').body, nodes, 0);
  return { nodes, dropped: [...dropped] };
}
