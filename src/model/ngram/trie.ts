/**
 * Counts of token sequences in a trie of typed arrays: node = sequence, child = the sequence with one more token at its end. The root
 * (node 0) is the empty sequence. Children are found in one open-addressed hash table, so millions of sequences take tens of bytes each.
 */

/** Two ways to count a sequence: how often it occurs in the text, or after how many different tokens. */
export interface Level {
  /** Per sequence. */
  counts: Int32Array;
  /** Per context: Σ of its children's counts. */
  totals: Int32Array;
  /** Per context: how many children have a count of 1, of 2, of any. */
  kinds: { once: Int32Array; twice: Int32Array; all: Int32Array };
}

const level = (n: number): Level => ({
  counts: new Int32Array(n),
  totals: new Int32Array(n),
  kinds: { once: new Int32Array(n), twice: new Int32Array(n), all: new Int32Array(n) },
});

/**
 * Counts of all sequences up to a length. `countNgrams` makes it.
 *
 * @example
 * const trie = countNgrams(data.documents, { order: 3, vocab: tokenizer.size });
 * console.log(trie.size, 'different sequences');
 */
export class NgramTrie {
  /** Longest sequence counted, in tokens. */
  readonly order: number;
  /** V: ids are 0 … V − 1. */
  readonly vocab: number;
  raw: Level = level(0);
  seen: Level = level(0);
  /** Nodes in use. */
  size = 1;
  #parents = new Int32Array(1 << 16);
  #tokens = new Int32Array(1 << 16);
  #lengths = new Uint8Array(1 << 16);
  #counts = new Int32Array(1 << 16);
  #seen = new Int32Array(1 << 16);
  /** Node + 1 by hash of (parent, token); 0 = empty. Twice as many slots as nodes at least. */
  #slots = new Int32Array(1 << 18);

  constructor(order: number, vocab: number) {
    this.order = order;
    this.vocab = vocab;
  }

  #slot(parent: number, token: number): number {
    const mask = this.#slots.length - 1;
    let h = Math.imul(parent, 0x9e3779b1) ^ Math.imul(token + 1, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
    for (let i = (h ^ (h >>> 13)) & mask; ; i = (i + 1) & mask) {
      const node = this.#slots[i] - 1;
      if (node < 0 || (this.#parents[node] === parent && this.#tokens[node] === token)) return i;
    }
  }

  /** The node of a context and one more token; −1 if the text never had it. */
  child(parent: number, token: number): number {
    return this.#slots[this.#slot(parent, token)] - 1;
  }

  #add(parent: number, token: number): number {
    let slot = this.#slot(parent, token);
    const found = this.#slots[slot] - 1;
    if (found >= 0) return found;
    if (this.size === this.#parents.length) {
      this.#grow();
      slot = this.#slot(parent, token);
    }
    const node = this.size++;
    this.#parents[node] = parent;
    this.#tokens[node] = token;
    this.#lengths[node] = this.#lengths[parent] + 1;
    this.#slots[slot] = node + 1;
    return node;
  }

  #grow(): void {
    const twice = <A extends Int32Array | Uint8Array>(a: A): A => {
      const out = new (a.constructor as new (n: number) => A)(2 * a.length);
      out.set(a);
      return out;
    };
    this.#parents = twice(this.#parents);
    this.#tokens = twice(this.#tokens);
    this.#lengths = twice(this.#lengths);
    this.#counts = twice(this.#counts);
    this.#seen = twice(this.#seen);
    this.#slots = new Int32Array(4 * this.#parents.length);
    for (let node = 1; node < this.size; node++)
      this.#slots[this.#slot(this.#parents[node], this.#tokens[node])] = node + 1;
  }

  /** Counts all sequences that end at each token but the first, which is only a context. */
  addDocument(ids: ArrayLike<number>, unknown?: number): void {
    // before[n] = node of the last n tokens, −1 if the text (or what follows an unknown token) has fewer
    let before = new Int32Array(this.order + 1).fill(-1);
    let here = new Int32Array(this.order + 1).fill(-1);
    before[0] = 0;
    for (let i = 0; i < ids.length; i++) {
      here.fill(-1);
      here[0] = 0;
      const token = ids[i];
      if (token !== unknown) {
        let longest = 0;
        let longerIsNew = false;
        for (let n = this.order; n >= 1; n--) {
          const context = before[n - 1];
          if (context < 0) continue;
          const node = this.#add(context, token);
          here[n] = node;
          if (i === 0) continue; // the separator at the beginning is not predicted
          longest ||= n;
          this.#counts[node]++;
          // what begins the text has nothing before it: its own count stands for the different tokens there
          if (n === longest ? n < this.order : longerIsNew) this.#seen[node]++;
          longerIsNew = this.#counts[node] === 1;
        }
      }
      [before, here] = [here, before];
    }
  }

  /** Sums per context; call once after the last document. */
  finish(): void {
    this.raw = this.#level(this.#counts);
    this.seen = this.#level(this.#seen);
  }

  #level(counts: Int32Array): Level {
    const out = level(this.size);
    out.counts = counts.slice(0, this.size);
    for (let node = 1; node < this.size; node++) {
      const parent = this.#parents[node];
      const count = counts[node];
      if (count === 0) continue;
      out.totals[parent] += count;
      out.kinds.all[parent]++;
      if (count === 1) out.kinds.once[parent]++;
      else if (count === 2) out.kinds.twice[parent]++;
    }
    return out;
  }

  /** The tokens of a node's sequence. */
  sequence(node: number): number[] {
    return node === 0 ? [] : [...this.sequence(this.#parents[node]), this.#tokens[node]];
  }

  /** All sequences of one length. */
  *nodesOf(length: number): Generator<number> {
    for (let node = 1; node < this.size; node++) if (this.#lengths[node] === length) yield node;
  }
}
