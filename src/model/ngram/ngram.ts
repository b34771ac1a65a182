/**
 * N-gram language models: the yardstick beside every GPT. Counts of all sequences of up to five tokens in one trie; from the same
 * counts, models of any order with add-k, Witten–Bell or interpolated modified Kneser–Ney smoothing.
 *
 * Sources: Chen & Goodman, "An empirical study of smoothing techniques for language modeling" (1998), §2.8, §3, equations 26–28;
 * Witten & Bell, "The zero-frequency problem" (1991), method C.
 */
import { type Count, countAfter } from './counts.ts';
import { NgramTrie } from './trie.ts';

/** What an n-gram model does about what it never saw. */
export type Smoothing = 'none' | 'add-k' | 'witten-bell' | 'kneser-ney';

/**
 * What is counted.
 *
 * @example
 * const options: CountOptions = { order: 5, vocab: tokenizer.size };
 */
export interface CountOptions {
  /** Longest sequence counted, 1 … 5. */
  readonly order: number;
  /** V: ids are 0 … V − 1. */
  readonly vocab: number;
  /** A token that is neither predicted nor part of a context. Default: none. */
  readonly unknown?: number;
}

/**
 * Which model is made of the counts.
 *
 * @example
 * const options: NgramOptions = { order: 3, smoothing: 'add-k', k: 1 };
 */
export interface NgramOptions {
  /** n: a token is predicted from the n − 1 before it. */
  readonly order: number;
  readonly smoothing: Smoothing;
  /** What add-k adds to every count; 1 is Laplace's. Default: 0.01. */
  readonly k?: number;
}

/** A model that predicts from the last few tokens alone. */
export interface NgramModel {
  /** n: a token is predicted from the n − 1 before it. */
  readonly order: number;
  readonly smoothing: Smoothing;
  /** V: ids are 0 … V − 1. */
  readonly vocab: number;
  /** Probability of `token` after `context`, of which the last order − 1 tokens count. */
  probability(context: ArrayLike<number>, token: number): number;
  /** All probabilities after `context` (V). */
  distribution(context: ArrayLike<number>): Float64Array;
  /** What was counted after the last order − 1 tokens of `context`: 0 of 0 where those were never seen. */
  count(context: ArrayLike<number>, token: number): Count;
}

/** How well an n-gram model predicts a text. */
export interface NgramLoss {
  /** Σ −ln p; Infinity when a token has probability 0. */
  readonly nats: number;
  /** Tokens that were predicted. */
  readonly targets: number;
  /** Targets that never came after their context, which was seen. */
  readonly unseenTokens: number;
  /** Targets whose context was never seen. */
  readonly unseenContexts: number;
}

/**
 * Counts documents. Their first token is only a context (the separator that begins a text); nothing is counted across documents.
 *
 * @throws RangeError when `order` is not 1 to 5
 * @example
 * const trie = countNgrams(data.documents, { order: 3, vocab: tokenizer.size });
 */
export function countNgrams(
  documents: Iterable<ArrayLike<number>>,
  { order, vocab, unknown }: CountOptions,
): NgramTrie {
  if (!Number.isInteger(order) || order < 1 || order > 5)
    throw new RangeError(`n-gram order is ${order}; 1 to 5 was expected`);
  const trie = new NgramTrie(order, vocab);
  for (const ids of documents) trie.addDocument(ids, unknown);
  trie.finish();
  return trie;
}

/** Kneser–Ney's three discounts (for counts 1, 2, 3 and more) of sequences of length k, from how many of them come once, twice, … */
function discounts(counts: Int32Array, sequences: Iterable<number>): readonly [number, number, number] {
  const n = [0, 0, 0, 0, 0];
  for (const node of sequences) if (counts[node] > 0 && counts[node] < 5) n[counts[node]]++;
  const [, n1, n2, n3, n4] = n;
  // too little text for the estimate: Kneser and Ney's single discount, or one half
  if (!n1 || !n2 || !n3 || !n4) {
    const d = n1 ? n1 / (n1 + 2 * n2) : 0.5;
    return [d, d, d];
  }
  const y = n1 / (n1 + 2 * n2);
  const clamp = (d: number, most: number) => Math.min(most, Math.max(0.01, d));
  return [clamp(1 - (2 * y * n2) / n1, 1), clamp(2 - (3 * y * n3) / n2, 2), clamp(3 - (4 * y * n4) / n3, 3)];
}

/**
 * The n-gram model of these counts.
 *
 * @throws RangeError when `order` is below 1 or above what was counted
 * @example
 * const trie = countNgrams(data.documents, { order: 3, vocab: tokenizer.size });
 * const model = ngramModel(trie, { order: 3, smoothing: 'kneser-ney' });
 */
export function ngramModel(trie: NgramTrie, { order, smoothing, k = 0.01 }: NgramOptions): NgramModel {
  if (order < 1 || order > trie.order)
    throw new RangeError(`n-gram order is ${order}; sequences of 1 to ${trie.order} tokens were counted`);
  const { vocab, raw, seen } = trie;
  // lower orders of Kneser–Ney ask in how many different contexts a sequence occurs, not how often
  const level = (length: number) => (smoothing === 'kneser-ney' && length < order ? seen : raw);
  const cuts =
    smoothing === 'kneser-ney'
      ? Array.from({ length: order + 1 }, (_, n) => (n ? discounts(level(n).counts, trie.nodesOf(n)) : [0, 0, 0]))
      : [];

  /** p(token | context node of length n − 1), given the probability at the order below. */
  const mix = (node: number, child: number, n: number, below: number): number => {
    const { counts, totals, kinds } = level(n);
    const total = totals[node];
    if (total === 0) return below;
    const count = child < 0 ? 0 : counts[child];
    if (smoothing === 'witten-bell') return (count + kinds.all[node] * below) / (total + kinds.all[node]);
    const [d1, d2, d3] = cuts[n];
    const discount = count === 0 ? 0 : count === 1 ? d1 : count === 2 ? d2 : d3;
    const saved =
      d1 * kinds.once[node] + d2 * kinds.twice[node] + d3 * (kinds.all[node] - kinds.once[node] - kinds.twice[node]);
    return (count - discount + saved * below) / total;
  };
  /** Nodes of the contexts of length 0 … order − 1 that end here; −1 where one was never seen. */
  const contexts = (ids: ArrayLike<number>): Int32Array => {
    const nodes = new Int32Array(order).fill(-1);
    nodes[0] = 0;
    for (let n = 1; n < order && n <= ids.length; n++) {
      let node = 0;
      for (let i = ids.length - n; i < ids.length && node >= 0; i++) node = trie.child(node, ids[i]);
      nodes[n] = node;
    }
    return nodes;
  };
  const at = (nodes: Int32Array, length: number, token: number): number => {
    if (smoothing === 'none' || smoothing === 'add-k') {
      const node = length === order - 1 ? nodes[length] : -1;
      const added = smoothing === 'none' ? 0 : k;
      const child = node < 0 ? -1 : trie.child(node, token);
      const total = node < 0 ? 0 : raw.totals[node];
      const rest = total + added * vocab;
      return rest === 0 ? 0 : ((child < 0 ? 0 : raw.counts[child]) + added) / rest;
    }
    let p = 1 / vocab;
    for (let n = 0; n <= length; n++) {
      if (nodes[n] < 0) break;
      p = mix(nodes[n], trie.child(nodes[n], token), n + 1, p);
    }
    return p;
  };
  /** At the beginning of a text the context is shorter than order − 1. */
  const reach = (ids: ArrayLike<number>) =>
    smoothing === 'none' || smoothing === 'add-k' ? order - 1 : Math.min(order - 1, ids.length);
  return {
    order,
    smoothing,
    vocab,
    count(context, token) {
      const last = Array.from(context).slice(Math.max(0, context.length - order + 1));
      return last.length < order - 1 ? { count: 0, total: 0 } : countAfter(trie, last, token);
    },
    probability: (context, token) => at(contexts(context), reach(context), token),
    distribution(context) {
      const nodes = contexts(context);
      return Float64Array.from({ length: vocab }, (_, token) => at(nodes, reach(context), token));
    },
  };
}

/**
 * Loss over documents: every token but the first of each, except `unknown`, which also ends the context.
 *
 * @example
 * const { nats, targets } = ngramLoss(ngramModel(trie, { order: 3, smoothing: 'witten-bell' }), validation.documents);
 * console.log(nats / targets, 'nats per token');
 */
export function ngramLoss(model: NgramModel, documents: Iterable<ArrayLike<number>>, unknown?: number): NgramLoss {
  const sum = { nats: 0, targets: 0, unseenTokens: 0, unseenContexts: 0 };
  for (const ids of documents) {
    const all = Array.from(ids);
    let from = 0;
    for (let i = 1; i < all.length; i++) {
      if (all[i] === unknown) {
        from = i + 1;
        continue;
      }
      const context = all.slice(Math.max(from, i - model.order + 1), i);
      const { count, total } = model.count(context, all[i]);
      sum.nats -= Math.log(model.probability(context, all[i]));
      sum.targets++;
      if (total === 0) sum.unseenContexts++;
      else if (count === 0) sum.unseenTokens++;
    }
  }
  return sum;
}

/** An n-gram model and its loss. */
export interface NgramScore {
  /** n: a token is predicted from the n − 1 before it. */
  readonly order: number;
  readonly smoothing: Smoothing;
  /** Mean nats per target; Infinity where a probability is 0. */
  readonly loss: number;
}

/**
 * Every order and smoothing on the same split, lowest loss (nats per token) first: the bar that a GPT has to beat.
 *
 * @throws RangeError when `order` is not 1 to 5
 * @example
 * const [best] = compareNgrams(data.documents, validation.documents, { order: 5, vocab: tokenizer.size });
 * console.log(best.order, best.smoothing, best.loss);
 */
export function compareNgrams(
  training: Iterable<ArrayLike<number>>,
  validation: readonly ArrayLike<number>[],
  options: CountOptions & { readonly smoothings?: readonly Smoothing[] },
): NgramScore[] {
  const trie = countNgrams(training, options);
  const scores: NgramScore[] = [];
  for (const smoothing of options.smoothings ?? (['add-k', 'witten-bell', 'kneser-ney'] as const))
    for (let order = 1; order <= options.order; order++) {
      const { nats, targets } = ngramLoss(ngramModel(trie, { order, smoothing }), validation, options.unknown);
      scores.push({ order, smoothing, loss: nats / targets });
    }
  return scores.sort((a, b) => a.loss - b.loss);
}
