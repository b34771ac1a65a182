/** When a model is loaded, and what is shown before: the part of `<next-token>` that minds a visitor's bytes. */
import type { ReactiveController } from 'lit';
import type { RunFile } from '../../run/recording.ts';
import type { LiveRun, Services } from '../../run/services.ts';
import type { Run, Sampling } from '../../run/types.ts';
import { registry } from '../core/registry.ts';

/** More candidates than are shown: rows below the drawn one need them. */
const MORE = 16;

interface NavigatorData {
  readonly connection?: { readonly saveData?: boolean };
}

/** What the element says about its model. */
export interface Opener extends HTMLElement, Sampling {
  readonly view: 'wheel' | 'text' | 'none';
  readonly model: string;
  readonly prompt: string;
  readonly src: string;
  readonly record: string;
  readonly candidates: number;
  readonly maxTokens: number;
  readonly autoLimit: number;
  readonly autoplay: boolean;
  readonly loading: 'lazy' | 'eager';
  readonly reveal: 'auto' | 'interaction';
  readonly wantedEngine: 'auto' | 'gpu' | 'cpu';
  readonly language: string;
  run: Run | undefined;
  addController(controller: ReactiveController): void;
  requestUpdate(): void;
}

export class Opening implements ReactiveController {
  live: LiveRun | undefined;
  /** Bytes of the model; 0 while they are not known. */
  size = 0;
  /** Its name for people; '' while it is not known. */
  title = '';
  /** The visitor has written a text: no recording replaces it. */
  edited = false;
  readonly #host: Opener;
  readonly #failed: (error: unknown) => void;
  #near: IntersectionObserver | undefined;
  #isNear = false;
  /** Whether it loads by itself is not known yet. */
  deciding = true;
  #asked = false;
  readonly #begin = () => this.begin();

  constructor(host: Opener, failed: (error: unknown) => void) {
    this.#host = host;
    this.#failed = failed;
    host.addController(this);
  }

  hostConnected(): void {
    registry.changes.addEventListener('change', this.#begin);
    this.#near ??= new IntersectionObserver(
      (entries) => {
        this.#isNear = entries.at(-1)!.isIntersecting;
        this.attend();
        if (this.#isNear) void this.#reveal();
      },
      { rootMargin: '25%' },
    );
    this.#near.observe(this.#host);
    this.#host.addEventListener('focusin', this.attend);
    this.#host.addEventListener('focusout', this.attend);
  }

  hostDisconnected(): void {
    registry.changes.removeEventListener('change', this.#begin);
    this.#near?.disconnect();
    this.#isNear = false;
    queueMicrotask(() => {
      if (!this.#host.isConnected) this.#close(); // else it was only moved
    });
  }

  hostUpdated(): void {
    this.begin();
  }

  #close(): void {
    if (this.#host.run === this.live) this.#host.run = undefined;
    this.live?.close();
    this.live = undefined;
    this.#asked = false;
  }

  /** A Run of its own, once there are services and the element knows its language. */
  begin(): void {
    const { services } = registry;
    const host = this.#host;
    if (!services || this.live || host.run || host.src || !host.isConnected) return;
    const source = this.#source(services);
    const shipped = services.shipped.find(({ name }) => name === source);
    const live = services.live({
      source,
      engine: host.wantedEngine,
      prompt: host.prompt || (shipped?.prompt ?? ''),
      candidates: host.candidates + MORE,
    });
    this.live = live;
    host.run = live;
    this.settle(undefined);
    void this.#poster(services, live);
    this.size = shipped?.bytes ?? 0;
    this.title = shipped?.title ?? '';
    // until a press, nothing is asked of an address
    if (!shipped && host.reveal === 'auto')
      services.facts(source).then(
        ({ bytes }) => {
          this.size = bytes;
          host.requestUpdate();
        },
        () => undefined, // the button then names no size
      );
    if (host.loading === 'eager' || this.#isNear) void this.#reveal();
  }

  #source(services: Services): string {
    if (this.#host.model) return this.#host.model;
    const language = this.#host.language.split('-')[0];
    return (services.shipped.find((model) => model.language.startsWith(language)) ?? services.shipped[0]).name;
  }

  /** The element's settings go to its Run. */
  settle(pace: number | undefined): void {
    const { live } = this;
    if (!live) return;
    const { temperature, topK, topP, seed, maxTokens } = this.#host;
    live.maxTokens = maxTokens;
    live.pace = pace;
    const now = live.sampling;
    if (now.temperature !== temperature || now.topK !== topK || now.topP !== topP || now.seed !== seed)
      live.setSampling({ temperature, topK, topP, seed });
  }

  edit(text: string): void {
    this.edited = true;
    this.live?.setPrompt(text);
  }

  /** The text as it was before a page was left. */
  restore(text: string, tokens: readonly number[]): void {
    this.edit(text);
    void this.live?.restore(tokens);
  }

  /** A recording that begins with the same text and settings is shown until the model is there. */
  async #poster(services: Services, live: LiveRun): Promise<void> {
    const host = this.#host;
    try {
      const file = await (host.record ? this.#recorded(services) : services.poster(this.#source(services)));
      if (!file || live !== this.live || this.edited) return;
      const { temperature, topK, topP, seed } = file.sampling;
      const same = temperature === host.temperature && topK === host.topK && topP === host.topP && seed === host.seed;
      if (same && (host.prompt === '' || host.prompt === file.prompt)) live.poster(file);
    } catch (error) {
      if (host.record) this.#failed(error);
    }
  }

  async #recorded(services: Services): Promise<RunFile> {
    const run = await services.recorded(new URL(this.#host.record, document.baseURI).href);
    return run.file;
  }

  /** Visible and focused texts are computed first; others rest. */
  readonly attend = () => {
    const focused = this.#host.matches(':focus-within');
    // one that shows nothing of its own is seen through others
    const seen = this.#isNear || this.#host.view === 'none';
    this.live?.attend(focused ? 'focused' : seen ? 'visible' : 'hidden');
  };

  /** Loads by itself what a visitor would not mind. */
  async #reveal(): Promise<void> {
    const { services } = registry;
    const { reveal, autoLimit } = this.#host;
    if (this.#asked || !services || !this.live) return;
    this.#asked = true;
    if (reveal === 'interaction') return this.#decided();
    const facts = await services.facts(this.#source(services)).catch(() => ({ bytes: 0, cached: false }));
    const saving = (navigator as NavigatorData).connection?.saveData === true;
    this.#decided();
    if (facts.cached || (!saving && facts.bytes > 0 && facts.bytes <= autoLimit)) await this.load();
  }

  #decided(): void {
    this.deciding = false;
    this.#host.requestUpdate();
  }

  /** Loads the model, whatever its size. */
  async load(): Promise<void> {
    const { live } = this;
    if (!live) return;
    this.#asked = true;
    await live.open();
    if (live.state === 'ready' && live === this.live && this.#host.autoplay) void live.run();
  }
}
