/** Is this a preset? Every field has a rule. The first broken one is named, with its value and what is allowed. */
import { readConfig } from '../../src/model/config.ts';
import { checkNumber, checkSettings, type NumberRule, SettingsError } from '../../src/plan/settings.ts';
import type { Preset } from '../../src/train/preset.ts';
import { checkTrainSettings, type TrainSettings } from '../../src/train/settings.ts';

/** Describes presets for people. Messages point to it. */
export const DESCRIPTION = 'tools/train/README.md';

type Fields = Readonly<Record<string, unknown>>;

function fields(field: string, value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SettingsError(field, value, 'an object');
  return value as Fields;
}

function text(field: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new SettingsError(field, value, 'a text');
}

function texts(field: string, value: unknown, least: number): void {
  const right = Array.isArray(value) && value.length >= least && value.every((one) => typeof one === 'string');
  if (!right) throw new SettingsError(field, value, least ? `a list of ${least} or more texts` : 'a list of texts');
}

/** Refuses unknown fields: a misspelt one would silently mean its default. */
function known(where: string, value: Fields, names: readonly string[]): void {
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new SettingsError(`a field of ${where}`, unknown, `one of ${names.join(', ')}`);
}

const count: NumberRule = { min: 1, max: 2 ** 24, whole: true };

/** The fields of each kind of tokenizer. BPE starts from 256 bytes and the end of a text. */
const TOKENIZERS: Readonly<Record<string, Readonly<Record<string, NumberRule>>>> = {
  characters: { maxSize: count, minCount: count },
  bytes: {},
  bpe: { size: { ...count, min: 257 } },
};

function tokenizer(field: string, value: unknown): void {
  const choice = fields(field, value);
  const kinds = Object.keys(TOKENIZERS);
  const rules = TOKENIZERS[choice['kind'] as string];
  if (!rules || !kinds.includes(choice['kind'] as string))
    throw new SettingsError(`${field}.kind`, choice['kind'], kinds.map((kind) => `"${kind}"`).join(', '));
  const fallback = choice['kind'] === 'characters' ? ['fallback'] : [];
  known(field, choice, ['kind', ...Object.keys(rules), ...fallback]);
  if (choice['kind'] === 'bpe') checkNumber(`${field}.size`, choice['size'], rules['size']);
  checkSettings(choice, rules);
  if (![undefined, 'bytes', 'unk'].includes(choice['fallback'] as string | undefined))
    throw new SettingsError(`${field}.fallback`, choice['fallback'], '"bytes" or "unk"');
}

function model(field: string, value: unknown): void {
  const config = fields(field, value);
  if ('vocab' in config) throw new SettingsError(`${field}.vocab`, config['vocab'], 'nothing (the tokenizer decides)');
  for (const size of ['context', 'layers', 'heads', 'width']) checkNumber(`${field}.${size}`, config[size], count);
  readConfig({ ...config, vocab: 257 });
}

/** Every field of TrainSettings. The compiler demands new ones here. */
const TRAIN: Readonly<Record<keyof TrainSettings, true>> = {
  batch: true,
  time: true,
  micro: true,
  dropout: true,
  recompute: true,
  headBytes: true,
  steps: true,
  minutes: true,
  schedule: true,
  beta1: true,
  beta2: true,
  epsilon: true,
  decay: true,
  maxNorm: true,
  seed: true,
  bare: true,
  evaluateEvery: true,
  sampleEvery: true,
  saveEvery: true,
  patience: true,
  evaluateTargets: true,
  prompts: true,
  sampleTokens: true,
  sampleBits: true,
};

function training(field: string, value: unknown): void {
  const settings = fields(field, value);
  known(field, settings, Object.keys(TRAIN));
  checkNumber(`${field}.batch`, settings['batch'], { min: 1, max: 2 ** 20, whole: true });
  checkTrainSettings(settings as unknown as TrainSettings);
  if (settings['prompts'] !== undefined) texts(`${field}.prompts`, settings['prompts'], 1);
}

function documents(field: string, value: unknown): void {
  if (typeof value !== 'function' && (typeof value !== 'string' || value === ''))
    throw new SettingsError(field, value, 'the text between two documents, or a function that cuts them');
}

function name(field: string, value: unknown): void {
  if (typeof value !== 'string' || !/^\w[\w.-]*$/.test(value))
    throw new SettingsError(field, value, 'the name of a folder: letters, digits, - and _');
}

type Check = (field: string, value: unknown) => void;
const list: Check = (field, value) => texts(field, value, 0);

const NEEDED: Readonly<Record<string, Check>> = {
  name,
  title: text,
  language: text,
  texts: (field, value) => texts(field, value, 1),
  source: text,
  licence: text,
  validation: (field, value) => void checkNumber(field, value, { min: 0.001, max: 0.9 }),
  tokenizer,
  model,
  train: training,
} satisfies Partial<Record<keyof Preset, Check>>;

const OPTIONAL: Readonly<Record<string, Check>> = {
  documents,
  cardPrompts: list,
  notes: list,
  weaknesses: list,
  from: text,
  lastLayers: (field, value) => void checkNumber(field, value, count),
} satisfies Partial<Record<keyof Preset, Check>>;

/** Returns the preset, or throws RangeError naming the first field that is not as `DESCRIPTION` says. */
export function checkPreset(value: unknown): Preset {
  const preset = fields('the preset', value);
  for (const [field, check] of Object.entries(NEEDED)) check(field, preset[field]);
  for (const [field, check] of Object.entries(OPTIONAL)) if (preset[field] !== undefined) check(field, preset[field]);
  known('a preset', preset, [...Object.keys(NEEDED), ...Object.keys(OPTIONAL)]);
  return value as Preset;
}
