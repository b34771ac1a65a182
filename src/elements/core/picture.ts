/**
 * A picture of what an element shows, as SVG or PNG: the boxes, lines, texts and canvases on the screen become one list of shapes with
 * literal colours, which both forms are written from. So an export always shows what the screen shows, and needs no second drawing.
 */

export type PictureFormat = 'svg' | 'png';
export type ExportFormat = PictureFormat | 'json' | 'tsv';

type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

interface Paint {
  readonly fill?: string;
  readonly stroke?: string;
  readonly width?: number;
  readonly dash?: string;
}

type Shape =
  | ({ readonly kind: 'path'; readonly d: string; readonly matrix: Matrix } & Paint)
  | {
      readonly kind: 'text';
      readonly text: string;
      readonly font: string;
      readonly matrix: Matrix;
      readonly fill: string;
    }
  | {
      readonly kind: 'image';
      readonly canvas: HTMLCanvasElement;
      readonly matrix: Matrix;
      readonly size: [number, number];
    };

const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];
/** Hatching: what stands for "not known". */
const HATCH = 'hatch';

/** The element's picture in a file. `title` says what it shows. */
export async function pictureAs(format: PictureFormat, element: HTMLElement, title: string): Promise<Blob> {
  const { width, height } = element.getBoundingClientRect();
  const ground = groundOf(element);
  const shapes = shapesOf(element);
  if (format === 'svg') return new Blob([svgOf(shapes, width, height, ground, title)], { type: 'image/svg+xml' });
  return pngOf(shapes, width, height, ground);
}

/** Walks what is on the screen, in the order in which it is painted. */
function shapesOf(root: HTMLElement): Shape[] {
  const origin = root.getBoundingClientRect();
  const shapes: Shape[] = [];
  const walk = (node: Node) => {
    if (node instanceof Text) return void shapes.push(...textShapes(node, origin));
    if (!(node instanceof Element)) return;
    const style = getComputedStyle(node);
    if (style.display === 'none' || style.visibility !== 'visible' || style.opacity === '0') return;
    if (style.clipPath !== 'none') return; // for screen readers only
    if (node instanceof SVGElement) shapes.push(...graphicShapes(node, style, origin));
    else if (style.display !== 'contents') shapes.push(...boxShapes(node, style, origin));
    const children =
      node instanceof HTMLSlotElement ? node.assignedNodes({ flatten: true }) : (node.shadowRoot ?? node).childNodes;
    if (!(node instanceof SVGTextElement)) children.forEach(walk);
  };
  walk(root);
  return shapes;
}

const seen = (colour: string): boolean => colour !== 'transparent' && !/(?:,\s*|\/\s*)0\)$/.test(colour);
const rect = (x: number, y: number, w: number, h: number): string =>
  `M${round(x)} ${round(y)}h${round(w)}v${round(h)}h${round(-w)}z`;
const round = (x: number): number => Math.round(100 * x) / 100;

function boxShapes(element: Element, style: CSSStyleDeclaration, origin: DOMRect): Shape[] {
  const box = element.getBoundingClientRect();
  const [x, y, w, h] = [box.left - origin.left, box.top - origin.top, box.width, box.height];
  const shapes: Shape[] = [];
  const area = (fill: string) => shapes.push({ kind: 'path', d: rect(x, y, w, h), matrix: IDENTITY, fill });
  if (seen(style.backgroundColor)) area(style.backgroundColor);
  if (style.backgroundImage.includes('gradient')) area(HATCH);
  if (element instanceof HTMLCanvasElement && w * h > 0)
    shapes.push({ kind: 'image', canvas: element, matrix: [1, 0, 0, 1, x, y], size: [w, h] });
  const sides = [
    ['Top', rect(x, y, w, parseFloat(style.borderTopWidth))],
    ['Bottom', rect(x, y + h - parseFloat(style.borderBottomWidth), w, parseFloat(style.borderBottomWidth))],
    ['Left', rect(x, y, parseFloat(style.borderLeftWidth), h)],
    ['Right', rect(x + w - parseFloat(style.borderRightWidth), y, parseFloat(style.borderRightWidth), h)],
  ] as const;
  for (const [side, d] of sides) {
    const fill = style[`border${side}Color`];
    if (parseFloat(style[`border${side}Width`]) > 0 && style[`border${side}Style`] !== 'none' && seen(fill))
      shapes.push({ kind: 'path', d, matrix: IDENTITY, fill });
  }
  if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) {
    const [width, off] = [parseFloat(style.outlineWidth), parseFloat(style.outlineOffset)];
    const grow = off + width / 2;
    const d = rect(x - grow, y - grow, w + 2 * grow, h + 2 * grow);
    shapes.push({ kind: 'path', d, matrix: IDENTITY, stroke: style.outlineColor, width });
  }
  return shapes;
}

const measure = () => document.createElement('canvas').getContext('2d')!;
let pen: CanvasRenderingContext2D | undefined;

const fontOf = (style: CSSStyleDeclaration): string =>
  `${style.fontStyle === 'italic' ? 'italic ' : ''}${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;

/** One shape for each line that the text is broken into. */
function textShapes(node: Text, origin: DOMRect): Shape[] {
  const parent = node.parentElement;
  if (!parent || !node.data.trim()) return [];
  const style = getComputedStyle(parent);
  const font = fontOf(style);
  const range = document.createRange();
  const lines: { text: string; left: number; top: number }[] = [];
  for (let i = 0; i < node.length; i++) {
    range.setStart(node, i);
    range.setEnd(node, i + 1);
    const box = range.getClientRects()[0] as DOMRect | undefined;
    if (!box || box.width === 0) continue;
    const last = lines.at(-1);
    if (last && Math.abs(last.top - box.top) < 2) last.text += node.data[i];
    else lines.push({ text: node.data[i], left: box.left, top: box.top });
  }
  pen ??= measure();
  pen.font = font;
  const ascent = pen.measureText('x').fontBoundingBoxAscent;
  return lines.map(({ text, left, top }) => ({
    kind: 'text',
    text,
    font,
    matrix: [1, 0, 0, 1, left - origin.left, top - origin.top + ascent],
    fill: style.color,
  }));
}

/** Graphics of an inline SVG. Its texts are placed by their first baseline. */
function graphicShapes(element: SVGElement, style: CSSStyleDeclaration, origin: DOMRect): Shape[] {
  if (!(element instanceof SVGGraphicsElement)) return [];
  const ctm = element.getScreenCTM();
  if (!ctm) return [];
  const matrix: Matrix = [ctm.a, ctm.b, ctm.c, ctm.d, ctm.e - origin.left, ctm.f - origin.top];
  if (element instanceof SVGTextElement) {
    const box = element.getBBox();
    const y = element.y.baseVal.length ? element.y.baseVal[0].value : 0;
    const at: Matrix = [
      ctm.a,
      ctm.b,
      ctm.c,
      ctm.d,
      matrix[4] + ctm.a * box.x + ctm.c * y,
      matrix[5] + ctm.b * box.x + ctm.d * y,
    ];
    return [{ kind: 'text', text: element.textContent ?? '', font: fontOf(style), matrix: at, fill: style.fill }];
  }
  const d = pathOf(element);
  if (!d) return [];
  const fill = style.fill === 'none' ? undefined : style.fill.startsWith('url') ? HATCH : style.fill;
  const stroke = style.stroke === 'none' ? undefined : style.stroke;
  const dash = style.strokeDasharray === 'none' ? undefined : style.strokeDasharray;
  return [
    {
      kind: 'path',
      d,
      matrix,
      ...(fill && { fill }),
      ...(stroke && { stroke, width: parseFloat(style.strokeWidth) }),
      ...(dash && { dash }),
    },
  ];
}

function pathOf(element: SVGGraphicsElement): string | undefined {
  if (element instanceof SVGPathElement) return element.getAttribute('d') ?? undefined;
  if (element instanceof SVGRectElement) {
    const { x, y, width, height } = element;
    return rect(x.baseVal.value, y.baseVal.value, width.baseVal.value, height.baseVal.value);
  }
  if (element instanceof SVGLineElement) {
    const { x1, y1, x2, y2 } = element;
    return `M${x1.baseVal.value} ${y1.baseVal.value}L${x2.baseVal.value} ${y2.baseVal.value}`;
  }
  if (element instanceof SVGCircleElement) {
    const [x, y, r] = [element.cx.baseVal.value, element.cy.baseVal.value, element.r.baseVal.value];
    return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
  }
  if (element instanceof SVGPolylineElement || element instanceof SVGPolygonElement)
    return `M${element.getAttribute('points') ?? ''}${element instanceof SVGPolygonElement ? 'z' : ''}`;
  return undefined;
}

/** The colour behind the element: the first one that is painted, outward. */
function groundOf(element: Element): string {
  for (let at: Element | null = element; at;) {
    const { backgroundColor } = getComputedStyle(at);
    if (seen(backgroundColor)) return backgroundColor;
    const root = at.getRootNode();
    at = at.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
  }
  return 'white';
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

/** A font as attributes: a page that shows the file may refuse styles. */
function fontAttributes(font: string): string {
  const [, italic, weight, size, family] = /^(italic )?(\S+) (\S+) (.*)$/.exec(font)!;
  return `${italic ? ' font-style="italic"' : ''} font-weight="${weight}" font-size="${size}" font-family="${escaped(family)}"`;
}

function svgOf(shapes: readonly Shape[], width: number, height: number, ground: string, title: string): string {
  const place = (m: Matrix) => (m.join() === IDENTITY.join() ? '' : ` transform="matrix(${m.map(round).join(' ')})"`);
  const body = shapes.map((shape) => {
    if (shape.kind === 'image')
      return `<image${place(shape.matrix)} width="${shape.size[0]}" height="${shape.size[1]}" href="${shape.canvas.toDataURL()}"/>`;
    if (shape.kind === 'text')
      return `<text${place(shape.matrix)}${fontAttributes(shape.font)} xml:space="preserve" fill="${escaped(shape.fill)}">${escaped(shape.text)}</text>`;
    const fill = shape.fill === HATCH ? 'url(#hatch)' : (shape.fill ?? 'none');
    const line = shape.stroke ? ` stroke="${shape.stroke}" stroke-width="${shape.width ?? 1}"` : '';
    return `<path${place(shape.matrix)} d="${shape.d}" fill="${fill}"${line}${shape.dash ? ` stroke-dasharray="${shape.dash}"` : ''}/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${round(width)}" height="${round(height)}" role="img"><title>${escaped(title)}</title><defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M0 8L8 0" stroke="#888"/></pattern></defs><rect width="100%" height="100%" fill="${ground}"/>\n${body.join('\n')}\n</svg>\n`;
}

async function pngOf(shapes: readonly Shape[], width: number, height: number, ground: string): Promise<Blob> {
  const scale = Math.max(2, devicePixelRatio);
  const canvas = new OffscreenCanvas(Math.ceil(width * scale), Math.ceil(height * scale));
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  context.fillStyle = ground;
  context.fillRect(0, 0, width, height);
  const hatch = hatching(context);
  for (const shape of shapes) {
    context.save();
    context.transform(...shape.matrix);
    if (shape.kind === 'image') context.drawImage(shape.canvas, 0, 0, ...shape.size);
    else if (shape.kind === 'text') {
      context.font = shape.font;
      context.fillStyle = shape.fill;
      context.fillText(shape.text, 0, 0);
    } else {
      const path = new Path2D(shape.d);
      if (shape.fill) {
        context.fillStyle = shape.fill === HATCH ? hatch : shape.fill;
        context.fill(path);
      }
      if (shape.stroke) {
        context.strokeStyle = shape.stroke;
        context.lineWidth = shape.width ?? 1;
        context.setLineDash((shape.dash ?? '').split(/[ ,]+/).filter(Boolean).map(parseFloat));
        context.stroke(path);
      }
    }
    context.restore();
  }
  return canvas.convertToBlob({ type: 'image/png' });
}

function hatching(context: OffscreenCanvasRenderingContext2D): CanvasPattern {
  const tile = new OffscreenCanvas(8, 8);
  const pen = tile.getContext('2d')!;
  pen.strokeStyle = '#888';
  for (const shift of [-8, 0, 8]) {
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
  }
  pen.stroke();
  return context.createPattern(tile, 'repeat')!;
}
