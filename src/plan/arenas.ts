/** Which arenas a scope owns, which it borrows, and when they are freed. Every engine uses it. */
import { ClosedError } from './errors.ts';
import type { Arena } from './types.ts';

/** How an engine makes and frees one arena. `Block` is whatever the engine's memory is made of. */
export interface ArenaMemory<Block> {
  /** A zero-filled block of at least `arena.bytes`. Throws OutOfMemoryError. */
  take(arena: Arena, owner: string): Block;
  give(block: Block): void;
}

export class Arenas<Block> {
  readonly name: string;
  readonly #memory: ArenaMemory<Block>;
  readonly #lent: readonly Arenas<Block>[];
  readonly #own = new Map<string, { readonly block: Block; readonly bytes: number }>();
  /** Open scopes that borrow from this one. */
  #holders = 0;
  #closed = false;

  /** Holds every scope in `lent` until it is closed itself. Throws ClosedError when one of them is closed. */
  constructor(name: string, memory: ArenaMemory<Block>, lent: readonly Arenas<Block>[] = []) {
    this.name = name;
    this.#memory = memory;
    this.#lent = lent;
    for (const other of lent) other.check();
    for (const other of lent) other.#holders++;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Bytes of the arenas it owns. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#own.values()) sum += bytes;
    return sum;
  }

  check(): void {
    if (this.#closed) throw new ClosedError(`scope "${this.name}" is closed; open another`);
  }

  /**
   * Makes the arenas that neither this scope nor one it borrows from has. Returns a function that undoes this call. Throws, with nothing
   * changed, when an arena exists with fewer bytes than asked for, or when memory is full.
   */
  allocate(arenas: readonly Arena[]): () => void {
    this.check();
    const made: string[] = [];
    const undo = () => {
      for (const name of made.splice(0)) this.#free(name);
    };
    try {
      for (const arena of arenas) {
        const found = this.#entry(arena.name);
        if (found && found.bytes < arena.bytes)
          throw new RangeError(
            `arena "${arena.name}" of scope "${this.name}" holds ${found.bytes} bytes, ${arena.bytes} are wanted: allocate the larger size first, or open a scope of its own`,
          );
        if (found) continue;
        this.#own.set(arena.name, { block: this.#memory.take(arena, this.name), bytes: arena.bytes });
        made.push(arena.name);
      }
    } catch (error) {
      undo();
      throw error;
    }
    return undo;
  }

  /** The block of an arena: its own, or that of the first scope it borrows from that has one. */
  find(name: string): Block | undefined {
    return this.#entry(name)?.block;
  }

  /** Frees its arenas, now or when the last scope that borrows them closes, and returns what it borrowed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#holders === 0) this.#freeAll();
    for (const other of this.#lent) other.#release();
  }

  #entry(name: string): { readonly block: Block; readonly bytes: number } | undefined {
    const own = this.#own.get(name);
    if (own) return own;
    for (const other of this.#lent) {
      const found = other.#own.get(name);
      if (found) return found;
    }
    return undefined;
  }

  #release(): void {
    this.#holders--;
    if (this.#closed && this.#holders === 0) this.#freeAll();
  }

  #free(name: string): void {
    this.#memory.give(this.#own.get(name)!.block);
    this.#own.delete(name);
  }

  #freeAll(): void {
    for (const name of this.#own.keys()) this.#free(name);
  }
}
