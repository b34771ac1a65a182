/** The boxes as a tree, and where the arrow keys lead in it. */
import type { Box, Stage } from './graph.ts';

/** A box or a layer, in the order of the stream. */
export interface Item {
  readonly key: string;
  readonly level: 1 | 2;
  /** Key of its layer; '' for steps on the stream. */
  readonly layer: string;
  readonly box?: Box;
  readonly stage?: Stage & { kind: 'layer' };
}

/** What is to be seen of the tree while a layer is open. */
export function itemsOf(stages: readonly Stage[], open: string): Item[] {
  return stages.flatMap((stage): Item[] => {
    if (stage.kind === 'step') return [{ key: stage.box.key, level: 1, layer: '', box: stage.box }];
    const inside = stage.key === open ? stage.branches.flatMap(({ boxes }) => boxes) : [];
    return [
      { key: stage.key, level: 1, layer: stage.key, stage },
      ...inside.map((box): Item => ({ key: box.key, level: 2, layer: stage.key, box })),
    ];
  });
}

/** Where a key leads; `open`: into a layer that has to be opened first. */
export function walk(items: readonly Item[], at: Item, key: string): Item | 'open' | undefined {
  const i = items.indexOf(at);
  const inside = at.stage && items[i + 1]?.level === 2;
  switch (key) {
    case 'ArrowDown':
      return items[i + 1];
    case 'ArrowUp':
      return items[i - 1];
    case 'Home':
      return items[0];
    case 'End':
      return items.at(-1);
    case 'PageDown':
      return items.slice(i + 1).find(({ level }) => level === 1) ?? items.at(-1);
    case 'PageUp':
      return items.slice(0, i).findLast(({ level }) => level === 1) ?? items[0];
    case 'ArrowRight':
      if (inside) return items[i + 1];
      return at.stage ? 'open' : undefined;
    case 'ArrowLeft':
      return at.level === 2 ? items.find(({ key: name }) => name === at.layer) : undefined;
    default:
      return undefined;
  }
}
