/** Counts as they are, for people who want to see where an n-gram model's numbers, and its zeros, come from. */
import type { NgramTrie } from './trie.ts';

/**
 * How often a context was followed by a token, of how often it was followed by anything. 0 of n: the context was seen, this token never
 * came. 0 of 0: the context was never seen, so that the counts say nothing at all.
 */
export interface Count {
  /** Times that the token came after the context. */
  readonly count: number;
  /** Times that anything did. */
  readonly total: number;
}

/** How often a token came. */
export interface TokenCount {
  /** Its id. */
  readonly token: number;
  readonly count: number;
}

/** What came after a context, most frequent first (ties: lowest token first). */
export interface CountTable {
  /** Token ids. */
  readonly context: readonly number[];
  /** The sum of all counts. */
  readonly total: number;
  readonly tokens: readonly TokenCount[];
}

/** The node of a whole context; −1 if the text never had it. */
function find(trie: NgramTrie, context: ArrayLike<number>): number {
  if (context.length >= trie.order)
    throw new RangeError(`a context of ${context.length} tokens; sequences of up to ${trie.order} were counted`);
  let node = 0;
  for (let i = 0; i < context.length && node >= 0; i++) node = trie.child(node, context[i]);
  return node;
}

/**
 * How often exactly this context was followed by `token`.
 *
 * @throws RangeError when the context has as many tokens as the longest sequence counted, or more
 * @example
 * const [a, b, c] = tokenizer.encode('the');
 * const { count, total } = countAfter(trie, [a, b], c);
 */
export function countAfter(trie: NgramTrie, context: ArrayLike<number>, token: number): Count {
  const node = find(trie, context);
  if (node < 0) return { count: 0, total: 0 };
  const child = trie.child(node, token);
  return { count: child < 0 ? 0 : trie.raw.counts[child], total: trie.raw.totals[node] };
}

/**
 * Everything that came after exactly this context; an empty table when it was never seen.
 *
 * @throws RangeError when the context has as many tokens as the longest sequence counted, or more
 * @example
 * const { total, tokens } = countTable(trie, tokenizer.encode('q'));
 * for (const { token, count } of tokens) console.log(tokenizer.label(token), count / total);
 */
export function countTable(trie: NgramTrie, context: ArrayLike<number>): CountTable {
  const tokens: TokenCount[] = [];
  for (let token = 0; token < trie.vocab; token++) {
    const { count } = countAfter(trie, context, token);
    if (count > 0) tokens.push({ token, count });
  }
  tokens.sort((a, b) => b.count - a.count || a.token - b.token);
  return { context: Array.from(context), total: tokens.reduce((sum, t) => sum + t.count, 0), tokens };
}

/**
 * The `most` contexts of `length` tokens that were followed by something most often.
 *
 * @example
 * for (const { context, total } of frequentContexts(trie, 2, 10)) console.log(tokenizer.decode(context), total);
 */
export function frequentContexts(trie: NgramTrie, length: number, most: number): CountTable[] {
  const { totals } = trie.raw;
  const nodes = length === 0 ? [0] : [...trie.nodesOf(length)].filter((node) => totals[node] > 0);
  return nodes
    .sort((a, b) => totals[b] - totals[a] || a - b)
    .slice(0, most)
    .map((node) => countTable(trie, trie.sequence(node)));
}
