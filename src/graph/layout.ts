/** Places of shared tensors (parameters, moments, caches, inputs): decided once, so that all plans of a model agree. */
import type { Arena, Elem, Region } from '../plan/types.ts';

/** Regions begin at multiples of this: the largest offset alignment WebGPU may ask for. */
export const ALIGNMENT = 256;

export const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export function byteSize(shape: readonly number[], elem: Elem): number {
  return shape.reduce((a, b) => a * b, 1) * (elem === 'f16' ? 2 : 4);
}

export class Layout {
  readonly #regions = new Map<string, Region>();
  readonly #arenas = new Map<string, number>();

  /** Appends a tensor to an arena. */
  add(arena: string, name: string, shape: readonly number[], elem: Elem = 'f32'): Region {
    const key = `${arena}/${name}`;
    if (this.#regions.has(key)) throw new Error(`arena ${arena} has a tensor ${name} already`);
    const offset = this.#arenas.get(arena) ?? 0;
    const region: Region = { arena, offset, bytes: byteSize(shape, elem), elem, shape };
    this.#regions.set(key, region);
    this.#arenas.set(arena, offset + align(region.bytes));
    return region;
  }

  /** The first `n` f32 words of an arena under another name. */
  alias(arena: string, name: string, n: number): void {
    this.#regions.set(`${arena}/${name}`, { arena, offset: 0, bytes: 4 * n, elem: 'f32', shape: [n] });
  }

  /** The tensor's place. Throws with the arena's names when it is not there. */
  region(arena: string, name: string): Region {
    const region = this.find(arena, name);
    if (!region) {
      const names = [...this.#regions.keys()].filter((k) => k.startsWith(`${arena}/`));
      throw new Error(`arena ${arena} has no tensor ${name}; it has ${names.slice(0, 20).join(', ') || 'none'}`);
    }
    return region;
  }

  find(arena: string, name: string): Region | undefined {
    return this.#regions.get(`${arena}/${name}`);
  }

  /** All of an arena as one f32 array. */
  whole(arena: string): Region {
    const bytes = this.#arenas.get(arena) ?? 0;
    return { arena, offset: 0, bytes, elem: 'f32', shape: [bytes / 4] };
  }

  arena(name: string): Arena {
    return { name, bytes: this.#arenas.get(name) ?? 0, kind: 'shared' };
  }

  /** `arena/name` → region, in order of placement. */
  entries(): IterableIterator<[string, Region]> {
    return this.#regions.entries();
  }
}
