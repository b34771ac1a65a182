/** What comes with each token beside its id: which values of a plan are read, and what they become. */
import { lensLayers, lensValues } from '../model/plans/token_lens.ts';
import type { InferenceOptions } from '../model/plans/decode.ts';
import type { Region, Runner } from '../plan/types.ts';
import type { BareCandidate, RunSettings, Tap, TokenRecord } from './records.ts';

/** What decides which plans run. Equal views are equal as JSON. */
export interface View extends Pick<InferenceOptions, 'attention' | 'lens'> {
  readonly candidates: number;
  readonly taps: readonly string[];
}

/** The view that a run's settings ask for; a draw is explained from all logits. */
export function viewOf({ candidates = 0, taps = [], draw, attention, lens }: RunSettings): View {
  return {
    candidates,
    taps: draw ? [...new Set([...taps, 'logits'])] : taps,
    ...(attention && { attention }),
    ...(lens && { lens }),
  };
}

/** Whether a token brings more than itself, so that each is read before the next. */
export const isWatched = ({ candidates, taps, attention, lens }: View): boolean =>
  candidates > 0 || taps.length > 0 || Boolean(attention) || Boolean(lens);

/** What was read beside the tokens. */
export interface Seen extends Pick<TokenRecord, 'candidates' | 'taps' | 'attention' | 'lens'> {
  readonly tokens: Uint32Array;
}

/** Reads sampled tokens and everything that the view asks for, in one readback. `fed`: position in the cache of the token that predicts. */
export async function readSeen(
  runner: Runner,
  sampled: Region,
  view: View,
  { layers, fed }: { readonly layers: number; readonly fed: number },
): Promise<Seen> {
  const { values } = runner.plan;
  const { candidates, taps, attention, lens } = view;
  const rows = attention ? Array.from({ length: layers }, (_, i) => `h.${i}.row`) : [];
  const said = lens ? lensLayers(layers).map(lensValues) : [];
  const names = [...(candidates > 0 ? ['ids', 'probs'] : []), ...taps, ...rows, ...said.flat()];
  const [tokens, ...buffers] = await runner.read(sampled, ...names.map((name) => values[name]));
  const bytes = (name: string): ArrayBuffer => buffers[names.indexOf(name)];
  return {
    tokens: new Uint32Array(tokens),
    candidates: candidates > 0 ? candidatesOf(bytes('ids'), bytes('probs')) : [],
    taps: Object.fromEntries(
      taps.map((name): [string, Tap] => [
        name,
        { shape: values[name].shape, data: new Float32Array(bytes(name).slice(0)) },
      ]),
    ),
    ...(attention && {
      attention: quantised(
        rows.map((name) => new Float32Array(bytes(name))),
        fed + 1,
        values[rows[0]].shape[3],
      ),
    }),
    ...(lens && {
      lens: {
        top: said.map(([ids, probs]) => candidatesOf(bytes(ids), bytes(probs))),
        actual: said.map(([, , loss]) => Math.exp(-new Float32Array(bytes(loss))[0])),
      },
    }),
  };
}

function candidatesOf(ids: ArrayBuffer, probs: ArrayBuffer): BareCandidate[] {
  const probability = new Float32Array(probs);
  return Array.from(new Uint32Array(ids), (token, i) => ({ token, probability: probability[i] }));
}

/** 255·√weight of the first `keys` of each head: [layer][head][key]. Rows of `stride` numbers per head. */
function quantised(layers: readonly Float32Array[], keys: number, stride: number): Uint8Array<ArrayBuffer> {
  const heads = layers[0].length / stride;
  const out = new Uint8Array(layers.length * heads * keys);
  let at = 0;
  for (const weights of layers)
    for (let row = 0; row < weights.length; row += stride)
      for (let key = 0; key < keys; key++) out[at++] = Math.round(255 * Math.sqrt(weights[row + key]));
  return out;
}

/** Probability and rank of a token, from all logits where they were read, else from what else was. */
export function standing(
  token: number,
  { candidates, lens }: Pick<Seen, 'candidates' | 'lens'>,
  logits: Float32Array | undefined,
): Pick<TokenRecord, 'probability' | 'rank'> {
  if (logits) return standingIn(logits, token);
  const rank = candidates.findIndex((c) => c.token === token);
  const probability = rank < 0 ? lens?.actual.at(-1) : candidates[rank].probability;
  return { ...(probability !== undefined && { probability }), ...(rank >= 0 && { rank }) };
}

function standingIn(logits: Float32Array, token: number): { readonly probability: number; readonly rank: number } {
  const own = logits[token];
  let [sum, rank] = [0, 0];
  logits.forEach((x, id) => {
    sum += Math.exp(x - own);
    if (x > own || (x === own && id < token)) rank++;
  });
  return { probability: 1 / sum, rank };
}
