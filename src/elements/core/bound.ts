/**
 * Finds the Run that an element shows, and looks again whenever a better one may have come: set as a property; recorded at `src`; of
 * the provider named by `for`; of a provider around it (the context protocol, through shadow roots); of the only provider beside it.
 */
import { ContextEvent, createContext } from '@lit/context';
import type { LitElement, ReactiveController } from 'lit';
import type { Run, RunChange, RunKey, Want } from '../../run/types.ts';
import { onlyRun, registry, runById } from './registry.ts';

/** Two copies of this code understand each other. */
export const runContext = createContext<Run>(Symbol.for('nextoken.run'));

/** What an element tells about where its Run comes from. */
export interface BoundHost extends LitElement {
  run: Run | undefined;
  src: string;
  htmlFor: string;
  /** It shows a Run of its own: no other's. */
  readonly provides?: boolean;
}

export interface BoundOptions {
  /** Changes after which the element is drawn again. */
  readonly keys: readonly RunKey[];
  /** What is asked of the Run while the element is visible. */
  readonly wants?: () => readonly Want[];
  /** After each change of the Run or in it; `undefined`: another Run. */
  readonly onChange: (keys: ReadonlySet<RunKey> | undefined) => void;
  readonly onError: (error: unknown) => void;
}

export class Bound implements ReactiveController {
  run: Run | undefined;
  /** It is on the screen, or near. */
  visible = false;
  readonly #host: BoundHost;
  readonly #options: BoundOptions;
  readonly #look = () => this.look();
  readonly #change = (event: Event) => this.#changed((event as RunChange).keys);
  #observer: IntersectionObserver | undefined;
  #wanted = new Map<Want, () => void>();
  /** The recorded Run at an address, and the loading of it. */
  #recorded: { readonly address: string; run: Run | undefined; readonly life: AbortController } | undefined;

  constructor(host: BoundHost, options: BoundOptions) {
    this.#host = host;
    this.#options = options;
    host.addController(this);
  }

  hostConnected(): void {
    registry.changes.addEventListener('change', this.#look);
    this.#observer ??= new IntersectionObserver(
      (entries) => {
        const visible = entries.at(-1)!.isIntersecting;
        if (visible === this.visible) return;
        this.visible = visible;
        this.want();
        this.#host.requestUpdate();
      },
      { rootMargin: '25%' },
    );
    this.#observer.observe(this.#host);
    this.look();
  }

  hostDisconnected(): void {
    registry.changes.removeEventListener('change', this.#look);
    this.#observer?.disconnect();
    this.visible = false;
    this.#recorded?.life.abort();
    this.#recorded = undefined;
    this.#use(undefined);
  }

  /** Looks for the Run again. */
  look(): void {
    if (!this.#host.isConnected) return;
    this.#use(this.#find());
  }

  #find(): Run | undefined {
    const { run, src, htmlFor } = this.#host;
    if (run) return run;
    if (src) return this.#record(src);
    if (this.#host.provides) return undefined;
    if (htmlFor) return runById(this.#host, htmlFor);
    return this.#context() ?? onlyRun(this.#host);
  }

  #record(src: string): Run | undefined {
    const address = new URL(src, document.baseURI).href;
    if (this.#recorded?.address === address) return this.#recorded.run;
    this.#recorded?.life.abort();
    const { services } = registry;
    if (!services) return undefined; // they may come
    const recorded = (this.#recorded = { address, run: undefined as Run | undefined, life: new AbortController() });
    services.recorded(address, recorded.life.signal).then(
      (run) => {
        recorded.run = run;
        this.look();
      },
      (error: unknown) => {
        if (!recorded.life.signal.aborted) this.#options.onError(error);
      },
    );
    return undefined;
  }

  #context(): Run | undefined {
    let around: Run | undefined;
    const found = (run: Run) => (around = run);
    this.#host.dispatchEvent(new ContextEvent(runContext, this.#host, found, false));
    return around;
  }

  #use(run: Run | undefined): void {
    if (run === this.run) return;
    for (const release of this.#wanted.values()) release();
    this.#wanted.clear();
    this.run?.removeEventListener('change', this.#change);
    this.run = run;
    run?.addEventListener('change', this.#change);
    this.want();
    this.#options.onChange(undefined);
    this.#host.requestUpdate();
  }

  /** Asks the Run for what is wanted now; call it after that has changed. */
  want(): void {
    const { run } = this;
    const wanted = new Set(run && this.visible ? (this.#options.wants?.() ?? []) : []);
    for (const [what, release] of this.#wanted)
      if (!wanted.has(what)) {
        release();
        this.#wanted.delete(what);
      }
    for (const what of wanted) if (!this.#wanted.has(what)) this.#wanted.set(what, run!.want(what));
  }

  #changed(keys: ReadonlySet<RunKey>): void {
    this.#options.onChange(keys);
    if (this.#options.keys.some((key) => keys.has(key))) this.#host.requestUpdate();
  }
}
