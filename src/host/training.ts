/** A training in the host: from a text to a model that predicts. It takes turns with the lanes and survives a lost device. */
import { writeSafetensors } from '../files/write_safetensors.ts';
import { parameterCount } from '../model/layout.ts';
import { compareNgrams } from '../model/ngram/ngram.ts';
import { toHub } from '../model/hub_weights.ts';
import { DeviceLostError, OutOfMemoryError } from '../plan/errors.ts';
import type { LoadedModel } from '../session/load.ts';
import { END_OF_TEXT } from '../tokens/text.ts';
import type { Checkpoint } from '../train/checkpoint.ts';
import { documentsBetween } from '../train/documents.ts';
import { type Prepared, prepare } from '../train/prepare.ts';
import { TrainingError } from '../train/errors.ts';
import { train } from '../train/train.ts';
import { planTraining } from '../train/planning.ts';
import type { Engines, Seat } from './engines.ts';
import { HostError } from './errors.ts';
import type { TrainAsk, TrainingRecord } from './protocol.ts';
import type { Recipe } from './recipes.ts';
import { reportEngine } from './report.ts';
import type { Place, Schedule } from './schedule.ts';

/** Longest contexts of the n-gram that serves as the model's yardstick. */
const ORDER = 5;

export class HostTraining implements Place {
  attention: Place['attention'] = 'visible';
  readonly id: number;
  readonly #engines: Engines;
  readonly #schedule: Schedule;
  readonly #stop = new AbortController();
  #prepared: Prepared | undefined;
  #checkpoint: Checkpoint | undefined;

  /** @param earlier goes on from where this one is */
  constructor(id: number, engines: Engines, schedule: Schedule, earlier?: HostTraining) {
    this.id = id;
    this.#engines = engines;
    this.#schedule = schedule;
    if (!earlier) return;
    const { checkpoint, prepared } = earlier.#ready();
    this.#checkpoint = checkpoint;
    this.#prepared = prepared;
  }

  /** Trains; then holds what was learned until nobody wants it any more. */
  async *run(ask: TrainAsk, signal: AbortSignal): AsyncGenerator<TrainingRecord, void, void> {
    const { text, recipe, engine: preference } = ask;
    const prepared = (this.#prepared ??= prepareText(text, recipe));
    const { config, tokenizer, data, validation } = prepared;
    const [best] = compareNgrams(data.documents, validation.documents, { order: ORDER, vocab: tokenizer.size });
    let seat = await this.#engines.take(preference);
    try {
      yield {
        kind: 'prepared',
        training: this.id,
        engine: reportEngine(seat),
        parameters: parameterCount(config),
        vocab: config.vocab,
        bytes: planTraining(seat.engine.facts, { config, ...recipe.train }).memory.total,
        ngram: { name: `best n-gram (${best.order}, ${best.smoothing})`, nats: best.loss },
      };
      for (;;) {
        try {
          yield* this.#steps(seat, prepared, recipe, signal);
          break;
        } catch (error) {
          if (!(error instanceof DeviceLostError) && !this.#tooLarge(error, seat)) throw error;
          const reason = (error as Error).message;
          yield { kind: 'lost', reason };
          seat = await (error instanceof DeviceLostError
            ? this.#engines.replace(seat)
            : this.#engines.fallBack(seat, { code: 'memory', detail: reason }));
          yield { kind: 'recovered', engine: reportEngine(seat), step: this.#checkpoint?.progress.step ?? 0 };
        }
      }
    } finally {
      this.#engines.release(seat);
    }
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  }

  /** If the choice of engine was left to the host, it picks one with enough room. */
  #tooLarge(error: unknown, { engine, preference }: Seat): boolean {
    return error instanceof OutOfMemoryError && preference === 'auto' && engine.facts.engine === 'gpu';
  }

  async *#steps(
    { engine }: Seat,
    { config, tokenizer, data, validation }: Prepared,
    recipe: Recipe,
    signal: AbortSignal,
  ): AsyncGenerator<TrainingRecord, void, void> {
    const records = train({
      ...recipe.train,
      prompts: [tokenizer.decode(data.documents[0].slice(1, 9))],
      engine,
      config,
      tokenizer,
      data,
      validation,
      signal: this.#stop.signal,
      ...(this.#checkpoint && { resume: this.#checkpoint }),
    });
    try {
      for (;;) {
        const { done, value } = await this.#schedule.turn(this, signal, () => records.next());
        if (done) return;
        this.#engines.worked();
        const { checkpoint, samples, ...record } = value;
        this.#checkpoint = checkpoint ?? this.#checkpoint;
        const sample = samples?.[0];
        yield {
          kind: 'step',
          record,
          ...(sample && { sample }),
          saved: this.#checkpoint !== undefined,
        };
        if (record.end) yield { kind: 'end', reason: record.end === 'aborted' ? 'stopped' : record.end };
      }
    } finally {
      await records.return(undefined);
    }
  }

  pause(paused: boolean): void {
    this.#schedule.attend(this, paused ? 'hidden' : 'visible');
  }

  stop(): void {
    this.#stop.abort();
    this.pause(false);
  }

  /** The step that `model` would give. */
  get step(): number {
    return this.#ready().checkpoint.progress.step;
  }

  /** The model as it was at the last checkpoint. */
  model(): LoadedModel {
    const { checkpoint, prepared } = this.#ready();
    const { config, weights } = checkpoint;
    const { tokenizer } = prepared;
    return { title: 'Your text', config, tokenizer, weights, bytes: 0, fromCache: false, notes: [], unused: [] };
  }

  save(): Uint8Array<ArrayBuffer> {
    const { checkpoint, prepared } = this.#ready();
    return writeSafetensors(toHub(checkpoint.config, checkpoint.weights), {
      metadata: {
        format: 'nextoken-model-1',
        config: JSON.stringify(checkpoint.config),
        tokenizer: JSON.stringify(prepared.tokenizer.toJSON()),
      },
    });
  }

  #ready(): { checkpoint: Checkpoint; prepared: Prepared } {
    if (!this.#checkpoint || !this.#prepared)
      throw new HostError(
        'nothing is learned yet: the first checkpoint comes with the first evaluation, or when it stops',
      );
    return { checkpoint: this.#checkpoint, prepared: this.#prepared };
  }
}

function prepareText(text: string, { separator, ...recipe }: Recipe): Prepared {
  const documents = ([whole]: readonly string[]) =>
    separator === undefined ? documentsIn(whole) : documentsBetween(whole, separator);
  const about = { name: 'own', title: 'Your text', language: '', texts: [], source: 'pasted text', licence: 'yours' };
  const prepared = prepare({ ...about, ...recipe, documents }, [text]);
  if (!prepared.data.documents.length)
    throw new TrainingError(`the text has no document to learn from: ${text.length} characters were given`);
  return prepared;
}

/** Documents marked in the text: by `<|endoftext|>`, or as short pieces between blank lines (poems); otherwise it is a single one. */
function documentsIn(text: string): string[] {
  if (text.includes(END_OF_TEXT)) return documentsBetween(text, END_OF_TEXT);
  const pieces = documentsBetween(text, /\n\s*\n/);
  const short = pieces.length >= 50 && text.length / pieces.length < 500;
  return short ? pieces : [text.trim()];
}
