/** The rotary part of a Llama configuration: its base and its scaling can be in two places, each with two spellings. */
import { LIMITS, ROPE_BASE_RANGE } from './config.ts';
import { fail, type Json, type Range, readNumber, same, type Settings, shown } from './hub_reader.ts';
import { type RopeScaling, scalingFault } from './rope.ts';

/** The possible content of `rope_parameters` (newer files) or `rope_scaling` (older ones). */
const ROPE_KEYS = new Set(
  'rope_type type rope_theta factor low_freq_factor high_freq_factor original_max_position_embeddings partial_rotary_factor'.split(
    ' ',
  ),
);

/** Base and scaling of the rotary frequencies, from both places where files have them. */
export function readRope(settings: Settings, context: number): { ropeBase: number; ropeScaling?: RopeScaling } {
  const found = ropeRecord(settings);
  const outer = settings.find('rope_theta');
  const base = outer && readNumber('rope_theta', outer.value, ROPE_BASE_RANGE);
  const original = settings.find('original_max_position_embeddings')?.value;
  if (!found) return { ropeBase: base ?? 10000 };
  const { key, rope } = found;
  const unknown = Object.keys(rope).find((inner) => !ROPE_KEYS.has(inner) && rope[inner] !== null);
  if (unknown !== undefined)
    fail(`${key}.${unknown} is ${shown(rope[unknown])}: it is not known here; ${[...ROPE_KEYS].join(', ')} are`);
  const number = (inner: string, range: Range, value = rope[inner]): number =>
    value === undefined ? fail(`${key}.${inner} is missing`) : readNumber(`${key}.${inner}`, value, range);
  const innerBase = rope['rope_theta'] == null ? undefined : number('rope_theta', ROPE_BASE_RANGE);
  if (base !== undefined && innerBase !== undefined && base !== innerBase)
    fail(`rope_theta is ${base}, ${key}.rope_theta is ${innerBase}: which is it?`);
  if (rope['partial_rotary_factor'] != null) number('partial_rotary_factor', [1, 1]);
  const scaling = readScaling(key, rope, number, context, rope['original_max_position_embeddings'] ?? original);
  return { ropeBase: innerBase ?? base ?? 10000, ...(scaling && { ropeScaling: scaling }) };
}

function ropeRecord(settings: Settings): { key: string; rope: Json } | undefined {
  const places = ['rope_parameters', 'rope_scaling']
    .map((key) => settings.find(key))
    .filter((one) => one !== undefined);
  if (places.length === 2 && !same(places[0].value, places[1].value))
    fail('rope_parameters and rope_scaling are both there and differ: which is it?');
  if (places.length === 0) return undefined;
  const { key, value } = places[0];
  if (!isRecord(value)) return fail(`${key} is ${shown(value)}: an object was expected`);
  // files of mixed models have one record per kind of layer
  if (Object.values(value).some(isRecord)) {
    const kinds = Object.keys(value);
    if (kinds.some((kind) => kind !== 'full_attention' && !same(value[kind], value['full_attention'])))
      fail(`${key} differs by kind of layer (${kinds.join(', ')}): one for all layers is possible here`);
    return { key: `${key}.full_attention`, rope: value['full_attention'] as Json };
  }
  return { key, rope: value };
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readScaling(
  key: string,
  rope: Json,
  number: (inner: string, range: Range, value?: unknown) => number,
  context: number,
  original: unknown,
): RopeScaling | undefined {
  const { rope_type: newer, type: older } = rope;
  if (newer != null && older != null && newer !== older)
    fail(`${key} has rope_type ${shown(newer)} and type ${shown(older)}: which is it?`);
  const type = newer ?? older ?? (rope['factor'] == null ? 'default' : undefined);
  const above: Range = [Number.MIN_VALUE, 1e9];
  const originalContext = () => number('original_max_position_embeddings', LIMITS.context, original);
  let scaling: RopeScaling;
  if (type === 'default') return undefined;
  else if (type === 'linear') scaling = { type, factor: number('factor', [1, 1e9]) };
  else if (type === 'llama3')
    scaling = {
      type,
      factor: number('factor', [1, 1e9]),
      low: number('low_freq_factor', above),
      high: number('high_freq_factor', above),
      originalContext: originalContext(),
    };
  else if (type === 'dynamic') {
    // changes the base beyond the context alone, and no text here is longer
    if (original != null && originalContext() < context)
      fail(
        `${key} is "dynamic" from ${shown(original)} tokens on, the context is ${context}: it cannot be computed here`,
      );
    return undefined;
  } else return fail(`${key} has rope_type ${shown(type)}: default, linear, llama3 and dynamic are possible here`);
  const fault = scalingFault(scaling);
  return fault === undefined ? scaling : fail(`${key} is wrong: ${fault}`);
}
