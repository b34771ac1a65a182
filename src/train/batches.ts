/**
 * Documents → rows of T positions. A document is `<end> text <end>`, so that a model learns how texts begin and end. Input and target of a
 * pair always lie in the same document: nothing is predicted across a border. Long documents are cut at places that differ in every
 * epoch; short pieces share a row, one after the other, in seeded order.
 *
 * Pieces of a row see each other in attention, as in GPT-2's own training. The separator before each piece says that a new text begins.
 * Positions that no piece fills have target IGNORE and weight 0.
 */
import { IGNORE } from '../plan/state.ts';
import { permutation, randomStream } from '../sample/random.ts';

/** Part of a document: positions `from … to − 1` are inputs, `from + 1 … to` targets. */
export interface Piece {
  readonly document: number;
  readonly from: number;
  readonly to: number;
  /** So many of its first targets are only context: they were measured in the piece before. */
  readonly skip?: number;
}

export type Row = readonly Piece[];

/**
 * Documents as tokens.
 *
 * @example
 * const corpus: Corpus = { documents: [Uint32Array.of(0, 5, 7, 0)] };
 */
export interface Corpus {
  /** Token ids of each document, separators included (see `framed`). */
  readonly documents: readonly Uint32Array<ArrayBuffer>[];
  /** A target that is not learned: text that the vocabulary lacks. */
  readonly unknown?: number;
}

/** `<end> text <end>`, or the bare text if there is no separator. */
export function framed(ids: Uint32Array<ArrayBuffer>, separator: number | undefined): Uint32Array<ArrayBuffer> {
  if (separator === undefined) return ids;
  const out = new Uint32Array(ids.length + 2).fill(separator);
  out.set(ids, 1);
  return out;
}

/** Cuts each document into pieces of at most T targets. `phase(length)` is the number of targets in the first piece of a long one. */
function cut(corpus: Corpus, order: Iterable<number>, T: number, phase: () => number): Piece[] {
  const pieces: Piece[] = [];
  for (const document of order) {
    const targets = corpus.documents[document].length - 1;
    let from = 0;
    if (targets > T) {
      const first = 1 + Math.floor(phase() * T);
      pieces.push({ document, from, to: first });
      from = first;
    }
    for (; from < targets; from += T) pieces.push({ document, from, to: Math.min(targets, from + T) });
  }
  return pieces;
}

/** Fills rows: each piece goes into the first open row with room. */
function pack(pieces: readonly Piece[], T: number): Row[] {
  const OPEN = 32;
  const rows: Piece[][] = [];
  const open: { row: Piece[]; room: number }[] = [];
  for (const piece of pieces) {
    const size = piece.to - piece.from;
    let place = open.find((o) => o.room >= size);
    if (!place) {
      place = { row: [], room: T };
      rows.push(place.row);
      open.push(place);
      if (open.length > OPEN) open.shift();
    }
    place.row.push(piece);
    place.room -= size;
    if (place.room === 0) open.splice(open.indexOf(place), 1);
  }
  return rows;
}

/**
 * All rows of one epoch, no target twice, in an order that depends on seed and epoch. Of the rows that would begin with a separator, a share
 * `bare` begins with the text itself, because prompts come without one.
 */
export function epochRows(corpus: Corpus, T: number, seed: number, epoch: number, bare = 0): Row[] {
  const random = randomStream(seed, 1000 + epoch);
  const pieces = cut(corpus, permutation(corpus.documents.length, random), T, random);
  const mixed = Array.from(permutation(pieces.length, random), (i) => pieces[i]);
  const rows = pack(mixed, T).map(([first, ...rest]) =>
    first.from === 0 && first.to > 1 && random() < bare ? [{ ...first, from: 1 }, ...rest] : [first, ...rest],
  );
  return Array.from(permutation(rows.length, random), (i) => rows[i]);
}

/**
 * Rows for evaluation: every target once, in the order of the text, the same on every call. With `overlap`, a piece begins that many
 * tokens before its first target, so that the targets of a long document have at least that much context.
 */
export function evaluationRows(corpus: Corpus, T: number, overlap = 0): Row[] {
  const pieces: Piece[] = [];
  corpus.documents.forEach((ids, document) => {
    const targets = ids.length - 1;
    for (let from = 0, done = 0; done < targets; from = done - overlap) {
      const to = Math.min(targets, from + T);
      pieces.push({ document, from, to, ...(done > from && { skip: done - from }) });
      done = to;
    }
  });
  return pack(pieces, T);
}

/** What a training or evaluation plan reads (arena `batch`). */
export interface Batch {
  readonly tokens: Uint32Array<ArrayBuffer>; // (B T)
  readonly targets: Uint32Array<ArrayBuffer>; // (B T)
  readonly weights: Float32Array<ArrayBuffer>; // (B T)
  /** Positions sorted by token id, and where each id begins. The embedding's gradient is summed in this order. */
  readonly order: Uint32Array<ArrayBuffer>; // (B T)
  readonly starts: Uint32Array<ArrayBuffer>; // (V + 1)
  /** Positions with a target. */
  count: number;
}

export function emptyBatch(B: number, T: number, V: number): Batch {
  const R = B * T;
  return {
    tokens: new Uint32Array(R),
    targets: new Uint32Array(R),
    weights: new Float32Array(R),
    order: new Uint32Array(R),
    starts: new Uint32Array(V + 1),
    count: 0,
  };
}

/** Writes rows into `batch`; missing rows stay empty. Each target weighs 1/targets of this batch; `weigh` changes that. */
export function fillBatch(batch: Batch, corpus: Corpus, rows: readonly Row[], T: number): void {
  batch.tokens.fill(0);
  batch.targets.fill(IGNORE);
  let count = 0;
  rows.forEach((row, r) => {
    let at = r * T;
    for (const { document, from, to, skip = 0 } of row) {
      const ids = corpus.documents[document];
      for (let i = from; i < to; i++, at++) {
        batch.tokens[at] = ids[i];
        if (i < from + skip || ids[i + 1] === corpus.unknown) continue;
        batch.targets[at] = ids[i + 1];
        count++;
      }
    }
  });
  batch.count = count;
  weigh(batch, count);
  sortTokens(batch);
}

/** Gives each target the weight 1/total, so that the loss is a mean over `total` targets: those of all micro-batches of a step. */
export function weigh(batch: Batch, total: number): void {
  for (let i = 0; i < batch.targets.length; i++) batch.weights[i] = batch.targets[i] === IGNORE ? 0 : 1 / total;
}

/** Counting sort of the positions by token id, stable. Ids below `blank` are left out: their rows get no gradient. */
export function sortTokens({ tokens, order, starts }: Pick<Batch, 'tokens' | 'order' | 'starts'>, blank = 0): void {
  starts.fill(0);
  for (const t of tokens) if (t >= blank) starts[t + 1]++;
  for (let v = 1; v < starts.length; v++) starts[v] += starts[v - 1];
  const next = starts.slice();
  tokens.forEach((t, i) => {
    if (t >= blank) order[next[t]++] = i;
  });
}
