/**
 * Gives every activation a place. Liveness: tensors that are never alive together share bytes. Arenas: WebGPU forbids reading and
 * writing one buffer in one dispatch, so tensors that meet at a node as input and output get different arenas (graph colouring).
 */
import type { Arena, Region } from '../plan/types.ts';
import { align, byteSize } from './layout.ts';
import type { Tensor } from './graph.ts';

/** What placement needs to know of a node: which activations it reads and writes (views replaced by their bases). */
export interface Use {
  readonly reads: readonly Tensor[];
  readonly writes: readonly Tensor[];
}

export interface Placement {
  readonly arenas: readonly Arena[];
  readonly regions: ReadonlyMap<Tensor, Region>;
}

interface Live {
  readonly tensor: Tensor;
  first: number;
  last: number;
  readonly foes: Set<Tensor>;
  colour: number;
}

/** `kept` tensors stay alive to the end. Arenas are named `<name>/work<i>`, none larger than `maxBytes`. */
export function place(name: string, uses: readonly Use[], kept: ReadonlySet<Tensor>, maxBytes: number): Placement {
  const live = new Map<Tensor, Live>();
  uses.forEach(({ reads, writes }, i) => {
    for (const tensor of [...reads, ...writes]) {
      const found = live.get(tensor);
      if (found) found.last = i;
      else live.set(tensor, { tensor, first: i, last: i, foes: new Set(), colour: 0 });
    }
    for (const r of reads)
      for (const w of writes) {
        live.get(r)!.foes.add(w);
        live.get(w)!.foes.add(r);
      }
  });
  for (const tensor of kept) {
    const found = live.get(tensor);
    if (found) found.last = uses.length;
  }
  const placed: Live[] = [];
  for (const entry of live.values()) {
    const taken = new Set(
      [...entry.foes]
        .map((foe) => live.get(foe)!)
        .filter((l) => placed.includes(l))
        .map((l) => l.colour),
    );
    while (taken.has(entry.colour)) entry.colour++;
    placed.push(entry);
  }
  return pack(name, placed, maxBytes);
}

/** Largest first, each at the lowest offset that is free during its life. */
function pack(name: string, list: readonly Live[], maxBytes: number): Placement {
  const arenas: {
    name: string;
    bytes: number;
    kind: 'work';
    colour: number;
    holds: { live: Live; from: number; to: number }[];
  }[] = [];
  const regions = new Map<Tensor, Region>();
  const bySize = [...list].sort(
    (a, b) => byteSize(b.tensor.shape, b.tensor.elem) - byteSize(a.tensor.shape, a.tensor.elem),
  );
  for (const live of bySize) {
    const { tensor, colour } = live;
    const bytes = byteSize(tensor.shape, tensor.elem);
    const size = align(bytes);
    if (size > maxBytes)
      throw new Error(
        `${tensor.name} (${tensor.shape.join('×')}) takes ${size} bytes, one buffer of this device holds ${maxBytes}`,
      );
    let done = false;
    for (let k = 0; !done; k++) {
      let arena = arenas.filter((a) => a.colour === colour)[k];
      if (!arena) {
        arena = { name: `${name}/work${arenas.length}`, bytes: 0, kind: 'work', colour, holds: [] };
        arenas.push(arena);
      }
      const busy = arena.holds
        .filter((h) => h.live.first <= live.last && live.first <= h.live.last)
        .sort((a, b) => a.from - b.from);
      let offset = 0;
      for (const { from, to } of busy) {
        if (offset + size <= from) break;
        offset = Math.max(offset, to);
      }
      if (offset + size > maxBytes) continue;
      arena.holds.push({ live, from: offset, to: offset + size });
      arena.bytes = Math.max(arena.bytes, offset + size);
      regions.set(tensor, { arena: arena.name, offset, bytes, elem: tensor.elem, shape: tensor.shape });
      done = true;
    }
  }
  return { arenas: arenas.map(({ name: n, bytes }) => ({ name: n, bytes, kind: 'work' })), regions };
}
