/**
 * Pair merging, the heart of byte-level BPE and of SentencePiece's BPE. Of all neighbours that a rule joins, the pair with the best rank
 * goes first, and the leftmost among equals, until no rule applies. A linked list and a heap make it O(n log n), so a megabyte without a
 * space takes about a second, not hours.
 */

import { heapPop, heapPush } from './heap.ts';

/** Rules by pair of ids. */
export interface MergeRules {
  /** Number of the rule that joins the two ids, or undefined. */
  find(left: number, right: number): number | undefined;
  /** Order of a rule: 0 goes first. Rules of equal rank go from left to right. */
  rank(rule: number): number;
  /** Id of the joined token. */
  result(rule: number): number;
}

/** One join, reported when it happens. */
export interface Join {
  readonly rule: number;
  readonly left: number;
  readonly right: number;
  /** Index of the left symbol's first element in the list that was given. */
  readonly at: number;
}

/** Key of a pair in a Map: exact as long as ids stay under 2²⁶. */
export function pairKey(left: number, right: number): number {
  return left * 0x4000000 + right;
}

const AT = 0x4000000; // a heap entry is rank · 2²⁶ + position: one double, ordered as wished, for texts under 2²⁶ symbols

/** Links of short words, reused: there are millions of words, and most are short. */
const short = [new Int32Array(256), new Int32Array(256)] as const;

function scratch(count: number): readonly [Int32Array, Int32Array] {
  return count <= short[0].length ? short : [new Int32Array(count), new Int32Array(count)];
}

const less = (a: number, b: number): boolean => a < b;

/** Merges `ids` in place as far as the rules go and returns how many are left; they lie at the front. */
export function mergeAll(ids: Int32Array, count: number, rules: MergeRules, onJoin?: (join: Join) => void): number {
  if (count < 2) return count;
  if (count >= AT) throw new RangeError(`a word of ${count} symbols is too long to merge; the limit is ${AT - 1}`);
  const [next, previous] = scratch(count);
  for (let i = 0; i < count; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  const heap: number[] = [];
  const offer = (at: number): void => {
    const right = next[at];
    if (right >= count) return;
    const rule = rules.find(ids[at], ids[right]);
    if (rule !== undefined) heapPush(heap, rules.rank(rule) * AT + at, less);
  };
  for (let i = 0; i + 1 < count; i++) offer(i);

  while (heap.length > 0) {
    const entry = heapPop(heap, less);
    const at = entry % AT;
    if (ids[at] < 0) continue; // joined to its left neighbour meanwhile
    const right = next[at];
    if (right >= count) continue;
    const rule = rules.find(ids[at], ids[right]);
    // the pair may have changed since it was queued; the new pair has its own entry
    if (rule === undefined || rules.rank(rule) !== (entry - at) / AT) continue;
    onJoin?.({ rule, left: ids[at], right: ids[right], at });
    ids[at] = rules.result(rule);
    ids[right] = -1;
    next[at] = next[right];
    if (next[at] < count) previous[next[at]] = at;
    if (previous[at] >= 0) offer(previous[at]);
    offer(at);
  }

  let kept = 0;
  for (let i = 0; i < count; i = next[i]) ids[kept++] = ids[i];
  return kept;
}
