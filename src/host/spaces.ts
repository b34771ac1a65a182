/** The spaces a model thinks in, as points: its token vectors, its positions, and a word's way through the layers. */
import type { ModelConfig } from '../model/config.ts';
import { lensLayers } from '../model/plans/token_lens.ts';
import type { Weights } from '../model/weights.ts';
import { checkNumber, SettingsError } from '../plan/settings.ts';
import type { Model } from '../session/model.ts';
import type { Tokenizer } from '../tokens/types.ts';
import { type Projection, project } from './principal.ts';

/** Which vectors to fetch. */
export interface EmbeddingAsk {
  readonly of: 'tokens' | 'positions';
  /** Ids or positions that come first. Default: none. */
  readonly ids?: readonly number[] | undefined;
  /** At most this many: those of `ids`, then the lowest. Default: 500. A whole number from 1 to 5000. */
  readonly most?: number | undefined;
}

/** Points of a space. */
export interface Embedding {
  /** Token ids or positions; absent for points of another kind. */
  readonly ids?: readonly number[] | undefined;
  readonly names: readonly string[];
  /** (names dim), row by row. */
  readonly vectors: Float32Array;
  readonly dim: number;
  /** After which layer; undefined for the token matrix itself. */
  readonly layer?: number | undefined;
  /** The same on the plane on which they are spread out most. */
  readonly projection?: Projection | undefined;
}

/** A token near another. */
export interface Neighbour {
  readonly token: number;
  /** A name for people. */
  readonly text: string;
  /** Cosine of the angle between the two, −1 … 1. */
  readonly cosine: number;
}

/** One word followed through the layers in two texts. */
export interface WordPaths {
  /** `embed`, `h.0`, …. */
  readonly layers: readonly string[];
  readonly texts: readonly [string, string];
  readonly word: string;
  /** Index of the token with which the word ends in each text. */
  readonly tokens: readonly [number, number];
  /** [text][layer] vectors of `dim` numbers: the stream after each layer. */
  readonly paths: readonly [readonly Float32Array[], readonly Float32Array[]];
  readonly dim: number;
  /** [layer]: 1 − cosine between the two. */
  readonly distances: readonly number[];
}

/** A loaded model, as far as its token vectors are concerned. */
export interface Named {
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  readonly weights: Weights;
}

type Pause = () => Promise<void>;

/** Vectors of tokens or positions, with their projection. Throws SettingsError for ids that are not there and models without such vectors. */
export async function embeddingOf(
  { config, tokenizer, weights }: Named,
  ask: EmbeddingAsk,
  pause: Pause,
): Promise<Embedding> {
  const { of: kind, ids = [], most = 500 } = ask;
  if (kind !== 'tokens' && kind !== 'positions') throw new SettingsError('of', kind, "'tokens' or 'positions'");
  checkNumber('most', most, { min: 1, max: 5000, whole: true });
  const table = weights.get(kind === 'tokens' ? 'wte.weight' : 'wpe.weight');
  if (!table)
    throw new SettingsError(
      'of',
      kind,
      "'tokens', as this model turns its queries and keys and has no vectors of positions,",
    );
  const { width: dim } = config;
  const rows = table.length / dim;
  for (const id of ids)
    checkNumber(kind === 'tokens' ? 'token' : 'position', id, { min: 0, max: rows - 1, whole: true });
  const chosen = new Set(ids.slice(0, most));
  for (let id = 0; id < rows && chosen.size < most; id++) chosen.add(id);
  const all = [...chosen];
  const vectors = new Float32Array(all.length * dim);
  for (const [i, id] of all.entries()) vectors.set(table.subarray(id * dim, (id + 1) * dim), i * dim);
  return {
    ids: all,
    names: all.map((id) => (kind === 'tokens' ? tokenizer.label(id) : String(id))),
    vectors,
    dim,
    projection: await project(vectors, dim, pause),
  };
}

/** Scores that are compared before the next pause. */
const SLICE = 2 ** 16;

/** The `near` tokens with the smallest angle to a token, nearest first, of equals the lowest id; without the token itself. */
export async function neighboursOf(
  { config, tokenizer, weights }: Named,
  token: number,
  near: number,
  pause: Pause,
): Promise<Neighbour[]> {
  const { vocab, width: dim } = config;
  checkNumber('token', token, { min: 0, max: vocab - 1, whole: true });
  checkNumber('near', near, { min: 1, max: 1000, whole: true });
  const table = weights.get('wte.weight')!;
  const own = table.subarray(token * dim, (token + 1) * dim);
  const cosines = new Float64Array(vocab);
  for (let id = 0; id < vocab; id++) {
    cosines[id] = cosine(own, table.subarray(id * dim, (id + 1) * dim));
    if ((id * dim) % SLICE < dim) await pause();
  }
  return Array.from(cosines.keys())
    .filter((id) => id !== token)
    .sort((a, b) => cosines[b] - cosines[a] || a - b)
    .slice(0, near)
    .map((id) => ({ token: id, text: tokenizer.label(id), cosine: cosines[id] }));
}

/** 0 beside a vector of zeros, which has no direction. */
function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa && bb ? dot / Math.sqrt(aa * bb) : 0;
}

/** The stream at the last token of a word in two texts, after the embedding and after each layer. Throws SettingsError when a text lacks it. */
export async function wordPaths(model: Model, texts: readonly [string, string], word: string): Promise<WordPaths> {
  const { layers: count, width: dim } = model.config;
  const layers = lensLayers(count);
  const names = layers.map((layer, i) => (i === 0 ? layer : `${layer}.out`));
  const follow = async (text: string) => {
    const end = endOf(text, word);
    const at = model.tokens(text).findIndex(({ to }) => to >= end);
    const taps = await model.taps(text, names, at);
    return { at, path: names.map((name) => taps[name].data) };
  };
  const first = await follow(texts[0]);
  const second = await follow(texts[1]);
  return {
    layers,
    texts,
    word,
    tokens: [first.at, second.at],
    paths: [first.path, second.path],
    dim,
    distances: first.path.map((vector, i) => 1 - cosine(vector, second.path[i])),
  };
}

/** Where a word ends in a text, in UTF-16 units: as a word of its own if it is one, else as a part of another. */
function endOf(text: string, word: string): number {
  const letter = /[\p{L}\p{N}]/u;
  let first = -1;
  for (let at = word ? text.indexOf(word) : -1; at >= 0; at = text.indexOf(word, at + 1)) {
    const alone = !letter.test(text[at - 1] ?? '') && !letter.test(text[at + word.length] ?? '');
    if (alone) return at + word.length;
    if (first < 0) first = at;
  }
  if (first < 0)
    throw new SettingsError('word', word, `a word of “${text.slice(0, 60)}${text.length > 60 ? '…' : ''}”`);
  return first + word.length;
}
