/** Places of shared tensors (parameters, moments, caches, inputs): decided once, so that all plans of a model agree. */
import type { Arena, Elem, Region } from '../plan/types.ts';

/** Regions begin at multiples of this: the largest offset alignment WebGPU may require. */
export const ALIGNMENT = 256;

export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export function byteSize(shape: readonly number[], elem: Elem): number {
  return shape.reduce((a, b) => a * b, 1) * (elem === 'f16' ? 2 : 4);
}

/**
 * Where every shared tensor of a model is: an arena and a place in it, by name.
 *
 * @example
 * const { offset, bytes } = lab.layout.region('params', 'wte.weight'); // both in bytes
 */
export class Layout {
  readonly #regions = new Map<string, Region>();
  readonly #arenas = new Map<string, number>();
  readonly #base: Layout | undefined;

  /** `base`: places that this layout also knows, such as those of lent weights. Nothing can be added to its arenas. */
  constructor(base?: Layout) {
    this.#base = base;
  }

  /** Appends a tensor to an arena. Throws Error when the arena has one of that name, or is the base layout's. */
  add(arena: string, name: string, shape: readonly number[], elem: Elem = 'f32'): Region {
    const key = `${arena}/${name}`;
    if (this.#regions.has(key)) throw new Error(`arena ${arena} has a tensor ${name} already`);
    if (this.#base?.arena(arena).bytes) throw new Error(`arena ${arena} is the base layout's; ${name} cannot be added`);
    const offset = this.#arenas.get(arena) ?? 0;
    const region: Region = { arena, offset, bytes: byteSize(shape, elem), elem, shape };
    this.#regions.set(key, region);
    this.#arenas.set(arena, offset + align(region.bytes));
    return region;
  }

  /** Part of an arena, as f32 words, under another name; `offset` and `bytes` in bytes. */
  alias(arena: string, name: string, offset: number, bytes: number): void {
    this.#regions.set(`${arena}/${name}`, { arena, offset, bytes, elem: 'f32', shape: [bytes / 4] });
  }

  /** Takes over an arena of another layout: the same tensors at the same places. */
  adopt(other: Layout, arena: string): void {
    for (const [key, region] of other.entries()) if (region.arena === arena) this.#regions.set(key, region);
    this.#arenas.set(arena, other.arena(arena).bytes);
  }

  /** The tensor's place. Throws Error with the arena's names when it is not there. */
  region(arena: string, name: string): Region {
    const region = this.find(arena, name);
    if (!region) {
      const names = [...this.entries()].map(([key]) => key).filter((k) => k.startsWith(`${arena}/`));
      throw new Error(`arena ${arena} has no tensor ${name}; it has ${names.slice(0, 20).join(', ') || 'none'}`);
    }
    return region;
  }

  /** The place of a tensor, here or in the base; undefined when there is none of this name. */
  find(arena: string, name: string): Region | undefined {
    return this.#regions.get(`${arena}/${name}`) ?? this.#base?.find(arena, name);
  }

  /** All of an arena as one f32 array. */
  whole(arena: string): Region {
    const { bytes } = this.arena(arena);
    return { arena, offset: 0, bytes, elem: 'f32', shape: [bytes / 4] };
  }

  /** An arena as large as its contents. */
  arena(name: string): Arena {
    return this.#base && !this.#arenas.has(name)
      ? this.#base.arena(name)
      : { name, bytes: this.#arenas.get(name) ?? 0, kind: 'shared' };
  }

  /** The arenas of its own, without the base layout's. */
  arenas(): Arena[] {
    return [...this.#arenas.keys()].map((name) => this.arena(name));
  }

  /** `arena/name` → region, in order of placement, the base layout's first. */
  *entries(): IterableIterator<[string, Region]> {
    if (this.#base) yield* this.#base.entries();
    yield* this.#regions.entries();
  }
}
