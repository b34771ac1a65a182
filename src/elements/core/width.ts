/** How wide the element is, in CSS pixels: pictures are drawn in pixels of their own width, and again when it changes. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

/**
 * It measures a line without height in the shadow root, not the element: an element may then set its own height by its width without
 * being told of that in turn, which browsers report as an error.
 */
export class Width implements ReactiveController {
  /** 0 until it is laid out. */
  now = 0;
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #observer: ResizeObserver | undefined;
  #line: HTMLElement | undefined;

  /** `changed` is called before anything is painted at the new width. */
  constructor(host: ReactiveControllerHost & HTMLElement, changed: () => void = () => host.requestUpdate()) {
    this.#host = host;
    host.addController(this);
    if (typeof ResizeObserver === 'undefined') return; // on a server
    this.#observer = new ResizeObserver((entries) => {
      const { width } = entries.at(-1)!.contentRect;
      if (width === this.now) return;
      this.now = width;
      changed();
    });
  }

  hostConnected(): void {
    if (!this.#line) {
      this.#line = document.createElement('div');
      this.#host.shadowRoot!.append(this.#line);
    }
    this.#observer?.observe(this.#line);
  }

  hostDisconnected(): void {
    this.#observer?.disconnect();
  }
}
