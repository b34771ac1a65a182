/** How wide a text is in a block, without laying anything out. */
const widths = new Map<string, number>();
let pen: CanvasRenderingContext2D | null | undefined;
let font = '';

/** Text is measured in this family from now on. */
export function useFamily(family: string): void {
  if (font === `16px ${family}`) return;
  font = `16px ${family}`;
  forget();
}

/** Fonts have arrived. */
export const forget = (): void => widths.clear();

export function textWidth(text: string): number {
  const known = widths.get(text);
  if (known !== undefined) return known;
  pen ??= document.createElement('canvas').getContext('2d');
  if (!pen) return 9 * text.length;
  pen.font = font;
  const { width } = pen.measureText(text);
  widths.set(text, width);
  return width;
}

/** The end of a text, as much as is no wider than `most`. */
export function endOf(text: string, most: number): string {
  let from = 0;
  while (from < text.length && textWidth(`…${text.slice(from)}`) > most)
    from += text.codePointAt(from)! > 0xffff ? 2 : 1;
  return from === 0 ? text : `…${text.slice(from)}`;
}
