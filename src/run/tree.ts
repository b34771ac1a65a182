/** The roads of one prompt: what was taken, what was left, and the candidates beside them. */
import type { Branch, By, Step } from './types.ts';

/** Candidates that a node keeps as children, besides those that were taken. */
const KEPT = 8;

/** A node that can grow; pictures see it as a Branch. */
export class Node implements Branch {
  readonly token: number;
  readonly text: string;
  readonly p: number;
  by: By;
  taken: boolean;
  more = 0;
  /** How it was set; undefined for a candidate that nobody took. */
  step: Step | undefined;
  children: Node[] = [];

  constructor(token: number, text: string, p: number, by: By, taken: boolean) {
    this.token = token;
    this.text = text;
    this.p = p;
    this.by = by;
    this.taken = taken;
  }

  child(token: number): Node | undefined {
    return this.children.find((node) => node.token === token);
  }
}

export class Tree {
  root: Node;
  readonly #vocab: () => number;

  /** `vocab`: how many tokens there are to choose from. */
  constructor(prompt: string, vocab: () => number) {
    this.root = new Node(-1, prompt, 1, 'prompt', true);
    this.#vocab = vocab;
  }

  /** The node at the end of these steps; undefined where the tree does not go so far. */
  at(path: readonly number[]): Node | undefined {
    let node: Node | undefined = this.root;
    for (const token of path) node = node?.child(token);
    return node;
  }

  /** What could follow `path`. */
  grow(path: readonly number[], candidates: Step['candidates']): void {
    const node = this.at(path);
    if (!node) return;
    for (const { token, text, probability } of candidates.slice(0, KEPT))
      if (!node.child(token)) node.children.push(new Node(token, text, probability, 'draw', false));
    this.#sort(node);
  }

  /** A step that was taken after `path`. */
  take(path: readonly number[], step: Step): void {
    const node = this.at(path);
    if (!node) return;
    this.grow(path, step.candidates);
    let child = node.child(step.token);
    if (!child) node.children.push((child = new Node(step.token, step.label, step.probability ?? 0, step.by, true)));
    child.taken = true;
    child.by = step.by;
    child.step = step;
    this.#sort(node);
  }

  /** Drops the candidates and roads behind all nodes: their probabilities are no longer true. */
  clear(prompt: string): void {
    this.root = new Node(-1, prompt, 1, 'prompt', true);
  }

  #sort(node: Node): void {
    node.children.sort((a, b) => b.p - a.p);
    node.more = Math.max(0, this.#vocab() - node.children.length);
  }
}
