/** Where a visitor's HTML is shown: a root of its own, so that its ids and ours do not meet. */
import heights from '../../src/entries/nextoken.css?raw';
import type { NtElement } from '../../src/elements/core/element.ts';
import { isChinese } from '../shell/words.ts';
import { type Pose, RECORDED, RECORDED_CHINESE } from './about.ts';
import { losses } from './losses.ts';
import { posed } from './poses.ts';
import { safeTree } from './safe_tree.ts';

const files = import.meta.glob<unknown>('../../src/elements/*/define.ts');

/** Each element's file by its tag. */
const DEFINES: ReadonlyMap<string, () => Promise<unknown>> = new Map(
  Object.entries(files).map(([path, load]) => {
    const name = path.split('/').at(-2)!;
    return [name === 'next-token' ? name : `nt-${name}`, load];
  }),
);

/** Attributes by tag, as the build read them from the documentation. */
export type Tags = Readonly<Record<string, readonly string[]>>;

const SHEET = `${heights}
:host { display: block; }
.all { display: flow-root; }
pre { overflow-x: auto; }`;

export class Stage {
  readonly #root: ShadowRoot;
  readonly #tags: ReadonlyMap<string, ReadonlySet<string>>;
  #turn = 0;

  constructor(host: HTMLElement, tags: Tags) {
    host.replaceChildren(); // what kept its place until now
    this.#tags = new Map(Object.entries(tags).map(([tag, attributes]) => [tag, new Set(attributes)]));
    this.#root = host.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
    this.#root.adoptedStyleSheets = [sheet];
  }

  /** Shows a text in a state. Returns what was left out of it. */
  async show(text: string, pose: Pose = 'written'): Promise<readonly string[]> {
    const turn = ++this.#turn;
    const { nodes, dropped } = safeTree(text, this.#tags);
    const all = document.createElement('div');
    all.className = 'all';
    all.append(nodes);
    const ours = [...all.querySelectorAll<NtElement>('*')].filter((element) => DEFINES.has(element.localName));
    await Promise.all([...new Set(ours.map((element) => element.localName))].map((tag) => DEFINES.get(tag)!()));
    const curve = ours.some((element) => element.localName === 'nt-loss-chart') ? await losses(pose) : undefined;
    const run = pose === 'written' ? undefined : await posed(isChinese() ? RECORDED_CHINESE : RECORDED, pose);
    if (turn !== this.#turn) return dropped; // another text has come meanwhile
    for (const element of ours) customElements.upgrade(element);
    for (const element of ours)
      if (element.localName === 'nt-loss-chart') Object.assign(element, curve);
      else if (run && !(element.parentElement?.closest('next-token') || element.htmlFor)) element.run = run;
    this.#root.replaceChildren(all);
    if (pose === 'running') void run?.run();
    return dropped;
  }
}
