/**
 * A checkpoint as one safetensors file: weights with Hugging Face's names and layout, so that other tools open it as a GPT-2;
 * AdamW's moments as `adamw.m.<name>` and `adamw.v.<name>` in our layout, everything else as JSON in the metadata.
 */
import { openSafetensors } from '../files/safetensors.ts';
import { writeSafetensors } from '../files/write_safetensors.ts';
import type { FileData } from '../files/source.ts';
import { readAll } from '../files/tensors.ts';
import type { NamedTensor } from '../files/types.ts';
import { makeConfig, type ModelConfig } from '../model/config.ts';
import { parameters } from '../model/layout.ts';
import { fromHub, toHub } from '../model/hub_weights.ts';
import type { TokenizerFile } from '../tokens/types.ts';
import { CheckpointError } from './errors.ts';
import type { Moments } from './trainer.ts';

/** How far a training has come. */
export interface Progress {
  /** Optimizer steps done. */
  readonly step: number;
  /** Times that all rows have been seen, from 0. */
  readonly epoch: number;
  /** Rows taken from this epoch. */
  readonly row: number;
  /** Targets learned from. */
  readonly tokens: number;
  /** Training time in seconds, without pauses. */
  readonly seconds: number;
  /** The lowest validation loss so far, in nats per target; Infinity before the first. */
  readonly bestLoss: number;
  /** Evaluations since the best. */
  readonly worse: number;
}

/** Everything that a training resumes from: weights, moments of the optimizer, and its progress. */
export interface Checkpoint extends Moments {
  readonly config: ModelConfig;
  readonly tokenizer: TokenizerFile;
  /** That of the training. */
  readonly seed: number;
  readonly progress: Progress;
}

const FORMAT = 'nextoken-checkpoint-1';

/**
 * A checkpoint as a safetensors file, which `openModel` opens too.
 *
 * @throws WeightsError when the checkpoint lacks a parameter of its configuration
 * @example
 * await writeFile('run.safetensors', encodeCheckpoint(checkpoint));
 */
export function encodeCheckpoint({
  config,
  tokenizer,
  seed,
  progress,
  weights,
  m,
  v,
}: Checkpoint): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, NamedTensor>(toHub(config, weights));
  for (const p of parameters(config))
    for (const [name, moments] of [
      ['m', m],
      ['v', v],
    ] as const) {
      const data = moments.get(p.name);
      if (data) tensors.set(`adamw.${name}.${p.name}`, { shape: p.shape, data });
    }
  // Infinity (no evaluation yet) is null in JSON
  const about = JSON.stringify({ config, tokenizer, seed, progress });
  return writeSafetensors(tensors, { metadata: { format: FORMAT, nextoken: about } });
}

/**
 * The checkpoint in a file of `encodeCheckpoint`.
 *
 * @param name for messages
 * @throws CheckpointError when the file is another one or a part of it is missing
 * @example
 * const resume = await decodeCheckpoint(await readFile('run.safetensors'));
 */
export async function decodeCheckpoint(data: FileData, name = 'checkpoint'): Promise<Checkpoint> {
  const file = await openSafetensors(data, name);
  const { metadata } = file;
  if (metadata['format'] !== FORMAT || !metadata['nextoken'])
    throw new CheckpointError(
      `${name}: this safetensors file is not a checkpoint (format ${metadata['format'] ?? 'absent'}; wanted ${FORMAT}); its weights can still start a fine-tuning`,
    );
  const about = JSON.parse(metadata['nextoken']) as Pick<Checkpoint, 'config' | 'tokenizer' | 'seed' | 'progress'>;
  const config = makeConfig(about.config);
  const tensors = await readAll(file);
  const moments = (name: string) =>
    new Map(
      parameters(config).flatMap((p) => {
        const found = tensors.get(`adamw.${name}.${p.name}`);
        return found ? [[p.name, found.data] as const] : [];
      }),
    );
  return {
    config,
    tokenizer: about.tokenizer,
    seed: about.seed,
    progress: { ...about.progress, bestLoss: about.progress.bestLoss ?? Infinity },
    weights: fromHub(config, tensors),
    m: moments('m'),
    v: moments('v'),
  };
}
