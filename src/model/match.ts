/**
 * Which tensors of a file make which parameters, by name and shape and in both directions. It reports what is missing, what has another
 * shape and what would go unused before any number is read or memory is allocated for one.
 */
import type { ModelConfig } from './config.ts';
import { parameters } from './layout.ts';
import type { Matches, Match, Outline } from './matches.ts';
import { shapeText, WeightsError } from './errors.ts';
import { sourceOf, withPrefix } from './hub_names.ts';
import { bareName, isNeedless, wouldMatter } from './names.ts';

const some = (list: readonly string[]): string => list.slice(0, 6).join(', ') + (list.length > 6 ? ', …' : '');

/** Settings that a first dimension comes from, for messages. */
const SETTING: Readonly<Record<string, string>> = {
  'wte.weight': 'vocab_size',
  'head.weight': 'vocab_size',
  'wpe.weight': 'n_positions',
};

/**
 * Which tensors make which parameters.
 * @param tensors name in the file → shape
 * @throws WeightsError naming what is missing, has another shape, or would change the model and has no place in its configuration
 */
export function matchTensors(
  config: ModelConfig,
  tensors: ReadonlyMap<string, Outline>,
  translate: (name: string) => string = (name) => name,
): Matches {
  const files = bareNames(tensors.keys(), translate);
  checkLayers(config, files.keys());
  const outline = (bare: string): Outline | undefined => tensors.get(files.get(bare) ?? '');
  const conv1d = isConv1d(config, outline('h.0.attn.c_attn.weight')?.shape);
  // some GPT-2 models are trained without biases (nanoGPT's bias=False); a Llama configuration states which ones it has
  const optional = (name: string): boolean =>
    config.family === 'gpt2' && name.endsWith('.bias') && !biases.has(anyLayer(name));
  const biases = new Set([...files.keys()].map(anyLayer).filter((name) => name.endsWith('.bias')));
  const found: Match[] = [];
  const missing: string[] = [];
  const zeros = new Set<string>();
  const used = new Set<string>();
  const copies: [string, string][] = [];
  for (const parameter of parameters(config)) {
    const { name, shape } = parameter;
    const { parts, transposed } = sourceOf(config, name, shape, conv1d);
    const from: string[] = [];
    for (const { name: wanted, rows } of parts) {
      // a tied model's table has two names, and files may contain one or both
      const table = name === 'wte.weight' && config.tied ? files.get('lm_head.weight') : undefined;
      const bare = table !== undefined && !files.has(wanted) ? 'lm_head.weight' : wanted;
      const tensor = outline(bare);
      if (!tensor) {
        if (optional(wanted)) zeros.add(anyLayer(wanted));
        else missing.push(withPrefix(config, wanted));
        continue;
      }
      const whole = parts.length === 1 ? shape : [rows, ...shape.slice(1)];
      checkShape(files.get(bare)!, tensor.shape, transposed ? [...whole].reverse() : whole, name);
      from.push(files.get(bare)!);
      used.add(bare);
      if (table !== undefined && bare !== 'lm_head.weight') {
        copies.push([files.get(bare)!, table]);
        checkShape(table, tensors.get(table)!.shape, shape, name);
        used.add('lm_head.weight');
      }
    }
    found.push({ parameter, from, transposed });
  }
  if (missing.length) throw new WeightsError(missingText(config, missing, tensors));
  const unused = leftOver(config, tensors, files, used);
  const notes = [
    ...(zeros.size ? [`The file has no ${some([...zeros])}: zeros stand for them.`] : []),
    ...(unused.length ? [`The model does not use ${some(unused)}.`] : []),
  ];
  return { found, copies, unused, notes };
}

/** Name without wrappers → name in the file. */
function bareNames(names: Iterable<string>, translate: (name: string) => string): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of names) {
    const bare = bareName(translate(name));
    const other = files.get(bare);
    if (other !== undefined && !isNeedless(bare))
      throw new WeightsError(
        `${other} and ${name} are two tensors for one place (${bare}): the file holds two models; keep one of them`,
      );
    files.set(bare, name);
  }
  return files;
}

/** Checks that the file has as many layers as the configuration, before anything is made for each of them. */
function checkLayers(config: ModelConfig, names: Iterable<string>): void {
  const pattern = config.family === 'llama' ? /^layers\.(\d+)\./ : /^h\.(\d+)\./;
  let layers = 0;
  for (const name of names) layers = Math.max(layers, 1 + Number(pattern.exec(name)?.[1] ?? -1));
  if (layers > 0 && layers !== config.layers)
    throw new WeightsError(
      `the configuration says ${config.layers} layers (${config.family === 'llama' ? 'num_hidden_layers' : 'n_layer'}), the file has ${layers}: they do not belong together`,
    );
}

/** True when linear weights are stored (in, out), as GPT-2's Conv1D keeps them; nanoGPT and minGPT keep (out, in). */
function isConv1d(config: ModelConfig, shape: readonly number[] | undefined): boolean {
  return shape === undefined || (shape[0] === config.width && shape[1] === 3 * config.width);
}

const anyLayer = (name: string): string => name.replace(/^(h|layers)\.\d+\./, '$1.*.');

function checkShape(file: string, shape: readonly number[], wanted: readonly number[], name: string): void {
  if (shapeText(shape) === shapeText(wanted)) return;
  const setting = SETTING[name] ? ` (${SETTING[name]} is ${wanted[0]})` : '';
  throw new WeightsError(
    `${file} is ${shapeText(shape)}, the configuration wants ${shapeText(wanted)}${setting} for ${name}`,
  );
}

function missingText(config: ModelConfig, missing: readonly string[], tensors: ReadonlyMap<string, Outline>): string {
  const has = [...tensors].slice(0, 6).map(([name, { shape }]) => `${name} (${shapeText(shape)})`);
  const advice =
    missing.length === 1 && missing[0] === 'lm_head.weight'
      ? '; if the head is the token table, the configuration must say tie_word_embeddings: true'
      : missing.length > 2 * config.layers
        ? '; are these the names of a GPT-2 or Llama file?'
        : '';
  return `${missing.length === 1 ? '1 tensor is' : `${missing.length} tensors are`} missing: ${some(missing)}${advice}; the file has ${tensors.size}: ${has.join(', ')}${tensors.size > 6 ? ', …' : ''}`;
}

/** Names in the file that nothing uses and that are not known to be unnecessary. */
function leftOver(
  config: ModelConfig,
  tensors: ReadonlyMap<string, Outline>,
  files: ReadonlyMap<string, string>,
  used: ReadonlySet<string>,
): string[] {
  const unused: string[] = [];
  for (const [bare, name] of files) {
    if (used.has(bare) || isNeedless(bare)) continue;
    const { shape, dtype = 'F32' } = tensors.get(name)!;
    // integers inside a layer are some trainer's tables; other numbers are part of the computation
    if (!/^(I|U|BOOL)/.test(dtype) && wouldMatter(config, bare))
      throw new WeightsError(
        `${name} (${shapeText(shape)}) is in the file, and the configuration has no place for it${reason(config, bare)}: without it the model would say something else`,
      );
    unused.push(name);
  }
  return unused;
}

function reason(config: ModelConfig, bare: string): string {
  if (/lora_/.test(bare)) return ' (an adapter; merge it into its model)';
  if (config.family !== 'llama' || !bare.endsWith('.bias')) return '';
  if (/self_attn/.test(bare)) return ' (attention_bias is false)';
  return /mlp/.test(bare) ? ' (mlp_bias is false)' : '';
}
