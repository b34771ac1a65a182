/** Training in the worker: from pasted text to a model that predicts. Paused = the next record is not asked for. */
import type { Engine } from '../src/plan/types.ts';
import { compareNgrams } from '../src/model/ngram/ngram.ts';
import { toHub } from '../src/model/weights.ts';
import { parameterCount } from '../src/model/layout.ts';
import { writeSafetensors } from '../src/files/safetensors.ts';
import { chooseEngine } from '../src/session/choose_engine.ts';
import type { LoadedModel } from '../src/session/load.ts';
import type { Checkpoint } from '../src/train/checkpoint.ts';
import { documentsBetween } from '../src/train/documents.ts';
import { type Prepared, prepare } from '../src/train/prepare.ts';
import type { Preset } from '../src/train/preset.ts';
import { train } from '../src/train/train.ts';
import { planTraining } from '../src/train/trainer.ts';
import { END_OF_TEXT } from '../src/tokens/text.ts';
import type { Reply, Request, TrainSize } from './protocol.ts';

const SIZES: Record<
  TrainSize,
  { readonly context: number; readonly layers: number; readonly width: number; readonly steps: number }
> = {
  tiny: { context: 64, layers: 2, width: 64, steps: 2000 },
  small: { context: 128, layers: 4, width: 128, steps: 4000 },
};

/** Most characters that get an id of their own; the rest of a text with more is spelled in bytes. */
const MOST_CHARACTERS = 3000;

function presetFor(size: TrainSize): Preset {
  const { steps, ...shape } = SIZES[size];
  return {
    name: 'own',
    title: 'Your text',
    language: '',
    texts: [],
    documents: ([text]) => documentsIn(text),
    source: 'pasted text',
    licence: 'yours',
    validation: 0.1,
    tokenizer: { kind: 'characters', maxSize: MOST_CHARACTERS, fallback: 'bytes' },
    model: { ...shape, heads: 4 },
    train: {
      batch: 8,
      steps,
      schedule: { peak: 2e-3, floor: 2e-4, warmup: 50 },
      decay: 0.1,
      seed: 1,
      evaluateEvery: 50,
      evaluateTargets: 4000,
      sampleEvery: 50,
      saveEvery: 50,
      sampleTokens: 160,
    },
  };
}

/** Documents that the text marks: `<|endoftext|>`, or short pieces between blank lines (poems); else it is one. */
function documentsIn(text: string): string[] {
  if (text.includes(END_OF_TEXT)) return documentsBetween(text, END_OF_TEXT);
  const pieces = documentsBetween(text, /\n\s*\n/);
  const short = pieces.length >= 50 && text.length / pieces.length < 500;
  return short ? pieces : [text.trim()];
}

export class Training {
  readonly #post: (reply: Reply, transfer?: Transferable[]) => void;
  readonly #breath: () => Promise<void>;
  #controller: AbortController | undefined;
  #paused: Promise<void> | undefined;
  #go: (() => void) | undefined;
  #prepared: Prepared | undefined;
  #checkpoint: Checkpoint | undefined;

  constructor(post: (reply: Reply, transfer?: Transferable[]) => void, breath: () => Promise<void>) {
    this.#post = post;
    this.#breath = breath;
  }

  async start({ text, size, engine: preference }: Extract<Request, { type: 'train' }>): Promise<void> {
    this.stop();
    const controller = (this.#controller = new AbortController());
    const preset = presetFor(size);
    const prepared = (this.#prepared = prepare(preset, [text]));
    const { config, tokenizer, data, validation } = prepared;
    const [best] = compareNgrams(data.documents, validation.documents, { order: 5, vocab: tokenizer.size });
    const ngram = { name: `best n-gram (${best.order}, ${best.smoothing})`, nats: best.loss };
    const { engine, why } = await chooseEngine(preference);
    try {
      this.#post({
        type: 'train-begin',
        title: why,
        params: parameterCount(config),
        bytes: planTraining(engine.facts, { config, ...preset.train }).memory.total,
        ngram,
      });
      await this.#run(engine, preset, prepared, controller.signal);
    } finally {
      engine.close();
    }
  }

  async #run(
    engine: Engine,
    preset: Preset,
    { config, tokenizer, data, validation }: Prepared,
    signal: AbortSignal,
  ): Promise<void> {
    const prompts = [tokenizer.decode(data.documents[0].slice(1, 9))];
    for await (const { checkpoint, samples, ...record } of train({
      ...preset.train,
      engine,
      config,
      tokenizer,
      data,
      validation,
      prompts,
      signal,
    })) {
      if (checkpoint) this.#checkpoint = checkpoint;
      const sample = samples?.[0];
      this.#post({ type: 'train-record', record, ...(sample && { sample: sample.prompt + sample.text }) });
      if (record.end)
        this.#post({ type: 'train-end', reason: record.end === 'finished' ? 'All steps are done.' : 'Stopped.' });
      await this.#breath();
      await this.#paused;
    }
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => (this.#go = resolve));
  }

  resume(): void {
    this.#go?.();
    this.#paused = undefined;
  }

  stop(): void {
    this.#controller?.abort();
    this.resume();
  }

  /** The model as it was at the last checkpoint. */
  model(): LoadedModel {
    const { checkpoint, prepared } = this.#ready();
    return {
      title: 'Your text',
      config: checkpoint.config,
      tokenizer: prepared.tokenizer,
      weights: checkpoint.weights,
      bytes: 0,
      fromCache: false,
      notes: [],
      unused: [],
    };
  }

  /** Sends the model as one safetensors file that holds its configuration and tokenizer; "Own files…" opens it again. */
  save(): void {
    const { checkpoint, prepared } = this.#ready();
    const file = writeSafetensors(toHub(checkpoint.config, checkpoint.weights), {
      metadata: {
        format: 'nextoken-model-1',
        config: JSON.stringify(checkpoint.config),
        tokenizer: JSON.stringify(prepared.tokenizer.toJSON()),
      },
    });
    this.#post({ type: 'train-file', name: 'model.safetensors', data: file.buffer }, [file.buffer]);
  }

  #ready(): { checkpoint: Checkpoint; prepared: Prepared } {
    if (!this.#checkpoint || !this.#prepared)
      throw new Error('Nothing is trained yet: the first checkpoint comes after 50 steps.');
    return { checkpoint: this.#checkpoint, prepared: this.#prepared };
  }
}
