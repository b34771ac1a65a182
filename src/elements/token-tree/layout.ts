/**
 * Where the nodes of a tree stand: a column for each token, rows as fixed slots. A slot is given once, when a node first appears, so
 * what stands never moves while the tree grows. No DOM in here.
 */
import type { Branch } from '../../run/types.ts';

/** A node with its place. */
export interface Spot {
  branch: Branch;
  readonly parent: Spot | undefined;
  /** 0: the prompt. */
  readonly column: number;
  readonly row: number;
  readonly children: Map<number, Spot>;
  /** Where "+ 37" stands; undefined until there are more. */
  moreRow: number | undefined;
}

/** The tokens from the root to a spot. */
export function pathOf(spot: Spot): number[] {
  const path: number[] = [];
  for (let at: Spot | undefined = spot; at?.parent; at = at.parent) path.unshift(at.branch.token);
  return path;
}

/** The product of all probabilities from the prompt on. */
export function productOf(spot: Spot): number {
  let product = 1;
  for (let at: Spot | undefined = spot; at?.parent; at = at.parent) product *= at.branch.p;
  return product;
}

/** Did you turn off here, or before? Then this is your road. */
export function isYours(spot: Spot): boolean {
  for (let at: Spot | undefined = spot; at; at = at.parent) if (at.branch.taken && at.branch.by === 'you') return true;
  return false;
}

export class Layout {
  root: Spot | undefined;
  /** Slots that are taken, by column. */
  readonly #taken: Set<number>[] = [];
  readonly #limit: number;

  /** `limit`: how many candidates a node shows, besides those that were taken. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Takes in what has grown. A tree of another text needs another layout. */
  show(tree: Branch): void {
    this.root ??= { branch: tree, parent: undefined, column: 0, row: 0, children: new Map(), moreRow: undefined };
    this.#grow(this.root, tree);
  }

  /** Column by column, so that roads cross as little as possible. */
  #grow(root: Spot, tree: Branch): void {
    const open: [Spot, Branch][] = [[root, tree]];
    for (const [spot, branch] of open) {
      spot.branch = branch;
      this.#place(spot);
      for (const child of branch.children) {
        const placed = spot.children.get(child.token);
        if (!placed) continue;
        placed.branch = child;
        if (child.children.length > 0) open.push([placed, child]);
      }
    }
  }

  /** Gives slots to the children that are to be seen and have none: together, as near to the row of their parent as is free. */
  #place(spot: Spot): void {
    const { branch, children, column, row } = spot;
    const fresh = branch.children.filter((child, i) => (i < this.#limit || child.taken) && !children.has(child.token));
    const first = children.size === 0;
    // later ones come one by one: candidates that were not among the first and were taken all the same
    const wanted = first ? fresh : fresh.filter((child) => child.taken);
    if (wanted.length === 0) return;
    const more = first && branch.children.length + branch.more > wanted.length;
    const rows = this.#slots(column + 1, wanted.length + (more ? 1 : 0), row);
    wanted.forEach((child, i) =>
      children.set(child.token, {
        branch: child,
        parent: spot,
        column: column + 1,
        row: rows[i],
        children: new Map(),
        moreRow: undefined,
      }),
    );
    if (more) spot.moreRow = rows[wanted.length];
  }

  /** So many free slots one below the other, the first of them just above `near` where that is free. */
  #slots(column: number, n: number, near: number): number[] {
    const taken = (this.#taken[column] ??= new Set());
    const start = near - (n > 1 ? 1 : 0);
    const isFree = (from: number) => Array.from({ length: n }, (_, i) => from + i).every((row) => !taken.has(row));
    let off = 0;
    while (!isFree(start + off) && !isFree(start - off)) off++;
    const from = isFree(start + off) ? start + off : start - off;
    const rows = Array.from({ length: n }, (_, i) => from + i);
    for (const row of rows) taken.add(row);
    return rows;
  }

  /** The spot at the end of a path, or the last one on the way. */
  at(path: readonly number[]): Spot | undefined {
    let spot = this.root;
    for (const token of path) spot = spot?.children.get(token) ?? spot;
    return spot;
  }

  /** From the root to a spot. */
  static way(spot: Spot): Spot[] {
    const way: Spot[] = [];
    for (let at: Spot | undefined = spot; at; at = at.parent) way.unshift(at);
    return way;
  }

  /** All spots of some columns, from top to bottom within their column. */
  within(from: number, to: number): Spot[] {
    const found: Spot[] = [];
    const open = this.root ? [this.root] : [];
    for (let spot = open.pop(); spot; spot = open.pop()) {
      if (spot.column >= from) found.push(spot);
      if (spot.column < to) open.push(...spot.children.values());
    }
    return found.sort((a, b) => a.column - b.column || a.row - b.row);
  }
}

/** How many tokens besides the shown ones could stand there. */
export const moreOf = ({ branch, children }: Spot): number => branch.children.length + branch.more - children.size;

/** The road that is followed when nothing says which: the first taken one at every fork. */
export function followed(tree: Branch): number[] {
  const path: number[] = [];
  for (let at = tree.children.find((child) => child.taken); at; at = at.children.find((child) => child.taken))
    path.push(at.token);
  return path;
}

/** All that follow the same token, from top to bottom. */
export const siblingsOf = (spot: Spot): Spot[] =>
  spot.parent ? [...spot.parent.children.values()].sort((a, b) => a.row - b.row) : [spot];
