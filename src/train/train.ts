/**
 * Training as an async generator: data goes in, plain records come out. START READING HERE.
 *
 * Nothing runs until somebody asks for the next record. To pause, do not ask. To stop, abort the signal (a last record with a checkpoint
 * follows) or leave the loop. With the CPU engine a step blocks its thread, so a page runs this in a worker.
 */
import type { Engine } from '../plan/types.ts';
import { decodeTokens } from '../session/decode_loop.ts';
import { Session } from '../session/session.ts';
import type { Tokenizer } from '../tokens/types.ts';
import type { ModelConfig } from '../model/config.ts';
import type { Table } from '../kernels/choose.ts';
import type { Weights } from '../model/weights.ts';
import { type Batch, type Corpus, emptyBatch, epochRows, evaluationRows, fillBatch, type Row } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import { TrainingError } from './errors.ts';
import { learningRate } from './schedule.ts';
import { checkCorpus, checkTrainSettings, type TrainSettings } from './settings.ts';
import type { Hyper, StepResult } from './step.ts';
import { initialWeights, openTrainer, type Trainer } from './trainer.ts';

/**
 * What is trained on what, beside the settings.
 *
 * @example
 * const options: TrainOptions = { engine, config, tokenizer, data, batch: 8, steps: 1000, schedule, seed: 1 };
 */
export interface TrainOptions extends TrainSettings {
  readonly engine: Engine;
  readonly config: ModelConfig;
  readonly tokenizer: Tokenizer;
  /** What is learned. */
  readonly data: Corpus;
  /** What the loss is measured on. Default: nothing, there is no validation loss. */
  readonly validation?: Corpus;
  /** Which parameters learn, by name. Default: all. */
  readonly trainable?: (name: string) => boolean;
  /** A tuner's choices of kernels. Default: none, the rules choose. */
  readonly table?: Table;
  /** Resumes this training. With `steps`, on the same adapter, the result has the same bits as without the stop. Default: a new one. */
  readonly resume?: Checkpoint;
  /** Starts from these weights (fine-tuning). Default: `initialWeights(config, seed)`. */
  readonly initial?: Weights;
  /** Ends the training: one more record, with a checkpoint, follows. Default: none. */
  readonly signal?: AbortSignal;
}

/** One step, or the end. Plain data that can be posted from a worker. */
export interface TrainRecord {
  /** Optimizer steps done. */
  readonly step: number;
  /** Times that all rows have been seen, from 0. */
  readonly epoch: number;
  /** 0 … 1 of the planned training. */
  readonly progress: number;
  /** Training time in seconds, without pauses. */
  readonly seconds: number;
  /** Targets learned from so far. */
  readonly tokens: number;
  /** Targets per second in this step. */
  readonly tokensPerSecond: number;
  /** Mean nats per target of this step's batches, before the step. */
  readonly loss: number;
  /** Norm of the gradient before clipping. */
  readonly gradNorm: number;
  /** Of this step, by the schedule. */
  readonly learningRate: number;
  /** A gradient was not finite, so nothing was changed. */
  readonly skipped?: true;
  /** Mean nats per target of the validation text, if it was measured in this step. */
  readonly validationLoss?: number;
  /** The validation loss is the lowest so far. */
  readonly best?: true;
  readonly samples?: readonly Sample[];
  /** Training can resume here. Present when due, with the best evaluation, and at the end. */
  readonly checkpoint?: Checkpoint;
  readonly end?: 'finished' | 'aborted' | 'no better';
}

/** What a model wrote while it learned. */
export interface Sample {
  readonly prompt: string;
  readonly text: string;
  /** The prompt's tokens and those it wrote, with `sampleBits`. */
  readonly tokens?: readonly SampleToken[];
}

export interface SampleToken {
  readonly id: number;
  /** For people: its text, or its bytes when it is part of a character. */
  readonly text: string;
  readonly bytes: readonly number[];
  /** −log₂ of what the model gave it; absent in the prompt. */
  readonly bits?: number;
}

/** Training gives up after so many non-finite steps in a row. */
const MOST_SKIPPED = 20;

/** The rows of all epochs, in order, from a given place. */
export function* rowsFrom(
  data: Corpus,
  T: number,
  seed: number,
  bare: number,
  epoch: number,
  row: number,
): Generator<{ row: Row; epoch: number; next: number }> {
  for (let e = epoch, i = row; ; e++, i = 0) {
    const rows = epochRows(data, T, seed, e, bare);
    if (rows.length === 0)
      throw new TrainingError('the training text has no targets: it is empty, or shorter than two tokens');
    for (; i < rows.length; i++) yield { row: rows[i], epoch: e, next: i + 1 };
  }
}

/**
 * Trains a model, and yields a record after every step and at the end. It takes a checkpoint when one is due.
 *
 * @throws SettingsError for a setting outside its range, or a token that the model does not have
 * @throws TrainingError when the text has no targets, or 20 steps in a row had a gradient that is not finite
 * @throws OutOfMemoryError when the device cannot hold the training
 * @example
 * for await (const { step, loss, checkpoint } of train({ ...preset.train, engine, config, tokenizer, data, validation })) {
 *   console.log(step, loss); // mean nats per target
 *   if (checkpoint) await writeFile('run.safetensors', encodeCheckpoint(checkpoint));
 * }
 */
export async function* train(options: TrainOptions): AsyncGenerator<TrainRecord> {
  const { engine, config, tokenizer, data, validation, resume, signal, schedule, seed } = options;
  const { steps, minutes, evaluateEvery = 0, sampleEvery = 0, saveEvery = 0, patience = 0 } = options;
  checkTrainSettings(options);
  checkCorpus('training', data, config.vocab);
  if (validation) checkCorpus('validation', validation, config.vocab);
  const trainer = await openTrainer(engine, options);
  const { time: T, batch: B } = trainer.options;
  let session: Session | undefined;
  try {
    trainer.load(resume ?? { weights: options.initial ?? initialWeights(config, seed) });
    const batches = trainer.batches();
    const hyper = {
      beta1: options.beta1 ?? 0.9,
      beta2: options.beta2 ?? 0.99,
      epsilon: options.epsilon ?? 1e-8,
      decay: options.decay ?? 0.1,
      maxNorm: options.maxNorm ?? 1,
    };
    let { step, epoch, row, tokens, seconds, bestLoss, worse } = resume?.progress ?? START;
    const rows = rowsFrom(data, T, seed, options.bare ?? 0, epoch, row);
    const test = validation && evaluation(trainer, validation, options.evaluateTargets ?? Infinity);
    let mark = performance.now();
    let queued: { readonly result: Promise<StepResult>; readonly record: Pending } | undefined;
    let skipped = 0;
    let lastBreath = mark;

    const elapsed = () => seconds + (performance.now() - mark) / 1000;
    const progressNow = () => (steps === undefined ? elapsed() / (60 * minutes!) : step / steps);
    const settle = async ({
      result,
      record,
    }: {
      result: Promise<StepResult>;
      record: Pending;
    }): Promise<TrainRecord> => {
      const { loss, gradNorm, skipped: bad } = await result;
      skipped = bad ? skipped + 1 : 0;
      if (skipped >= MOST_SKIPPED)
        throw new TrainingError(
          `${skipped} steps in a row had a gradient that is not finite, the last at step ${record.step} (loss ${loss}); go back to the last checkpoint with a lower learning rate than ${record.learningRate}`,
        );
      const { targets, begun, until = performance.now(), ...rest } = record;
      const tokensPerSecond = (targets * 1000) / Math.max(1e-3, until - begun);
      return { ...rest, seconds: elapsed(), tokensPerSecond, loss, gradNorm, ...(bad && { skipped: true }) };
    };
    const checkpoint = async (): Promise<Checkpoint> => ({
      config,
      tokenizer: tokenizer.toJSON(),
      seed,
      ...(await trainer.save()),
      progress: { step, epoch, row, tokens, seconds: elapsed(), bestLoss, worse },
    });

    for (;;) {
      const ended = progressNow() >= 1 ? 'finished' : undefined;
      if (ended && !queued) return; // resumed at the end
      for (const batch of batches) {
        const taken = Array.from({ length: B }, () => rows.next().value!);
        fillBatch(
          batch,
          data,
          taken.map((t) => t.row),
          T,
        );
        ({ epoch, next: row } = taken.at(-1)!);
      }
      const targets = batches.reduce((n, b) => n + b.count, 0);
      const progress = progressNow();
      const rate = learningRate(schedule, step, progress);
      const begun = performance.now();
      if (queued) queued.record.until = begun;
      const result = trainer.step(batches, { ...hyper, learningRate: rate } satisfies Hyper, step, seed);
      result.catch(() => undefined); // awaited later; until then it must not count as unhandled
      step++;
      tokens += targets;
      const issued = {
        result,
        record: { step, epoch, progress: Math.min(1, progressNow()), tokens, learningRate: rate, targets, begun },
      };
      if (queued) {
        const record = await settle(queued);
        seconds = elapsed();
        yield record;
        mark = performance.now();
      }
      queued = issued;
      // a worker receives messages (abort, pause) only between tasks
      if (performance.now() - lastBreath > 50) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        lastBreath = performance.now();
      }
      const every = (n: number) => n > 0 && step % n === 0;
      let end: TrainRecord['end'] = signal?.aborted ? 'aborted' : progressNow() >= 1 ? 'finished' : undefined;
      if (!end && !every(evaluateEvery) && !every(sampleEvery) && !every(saveEvery)) continue;

      const record = await settle(queued);
      queued = undefined;
      const more: { -readonly [K in 'validationLoss' | 'best' | 'samples' | 'checkpoint' | 'end']?: TrainRecord[K] } =
        {};
      if (test && end !== 'aborted' && (end || every(evaluateEvery))) {
        more.validationLoss = await test();
        if (more.validationLoss < bestLoss) {
          bestLoss = more.validationLoss;
          worse = 0;
          more.best = true;
        } else if (patience > 0 && ++worse >= patience) end ??= 'no better';
      }
      if ((end && end !== 'aborted') || every(sampleEvery))
        more.samples = await samples((session ??= new Session(trainer.weights)), { ...options, seed: seed + step });
      if (end) more.end = end;
      if (end || more.best || every(saveEvery)) more.checkpoint = await checkpoint();
      seconds = elapsed();
      yield { ...record, ...more };
      mark = performance.now();
      if (end) return;
    }
  } finally {
    session?.close();
    trainer.close();
  }
}

/** The progress of a new training. */
const START = { step: 0, epoch: 0, row: 0, tokens: 0, seconds: 0, bestLoss: Infinity, worse: 0 };

interface Pending {
  readonly step: number;
  readonly epoch: number;
  readonly progress: number;
  readonly tokens: number;
  readonly learningRate: number;
  readonly targets: number;
  /** When this step and the next one were queued, in ms. */
  readonly begun: number;
  until?: number;
}

/** A function that measures the mean loss over (at most `most` targets of) a text; `overlap` as in `evaluationRows`. */
export function evaluation(trainer: Trainer, corpus: Corpus, most: number, overlap = 0): () => Promise<number> {
  const { batch: B, time: T, config } = trainer.options;
  const rows = evaluationRows(corpus, T, overlap);
  return async () => {
    const batch: Batch = emptyBatch(B, T, config.vocab);
    let sum = 0;
    let count = 0;
    for (let i = 0; i < rows.length && count < most; i += B) {
      fillBatch(batch, corpus, rows.slice(i, i + B), T);
      if (batch.count === 0) continue;
      sum += (await trainer.evaluate(batch)) * batch.count;
      count += batch.count;
    }
    return sum / count;
  };
}

export interface SampleSettings {
  readonly tokenizer: Tokenizer;
  readonly prompts?: readonly string[] | undefined;
  readonly sampleTokens?: number | undefined;
  readonly sampleBits?: boolean | undefined;
  readonly temperature?: number;
  readonly seed: number;
}

/** What the model writes after each prompt, up to the end of the text or of the context. */
export async function samples(session: Session, settings: SampleSettings): Promise<Sample[]> {
  const { tokenizer, prompts = [''], sampleTokens = 100, sampleBits = false, temperature = 0.8, seed } = settings;
  const list: Sample[] = [];
  const end = tokenizer.special.eos;
  const named = (id: number) => ({ id, text: tokenizer.label(id), bytes: [...tokenizer.bytes(id)] });
  for (const prompt of prompts) {
    const ids = tokenizer.encode(prompt);
    const start = (ids.length ? [...ids] : [end ?? 0]).slice(-session.context);
    const maxTokens = Math.min(sampleTokens, session.context - start.length);
    const made: number[] = [];
    const tokens: SampleToken[] = ids.length ? start.map(named) : [];
    for await (const { token, probability } of decodeTokens(session, start, {
      maxTokens,
      temperature,
      topP: 0.95,
      seed,
      stop: end === undefined ? [] : [end],
      draw: sampleBits, // with it comes the probability
    })) {
      if (token === end) break;
      made.push(token);
      tokens.push({ ...named(token), ...(probability !== undefined && { bits: -Math.log2(probability) }) });
    }
    list.push({ prompt, text: tokenizer.decode(made), ...(sampleBits && { tokens }) });
  }
  return list;
}
