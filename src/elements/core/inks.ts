/** The tokens as an element sees them, as numbers: what canvases and exported pictures draw with. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { COLOUR_NAMES, type ColourName, type Rgb } from './colours.ts';

export type Inks = Readonly<Record<ColourName, Rgb>>;

let pixel: OffscreenCanvasRenderingContext2D | null | undefined;

/** A computed colour as opaque sRGB. A page may set a token in any notation (`oklch(…)`); a canvas of one pixel converts what is not rgb(). */
function toRgb(computed: string): Rgb {
  const plain = /^rgba?\((\d+), (\d+), (\d+)/.exec(computed);
  if (plain) return [Number(plain[1]), Number(plain[2]), Number(plain[3])];
  pixel ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (!pixel) return [0, 0, 0];
  pixel.fillStyle = computed;
  pixel.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = pixel.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/**
 * The computed value of every token at `element`. The value of a custom property is text that still says `light-dark(…)`; only a
 * property that takes colours resolves it. So each is looked at through the element's own `color`, which is put back before anything
 * is painted.
 */
export function readInks(element: HTMLElement | SVGElement): Inks {
  const { style } = element;
  const kept = ['color', 'transition'].map((name) => [
    name,
    style.getPropertyValue(name),
    style.getPropertyPriority(name),
  ]);
  const bare = !element.hasAttribute('style');
  const computed = getComputedStyle(element);
  style.setProperty('transition', 'none', 'important'); // else each value would be the start of a transition from the one before
  const inks = Object.fromEntries(
    COLOUR_NAMES.map((name) => {
      style.setProperty('color', `var(--nt-${name})`, 'important');
      return [name, toRgb(computed.color)];
    }),
  );
  for (const [name = '', value = '', priority] of kept) style.setProperty(name, value, priority);
  if (bare && element.hasAttribute('style')) element.removeAttribute('style'); // Chromium removes only what has been asked for
  return inks as Inks;
}

/** The node around it in the tree that styles are inherited through. */
function around(node: Node): Node | null {
  return (node as Element).assignedSlot ?? (node instanceof ShadowRoot ? node.host : node.parentNode);
}

type Host = ReactiveControllerHost & HTMLElement;

/**
 * Keeps the inks of an element and says when they have changed, so that its canvases are drawn again: the system's theme, forced
 * colours, print, or an attribute of an element around it, which is how pages switch themes. What is compared are the colours
 * themselves; other changes of those attributes cost one look a frame and no drawing.
 *
 *     readonly inks = new InksController(this);      // default: the element is updated again
 *     … tint(this.inks.now.sheet, this.inks.now.ink, p)
 */
export class InksController implements ReactiveController {
  #inks: Inks | undefined;
  #frame = 0;
  readonly #observer = new MutationObserver(() => this.#soon());
  readonly #media = ['(prefers-color-scheme: dark)', '(forced-colors: active)', 'print'].map((query) =>
    matchMedia(query),
  );

  private readonly host: Host;
  private readonly changed: () => void;

  constructor(host: Host, changed: () => void = () => host.requestUpdate()) {
    this.host = host;
    this.changed = changed;
    host.addController(this);
  }

  /** The inks as they are now. */
  get now(): Inks {
    return (this.#inks ??= this.#read());
  }

  hostConnected(): void {
    for (const list of this.#media) list.addEventListener('change', this.#look);
    for (let node: Node | null = this.host; node; node = around(node))
      if (node instanceof Element)
        this.#observer.observe(node, { attributeFilter: ['theme', 'class', 'style', 'data-theme'] });
    if (this.#inks) this.#look(); // it has moved
  }

  hostUpdated(): void {
    this.#fixInherited();
  }

  hostDisconnected(): void {
    for (const list of this.#media) list.removeEventListener('change', this.#look);
    this.#observer.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #soon(): void {
    this.#frame ||= requestAnimationFrame(this.#look);
  }

  readonly #look = (): void => {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#fixInherited();
    const before = this.#inks;
    if (!before) return; // nobody has asked for numbers; styles follow by themselves
    this.#inks = this.#read();
    if (String(Object.values(before)) !== String(Object.values(this.#inks))) this.changed();
  };

  #read(): Inks {
    const inks = readInks(this.host);
    this.#observer.takeRecords(); // reading is no change
    return inks;
  }

  /** `theme="inherit"`: the text colour of the page as a fixed value. `currentColor` inside a filled button would be the button's own. */
  #fixInherited(): void {
    const { style } = this.host;
    const outside = around(this.host);
    if (this.host.getAttribute('theme') === 'inherit' && outside instanceof Element)
      style.setProperty('--nt-inherited', getComputedStyle(outside).color);
    else if (style.getPropertyValue('--nt-inherited')) style.removeProperty('--nt-inherited');
    else return;
    this.#observer.takeRecords();
  }
}
