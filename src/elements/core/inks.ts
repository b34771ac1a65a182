/** The tokens as an element sees them, as numbers: what canvases and exported pictures draw with. */
import { COLOUR_NAMES, type ColourName, type Rgb } from './colours.ts';

export type Inks = Readonly<Record<ColourName, Rgb>>;

let pixel: OffscreenCanvasRenderingContext2D | null | undefined;

/** A computed colour as sRGB. A page may set a token in any notation (`oklch(…)`); a canvas of one pixel converts what is not rgb(). */
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
 * The computed value of every token at `element`, best the canvas itself. The value of a custom property is text that still says
 * `light-dark(…)`; only a property that takes colours resolves it. So each is looked at through the element's own `color`, which is
 * put back before anything is painted.
 */
export function readInks(element: HTMLElement | SVGElement): Inks {
  const { style } = element;
  const [before, priority] = [style.getPropertyValue('color'), style.getPropertyPriority('color')];
  const [motion, motionPriority] = [style.getPropertyValue('transition'), style.getPropertyPriority('transition')];
  const computed = getComputedStyle(element);
  style.setProperty('transition', 'none', 'important'); // else each value would be the start of a transition from the one before
  const inks = Object.fromEntries(
    COLOUR_NAMES.map((name) => {
      style.setProperty('color', `var(--nt-${name})`, 'important');
      return [name, toRgb(computed.color)];
    }),
  );
  style.setProperty('color', before, priority);
  style.setProperty('transition', motion, motionPriority);
  return inks as Inks;
}
