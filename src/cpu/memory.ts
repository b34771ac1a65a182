/** The CPU engine's memory: one WebAssembly.Memory that grows, cut into blocks. */
import { OutOfMemoryError } from '../plan/errors.ts';

const PAGE = 65536;
/** Blocks start at multiples of this, as regions of a plan do. */
const ALIGN = 256;
/** Below it are control words and constants of the WebAssembly module. */
const FIRST = PAGE;

export interface Block {
  readonly at: number;
  readonly bytes: number;
}

export class CpuMemory {
  readonly wasm: WebAssembly.Memory;
  readonly #limit: number;
  /** Free blocks in ascending order, never adjacent. */
  #free: { at: number; bytes: number }[] = [];
  #used = 0;

  /** `shared`: this memory can be given to threads. `maxBytes` ≤ 4 GiB limits its growth. */
  constructor(shared: boolean, maxBytes: number) {
    let pages = Math.max(2, Math.min(PAGE, Math.floor(maxBytes / PAGE)));
    for (;;) {
      try {
        this.wasm = new WebAssembly.Memory({ initial: 2, maximum: pages, shared });
        break;
      } catch (error) {
        // some devices cannot reserve 4 GiB of addresses for a shared memory
        if (!(error instanceof RangeError) || pages <= 4096) throw error;
        pages >>= 1;
      }
    }
    this.#limit = pages * PAGE;
    this.#free = [{ at: FIRST, bytes: this.wasm.buffer.byteLength - FIRST }];
  }

  get used(): number {
    return this.#used;
  }

  /** A block of at least `bytes`, filled with zeros. `what` names it in the error. */
  take(bytes: number, what: string): Block {
    const size = Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
    let index = this.#free.findIndex((f) => f.bytes >= size);
    if (index < 0) {
      this.#grow(size, what);
      index = this.#free.length - 1;
    }
    const hole = this.#free[index]!;
    const block = { at: hole.at, bytes: size };
    hole.at += size;
    hole.bytes -= size;
    if (!hole.bytes) this.#free.splice(index, 1);
    this.#used += size;
    new Uint8Array(this.wasm.buffer, block.at, size).fill(0);
    return block;
  }

  give(block: Block): void {
    this.#used -= block.bytes;
    const index = this.#free.findIndex((f) => f.at > block.at);
    this.#free.splice(index < 0 ? this.#free.length : index, 0, { ...block });
    this.#free = this.#free.reduce<{ at: number; bytes: number }[]>((list, f) => {
      const last = list.at(-1);
      if (last && last.at + last.bytes === f.at) last.bytes += f.bytes;
      else list.push(f);
      return list;
    }, []);
  }

  /** Makes the last free block at least `size` bytes long. */
  #grow(size: number, what: string): void {
    const end = this.wasm.buffer.byteLength;
    const last = this.#free.at(-1);
    const start = last && last.at + last.bytes === end ? last.at : end;
    const pages = Math.ceil((start + size - end) / PAGE);
    try {
      this.wasm.grow(pages);
    } catch (error) {
      throw new OutOfMemoryError(
        `${what}: ${size} bytes asked, ${this.#used} are in use and the memory of the CPU engine ends at ${this.#limit}; ` +
          `use a smaller model, batch or context, or close what is done`,
        { cause: error },
      );
    }
    const bytes = pages * PAGE;
    if (start < end) last!.bytes += bytes;
    else this.#free.push({ at: end, bytes });
  }
}
