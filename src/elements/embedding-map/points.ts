/** What a map shows: points with names, where they lie on a plane, and which place of a text each one is. No DOM in here. */
import type { Embedding, Neighbour, Place, TokenInfo, WordPaths } from '../../run/types.ts';
import { fit, type Fitted, joined, nearOf, type Plane, planeOf } from './geometry.ts';
import type { Beside } from './parts.ts';

export type Kind = 'tokens' | 'positions' | 'words';

/** Answers that are kept. */
const REMEMBERED = 16;

export class Points {
  readonly kind: Kind;
  readonly names: readonly string[];
  readonly ids: readonly number[] | undefined;
  readonly vectors: Float32Array;
  readonly dim: number;
  readonly plane: Plane;
  /** A word's two paths: the points of the first text, then those of the second. */
  readonly words: WordPaths | undefined;
  /** The last answers, as one drawing asks several times. */
  readonly #near = new Map<string, Beside[]>();
  #fitted: Fitted = { places: new Float32Array(), outside: 0 };
  #fittedTo = '';

  constructor(source: Embedding | WordPaths, kind: Kind) {
    this.kind = kind;
    this.dim = source.dim;
    if ('paths' in source) {
      this.words = source;
      this.names = source.texts.flatMap((text) => source.layers.map((layer) => `${text} ${layer}`));
      this.vectors = joined(source.paths, source.dim);
    } else {
      this.names = source.names;
      this.ids = source.ids;
      this.vectors = source.vectors;
    }
    const given = 'projection' in source ? source.projection : undefined;
    this.plane = given ?? planeOf(this.vectors, this.dim);
  }

  get length(): number {
    return this.names.length;
  }

  /** Layers of a word's path, the embedding included; 0 for other points. */
  get steps(): number {
    return this.words?.layers.length ?? 0;
  }

  /** The id of a token or position. */
  idOf(index: number): number {
    return this.ids?.[index] ?? index;
  }

  /** A place that is pointed at anywhere, as a point of this map. */
  indexOf(place: Place | undefined, tokens: readonly TokenInfo[]): number | undefined {
    if (!place) return undefined;
    const { position, token, layer } = place;
    if (this.words) return layer === undefined || layer + 1 >= this.steps ? undefined : layer + 1;
    const id =
      this.kind === 'positions' ? position : (token ?? (position === undefined ? undefined : tokens[position]?.id));
    if (id === undefined) return undefined;
    const index = this.ids ? this.ids.indexOf(id) : id;
    return index >= 0 && index < this.length ? index : undefined;
  }

  /** What a point is for other pictures. */
  placeOf(index: number): Place {
    if (this.words) {
      const step = index % this.steps;
      return step ? { layer: step - 1 } : {};
    }
    const id = this.idOf(index);
    return this.kind === 'positions' ? { position: id } : { token: id };
  }

  /** Where the points stand in a frame; moved only when it changes. */
  fit(width: number, height: number, pad: number): Fitted {
    const key = `${width} ${height}`;
    if (key !== this.#fittedTo) {
      this.#fittedTo = key;
      this.#fitted = fit(this.plane.points, width, height, pad, this.words !== undefined);
    }
    return this.#fitted;
  }

  /** The nearest of a point: of the whole vocabulary where that is known, else of the map. */
  near(index: number, n: number, known?: readonly Neighbour[]): Beside[] {
    if (known)
      return known.map(({ token, text, cosine }) => {
        const found = this.ids?.indexOf(token) ?? -1;
        return { name: text, cosine, index: found < 0 ? undefined : found };
      });
    const key = `${index} ${n}`;
    let near = this.#near.get(key);
    if (!near) {
      near = nearOf(this.vectors, this.dim, index, n).map((found) => ({
        name: this.names[found.index],
        cosine: found.cosine,
        index: found.index,
      }));
      if (this.#near.size > REMEMBERED) this.#near.clear();
      this.#near.set(key, near);
    }
    return near;
  }

  /** Points whose names have what is searched for; whole names first. */
  search(text: string): number[] {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const names = this.names.map((name) => name.trim().toLowerCase());
    const hits = [...names.keys()].filter((i) => names[i].includes(wanted));
    return hits.sort((a, b) => Number(names[b] === wanted) - Number(names[a] === wanted) || a - b);
  }

  /** Points of a text's tokens. */
  of(tokens: readonly TokenInfo[]): Set<number> {
    if (this.kind !== 'tokens' || this.words) return new Set();
    const known = new Map((this.ids ?? [...this.names.keys()]).map((id, i) => [id, i]));
    return new Set(tokens.flatMap(({ id }) => known.get(id) ?? []));
  }
}
