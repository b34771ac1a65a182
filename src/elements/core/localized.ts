/**
 * The texts of an element in the language of its place: the nearest `lang`, through shadow roots. English is in the code, other
 * languages are modules, loaded when they are needed. Not @lit/localize: it knows one language for a whole page, but an element has one
 * of its own; and here the compiler sees that no text is missing.
 */
import type { LitElement, ReactiveController } from 'lit';

/** Modules of texts by the language's first part. */
export type Translations<T> = Readonly<Record<string, () => Promise<{ readonly default: T }>>>;

/** The language of a place: `en` where nothing says. */
export function languageOf(element: Element): string {
  for (let at: Element | undefined = element; at;) {
    const near: Element | null = at.closest('[lang]');
    const lang = near?.getAttribute('lang');
    if (lang) return lang;
    const root: Node = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : undefined;
  }
  return 'en';
}

/** Elements to tell when a `lang` changes anywhere: one observer for a page. */
const listeners = new Set<() => void>();
let observer: MutationObserver | undefined;

function listen(listener: () => void): void {
  observer ??= new MutationObserver(() => {
    for (const tell of listeners) tell();
  });
  observer.observe(document, { subtree: true, attributes: true, attributeFilter: ['lang'] });
  listeners.add(listener);
}

export class Localized<T> implements ReactiveController {
  /** BCP 47, for Intl. */
  lang = 'en';
  t: T;
  /** Resolves when the texts of the language are there; they are waited for before the first rendering. */
  ready: Promise<void> = Promise.resolve();
  readonly #host: LitElement;
  readonly #english: T;
  readonly #others: Translations<T>;
  readonly #listener = () => this.#look();

  constructor(host: LitElement, english: T, others: Translations<T> = {}) {
    this.#host = host;
    this.#english = english;
    this.#others = others;
    this.t = english;
    host.addController(this);
  }

  hostConnected(): void {
    listen(this.#listener);
    this.#look();
  }

  hostDisconnected(): void {
    listeners.delete(this.#listener);
  }

  #look(): void {
    const lang = languageOf(this.#host);
    if (lang === this.lang) return;
    this.lang = lang;
    const load = this.#others[lang.split('-')[0].toLowerCase()];
    if (!load) {
      this.t = this.#english;
      this.#host.requestUpdate();
      return;
    }
    this.ready = load().then(
      ({ default: texts }) => {
        if (this.lang !== lang) return;
        this.t = texts;
        this.#host.requestUpdate();
      },
      () => undefined, // offline without these texts: English stays
    );
  }
}
