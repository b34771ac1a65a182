/** What a GPT says about a given text: how probable it finds each token, and what each of its layers would have said. */
import type { Tensor } from '../../graph/graph.ts';
import { attendWithin, attentionWeights, blockOptions } from '../block.ts';
import type { ModelConfig } from '../config.ts';
import { constants, finalNorm, head, trunk } from '../gpt.ts';
import { chunkedLoss, pool } from '../heads.ts';
import { embed } from '../layers.ts';
import { parameters } from '../layout.ts';
import { type Build, type Input, type Program, targetInputs } from '../program.ts';
import { keepTaps } from './taps.ts';

export interface TextOptions {
  /** Positions; a shorter text is padded at its end with any ids and the target IGNORE. */
  readonly T: number;
  /** Attention heads and MLPs obey the `gates` arena. Default: false. */
  readonly gated?: boolean;
}

export interface ScoreOptions extends TextOptions {
  /** Logits are made and consumed in chunks of rows of at most this many bytes. Default: 32 MiB. */
  readonly headBytes?: number;
}

/** `tokens` (T) as they are fed, `targets` (T) that follow them, `weights` (T) of 1, for losses as they are. */
const textInputs = (T: number): Input[] => [{ name: 'tokens', shape: [T], elem: 'u32' }, ...targetInputs(T)];

/** The layers' outputs, the embedding first. */
function readText(b: Build, config: ModelConfig, { T, gated = false }: TextOptions): Tensor[] {
  const o = { ...blockOptions(config), gated };
  trunk(
    b,
    embed(b, 'tokens', T, 'wte.weight', 'wpe.weight'),
    config.layers,
    o,
    attendWithin(o, { B: 1, T, mask: 'causal' }),
  );
  return ['embed', ...Array.from({ length: config.layers }, (_, i) => `h.${i}.out`)].map((name) => b.taps[name]);
}

const reading = (config: ModelConfig, T: number): Omit<Program, 'name' | 'build'> => ({
  params: parameters(config),
  trainable: () => false,
  inputs: textInputs(T),
  constants: constants(config),
});

/** Keeps `losses` (T): −log p(targets[t] | tokens[0 … t]) in nats. Batch 1, so that nothing but the text decides. */
export function scoreProgram(config: ModelConfig, options: ScoreOptions): Program {
  const { T, headBytes = 2 ** 25 } = options;
  return {
    ...reading(config, T),
    name: `score${T}`,
    build(b) {
      const x = finalNorm(b, readText(b, config, options).at(-1)!, blockOptions(config).norm);
      return { keep: { losses: chunkedLoss(b, x, config.vocab, headBytes, (rows) => head(b, rows)).losses } };
    },
  };
}

export interface LensOptions extends ScoreOptions {
  /** Tokens kept per layer and position. Default: 3. */
  readonly best?: number;
}

/**
 * The logit lens (nostalgebraist, 2020): every layer's output through the final norm and the head, as if the model ended there. Keeps
 * `<layer>.ids` and `<layer>.probs` (T best), most probable first, and `<layer>.losses` (T), for `embed`, `h.0`, … and the last layer,
 * which says what the model says.
 */
export function lensProgram(config: ModelConfig, options: LensOptions): Program {
  const { T, best = 3, headBytes = 2 ** 25 } = options;
  return {
    ...reading(config, T),
    name: `lens${T}`,
    build(b) {
      const keep: Record<string, Tensor> = {};
      readText(b, config, options).forEach((out, i) => {
        const layer = i === 0 ? 'embed' : `h.${i - 1}`;
        b.g.scope(`lens.${layer}`, () => {
          const ids = b.g.tensor('ids', [T, best], { elem: 'u32' });
          const probs = b.g.tensor('probs', [T, best]);
          const x = finalNorm(b, out, blockOptions(config).norm);
          const { losses } = chunkedLoss(b, x, config.vocab, headBytes, (rows, part) => {
            const logits = head(b, rows);
            b.g.node('top_n', {
              dims: { R: rows.shape[0], V: config.vocab, N: best },
              ports: { logits, ids: part(ids), probs: part(probs) },
            });
            return logits;
          });
          Object.assign(keep, { [`${layer}.ids`]: ids, [`${layer}.probs`]: probs, [`${layer}.losses`]: losses });
        });
      });
      return { keep };
    },
  };
}

/** Keeps `h.<i>.weights` (1 NH T T), which tokens attend to which, and the rotated `h.<i>.qkv` (T C+2·KV) they come from. */
export function attentionProgram(config: ModelConfig, options: TextOptions): Program {
  const { T } = options;
  return {
    ...reading(config, T),
    name: `attention${T}`,
    build(b) {
      readText(b, config, options);
      const o = blockOptions(config);
      const keep: Record<string, Tensor> = {};
      for (let i = 0; i < config.layers; i++) {
        keep[`h.${i}.weights`] = attentionWeights(b, `h.${i}`, o, { B: 1, T, mask: 'causal' });
        keep[`h.${i}.qkv`] = b.taps[`h.${i}.qkv`];
      }
      return { keep };
    },
  };
}

export interface TapsOptions extends TextOptions {
  /** As `InferenceOptions.taps`. */
  readonly names: readonly string[];
}

/**
 * Keeps activations of a text by tap name: (T …) each, `h.<i>.weights` (1 NH T T). `ln_f` and `logits` have one row, of the position that
 * the input `pool` (1 1 T) picks with a 1 among zeros.
 */
export function tapsProgram(config: ModelConfig, options: TapsOptions): Program {
  const { T, names } = options;
  const base = reading(config, T);
  const headed = names.some((name) => name === 'ln_f' || name === 'logits');
  return {
    ...base,
    name: `taps${T}`,
    inputs: [...base.inputs, ...(headed ? [{ name: 'pool', shape: [1, 1, T], elem: 'f32' } as const] : [])],
    build(b) {
      const out = readText(b, config, options).at(-1)!;
      const o = blockOptions(config);
      if (headed) head(b, finalNorm(b, pool(b, out), o.norm));
      return { keep: keepTaps(b, names, (layer) => attentionWeights(b, layer, o, { B: 1, T, mask: 'causal' })) };
    },
  };
}
