/** How wide the element is, in CSS pixels: pictures are drawn in pixels of their own width, and again when it changes. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class Width implements ReactiveController {
  /** 0 until it is laid out. */
  now = 0;
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #changed: () => void;
  #observer: ResizeObserver | undefined;

  /** `changed` is called before anything is painted at the new width. */
  constructor(host: ReactiveControllerHost & HTMLElement, changed: () => void = () => host.requestUpdate()) {
    this.#host = host;
    this.#changed = changed;
    host.addController(this);
  }

  hostConnected(): void {
    this.#observer ??= new ResizeObserver((entries) => {
      const width = entries.at(-1)!.contentRect.width;
      if (width === this.now) return;
      this.now = width;
      this.#changed();
    });
    this.#observer.observe(this.#host);
  }

  hostDisconnected(): void {
    this.#observer?.disconnect();
  }
}
