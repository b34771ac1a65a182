/** The blocks of a text in the DOM. Appends what is new and removes what is gone: earlier blocks are never touched. */
import type { TokenInfo } from '../../run/types.ts';
import { hex, shown } from '../core/token-text.ts';
import { commonStart, type Piece, PieceReader } from './pieces.ts';

/** Pixels a bit, and where a foot is cut. */
const BIT = 1.25;
const MOST_BITS = 12;

/** Blocks in one container, which the browser may skip as a whole. */
const CHUNK = 200;
/** From here on it does. */
const LONG = 2000;

export interface FlowOptions {
  readonly feet: boolean;
  readonly ids: boolean;
  readonly bytes: boolean;
  /** Name of a token for those who do not see it. */
  readonly name: (token: TokenInfo, piece: Piece) => string;
  /** The last token came last, and is marked. */
  readonly growing: boolean;
}

export const footOf = (bits: number): string => `${(BIT * Math.min(bits, MOST_BITS)).toFixed(2)}px`;

const span = (className: string, text = ''): HTMLSpanElement => {
  const element = document.createElement('span');
  element.className = className;
  if (text) element.textContent = text;
  return element;
};

export class Flow {
  readonly element: HTMLElement;
  readonly options: FlowOptions;
  readonly cells: HTMLElement[] = [];
  #tokens: readonly TokenInfo[] = [];
  /** What was read before each chunk, to go on from there when later ones are removed. */
  #readers: PieceReader[] = [];
  #reader = new PieceReader();
  #marked: Element | undefined;

  constructor(element: HTMLElement, options: FlowOptions) {
    this.element = element;
    this.options = options;
    element.replaceChildren();
  }

  /** True when something has changed. */
  show(tokens: readonly TokenInfo[]): boolean {
    const keep = commonStart(this.#tokens, tokens);
    if (keep === this.#tokens.length && keep === tokens.length) return false;
    if (keep < this.#tokens.length) this.#cut(keep);
    for (let i = this.cells.length; i < tokens.length; i++) this.#append(tokens[i]);
    this.#tokens = tokens;
    this.element.classList.toggle('long', tokens.length > LONG);
    const last = this.cells.at(-1)?.firstElementChild ?? undefined;
    if (last !== this.#marked) {
      this.#marked?.classList.remove('drawn');
      if (this.options.growing && tokens.at(-1)?.by !== 'prompt') last?.classList.add('drawn');
      this.#marked = last;
    }
    return true;
  }

  #cut(to: number): void {
    const chunk = Math.floor(to / CHUNK);
    this.#reader = this.#readers[chunk]?.copy() ?? new PieceReader();
    for (const token of this.#tokens.slice(chunk * CHUNK, to)) this.#reader.read(token);
    this.#readers.length = Math.min(this.#readers.length, chunk + 1);
    for (const cell of this.cells.splice(to)) {
      if (cell.nextElementSibling?.localName === 'br') cell.nextElementSibling.remove();
      cell.remove();
    }
    while (this.element.lastElementChild && this.element.childElementCount > Math.ceil(to / CHUNK))
      this.element.lastElementChild.remove();
    if (to % CHUNK === 0) this.#readers.length = chunk;
  }

  #append(token: TokenInfo): void {
    if (this.cells.length % CHUNK === 0) {
      this.#readers.push(this.#reader.copy());
      const chunk = span('chunk');
      chunk.role = 'presentation';
      this.element.append(chunk);
    }
    const cell = this.#cell(token, this.#reader.read(token));
    this.cells.push(cell);
    const chunk = this.element.lastElementChild!;
    chunk.append(cell);
    if (token.text.endsWith('\n')) chunk.append(document.createElement('br'));
  }

  #cell(token: TokenInfo, piece: Piece): HTMLElement {
    const { feet, ids, bytes, name } = this.options;
    const cell = span('cell');
    cell.role = 'option';
    cell.tabIndex = -1;
    cell.ariaSelected = 'false';
    cell.ariaLabel = name(token, piece);
    cell.title = cell.ariaLabel;
    cell.dataset['at'] = String(this.cells.length);
    const face = span(`token by-${token.by ?? 'draw'}${piece.part ? ' part' : ''}`, piece.part || shown(piece.text));
    face.setAttribute('part', 'token');
    face.translate = false;
    if (piece.whole) face.append(' ', span('whole', shown(piece.whole)));
    cell.append(face);
    const foot = span('foot');
    foot.setAttribute('part', 'foot');
    if (feet) {
      if (token.bits === undefined) foot.classList.add('unknown');
      else {
        foot.style.setProperty('--foot', footOf(token.bits));
        foot.classList.toggle('open', token.bits > MOST_BITS);
      }
    }
    cell.append(foot);
    if (ids) {
      const id = span('id', String(token.id));
      id.setAttribute('part', 'id');
      cell.append(' ', id);
    }
    if (bytes) cell.append(' ', span('hex', hex(token.bytes)));
    return cell;
  }
}

/** The cell above (−1) or below (1) one, where it is nearest. Reads the layout. */
function lineNeighbour(cells: readonly HTMLElement[], from: number, way: -1 | 1): number {
  const { offsetTop: top, offsetLeft: left } = cells[from];
  let found = from;
  let line: number | undefined;
  for (let i = from + way; i >= 0 && i < cells.length; i += way) {
    const { offsetTop, offsetLeft } = cells[i];
    if (offsetTop === top) continue;
    line ??= offsetTop;
    if (offsetTop !== line) break;
    if (found === from || Math.abs(offsetLeft - left) < Math.abs(cells[found].offsetLeft - left)) found = i;
  }
  return found;
}

/** Where a key leads from a cell; undefined for other keys. */
export function indexAfter(key: string, at: number, cells: readonly HTMLElement[]): number | undefined {
  const last = cells.length - 1;
  const steps: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    PageUp: at - 10,
    PageDown: at + 10,
    Home: 0,
    End: last,
  };
  if (key === 'ArrowUp' || key === 'ArrowDown') return lineNeighbour(cells, at, key === 'ArrowUp' ? -1 : 1);
  return key in steps ? Math.max(0, Math.min(last, steps[key])) : undefined;
}
