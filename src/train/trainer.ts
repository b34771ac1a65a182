/**
 * One model under training on one engine: its plans, its memory and the few things done with them. No loop, no files: see train.ts.
 */
import type { Table } from '../kernels/choose.ts';
import type { ModelConfig } from '../model/config.ts';
import { modelLayout, parameters, ropeTable } from '../model/layout.ts';
import { decodePlan, evalPlan, optimizerPlan, trainPlan } from '../model/plans.ts';
import type { Weights } from '../model/weights.ts';
import { HYPER, STATE } from '../plan/state.ts';
import type { Engine, Plan, Region, Runner } from '../plan/types.ts';
import { type Batch, emptyBatch, weigh } from './batches.ts';
import { normals, randomStream } from '../sample/random.ts';

export interface TrainerOptions {
  readonly config: ModelConfig;
  /** Rows of one batch. */
  readonly batch: number;
  /** Positions of a row; the model's context unless told. */
  readonly time?: number;
  /** Batches whose gradients make one step; 1 unless told. */
  readonly micro?: number;
  readonly dropout?: number;
  /** Activations are computed again in the backward pass: less memory, about a third more work. */
  readonly recompute?: boolean;
  /** Largest logits buffer, in bytes; the head works in chunks of rows that fit. 32 MiB unless told. */
  readonly headBytes?: number;
  /** Which parameters learn; all unless told. See `lastLayers`. */
  readonly trainable?: (name: string) => boolean;
  readonly table?: Table;
}

/** What AdamW needs for one step. */
export interface Hyper {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** On matrices only. */
  readonly decay: number;
  /** Largest norm of all gradients together; 0 = no clipping. */
  readonly maxNorm: number;
}

export interface StepResult {
  /** Mean nats per target. */
  readonly loss: number;
  /** Norm of all gradients before clipping. */
  readonly gradNorm: number;
  /** A gradient was infinite or not a number: nothing was changed. */
  readonly skipped: boolean;
}

/** Everything that a later process needs to go on with the same bits. */
export interface Moments {
  readonly weights: Weights;
  /** First and second moments of AdamW, of the parameters that learn. */
  readonly m: Weights;
  readonly v: Weights;
}

/** Bytes of a configuration by purpose, known before anything is allocated. */
export interface Memory {
  readonly total: number;
  /** Arena → bytes: `params`, `grads`, `m`, `v`, `batch`, …, `work` (activations of all plans). */
  readonly parts: Readonly<Record<string, number>>;
}

export interface SampleOptions {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

export interface Trainer {
  readonly engine: Engine;
  readonly options: Required<Pick<TrainerOptions, 'config' | 'batch' | 'time' | 'micro'>>;
  readonly memory: Memory;
  readonly plans: Readonly<Record<string, Plan>>;
  /** Parameters that learn, by name. */
  readonly trained: readonly string[];
  /** Empty batches to fill and hand to `step`: `micro` of them. */
  batches(): Batch[];
  /** Queues one optimizer step in one submission; resolves when its loss is known. `step` counts from 0. */
  step(batches: readonly Batch[], hyper: Hyper, step: number, seed: number): Promise<StepResult>;
  /** Mean nats per target of one batch. */
  evaluate(batch: Batch): Promise<number>;
  /** The prompt's continuation: at most `count` tokens, and no more than the context holds. */
  sample(prompt: Uint32Array, count: number, options: SampleOptions): Promise<Uint32Array>;
  save(): Promise<Moments>;
  load(state: { readonly weights: Weights; readonly m?: Weights; readonly v?: Weights }): void;
  destroy(): void;
}

/** Seeded initial weights: normal matrices, norms at 1, biases at 0 (GPT-2's, see model/layout.ts). */
export function initialWeights(config: ModelConfig, seed: number): Map<string, Float32Array<ArrayBuffer>> {
  return new Map(
    parameters(config).map((p, i) => {
      const n = p.shape.reduce((a, b) => a * b, 1);
      if (typeof p.init === 'number') return [p.name, normals(n, p.init, randomStream(seed, 100 + i))];
      return [p.name, new Float32Array(n).fill(p.init === 'ones' ? 1 : 0)];
    }),
  );
}

/** Fine-tuning of the last `n` layers and the final norm; the rest, the shared embedding too, stays as it is. */
export function lastLayers(config: ModelConfig, n: number): (name: string) => boolean {
  return (name) => {
    const layer = /^h\.(\d+)\./.exec(name)?.[1];
    return layer === undefined
      ? name.startsWith('ln_f') || name.startsWith('head')
      : Number(layer) >= config.layers - n;
  };
}

interface Made {
  readonly options: Trainer['options'];
  readonly layout: ReturnType<typeof modelLayout>;
  readonly plans: Readonly<Record<'train' | 'optimizer' | 'eval' | 'decode', Plan | undefined>>;
  readonly memory: Memory;
}

/** Plans and memory of a configuration, nothing allocated: what `describeMemory` prints before a training starts. */
export function planTraining(facts: Engine['facts'], given: TrainerOptions): Made {
  const { config, batch, micro = 1, table } = given;
  const time = given.time ?? config.context;
  if (time > config.context)
    throw new RangeError(`rows of ${time} tokens do not fit the model's context of ${config.context}`);
  const layout = modelLayout(config, {
    train: { batch, time, micro, trainable: given.trainable ?? (() => true) },
    decode: { cache: 'f32', history: config.context },
  });
  const context = { config, layout, facts, ...(table && { table }) };
  const shape = {
    B: batch,
    T: time,
    dropout: given.dropout ?? 0,
    recompute: given.recompute ?? false,
    ...(given.headBytes && { headBytes: given.headBytes }),
  };
  const train = trainPlan(context, { ...shape, accumulate: micro > 1 });
  const plans = {
    // no step reads the uploaded micro-batches: they are copied into `batch`
    train: micro > 1 ? { ...train, arenas: [...train.arenas, layout.arena('batches')] } : train,
    optimizer: micro > 1 ? optimizerPlan(context) : undefined,
    eval: evalPlan(context, shape),
    decode: decodePlan(context, { gated: false }),
  };
  const parts: Record<string, number> = {};
  for (const plan of Object.values(plans))
    for (const { name, bytes, kind } of plan?.arenas ?? []) {
      if (kind === 'work') parts['work'] = (parts['work'] ?? 0) + bytes;
      else parts[name] = bytes;
    }
  const total = Object.values(parts).reduce((a, b) => a + b, 0);
  return { options: { config, batch, time, micro }, layout, plans, memory: { total, parts } };
}

/** Allocates, compiles and clears. The weights are undefined until `load`. */
export async function openTrainer(engine: Engine, given: TrainerOptions): Promise<Trainer> {
  const { options, layout, plans, memory } = planTraining(engine.facts, given);
  const { config, micro, batch: B, time: T } = options;
  const runners: Runner[] = [];
  const load = async (plan: Plan): Promise<Runner> => {
    const runner = await engine.load(plan);
    runners.push(runner);
    return runner;
  };
  const train = await load(plans.train!);
  const optimizer = plans.optimizer && (await load(plans.optimizer));
  const evaluator = await load(plans.eval!);
  const decoder = await load(plans.decode!);
  const at = (arena: string, name: string): Region => layout.region(arena, name);
  const trained = parameters(config)
    .filter((p) => layout.find('grads', p.name))
    .map((p) => p.name);
  const moment = (arena: 'm' | 'v', name: string) => at(arena, name);
  // padding between regions takes part in the gradient's norm: all of it must be zero, not only the tensors
  for (const arena of ['grads', 'm', 'v']) engine.write(layout.whole(arena), new Uint8Array(layout.whole(arena).bytes));
  engine.write(layout.whole('params'), new Uint8Array(layout.whole('params').bytes));
  if (config.family === 'llama') engine.write(at('tables', 'rope'), ropeTable(config));
  const stateWords = new ArrayBuffer(4 * STATE.WORDS);
  const hyperWords = new Float32Array(HYPER.WORDS);
  const loss = train.plan.values['loss'];
  const norm = (optimizer ?? train).plan.values['norm'];
  const kept = Array.from({ length: micro - 1 }, (_, i) => at('batches', `${i}.loss`));

  const upload = (batch: Batch, prefix: string, arena: string): void => {
    engine.write(at(arena, `${prefix}tokens`), batch.tokens);
    engine.write(at(arena, `${prefix}targets`), batch.targets);
    engine.write(at(arena, `${prefix}weights`), batch.weights);
    engine.write(at(arena, `${prefix}tokens.order`), batch.order);
    engine.write(at(arena, `${prefix}tokens.starts`), batch.starts);
  };
  const writeState = (set: (words: Uint32Array, floats: Float32Array) => void): void => {
    const words = new Uint32Array(stateWords).fill(0);
    set(words, new Float32Array(stateWords));
    engine.write(at('state', 'state'), words);
  };
  const names = ['tokens', 'targets', 'weights', 'tokens.order', 'tokens.starts'];
  const copies = (i: number) => [
    ...names.map((name) => ({ from: at('batches', `${i}.${name}`), to: at('batch', name) })),
    ...(i > 0 ? [{ from: loss, to: kept[i - 1] }] : []),
  ];
  const read = async (regions: readonly Region[]) => (await engine.read(...regions)).map((b) => new Float32Array(b));
  // two readbacks in flight at once, as in training: the staging memory exists from here on
  await Promise.all([read([loss, norm, ...kept]), read([loss, norm, ...kept])]);

  return {
    engine,
    options,
    memory,
    trained,
    plans: Object.fromEntries(Object.entries(plans).filter((entry): entry is [string, Plan] => entry[1] !== undefined)),
    batches: () => Array.from({ length: micro }, () => emptyBatch(B, T, config.vocab)),
    async step(batches, hyper, step, seed) {
      if (!Number.isFinite(hyper.learningRate))
        throw new RangeError(`learning rate is ${hyper.learningRate} at step ${step}`);
      writeState((words) => {
        words[STATE.SEED] = seed;
        words[STATE.STEP] = step;
      });
      hyperWords[HYPER.LR] = hyper.learningRate;
      hyperWords[HYPER.BETA1] = hyper.beta1;
      hyperWords[HYPER.BETA2] = hyper.beta2;
      hyperWords[HYPER.EPS] = hyper.epsilon;
      hyperWords[HYPER.DECAY] = hyper.decay;
      hyperWords[HYPER.CORRECTION1] = 1 / (1 - hyper.beta1 ** (step + 1));
      hyperWords[HYPER.CORRECTION2] = 1 / (1 - hyper.beta2 ** (step + 1));
      hyperWords[HYPER.MAX_NORM] = hyper.maxNorm;
      engine.write(at('hyper', 'hyper'), hyperWords);
      if (optimizer) {
        const total = batches.reduce((n, b) => n + b.count, 0);
        batches.forEach((b, i) => {
          weigh(b, total);
          upload(b, `${i}.`, 'batches');
        });
        train.run({ times: micro, copies });
        optimizer.run();
      } else {
        upload(batches[0], '', 'batch');
        train.run();
      }
      const [last, norms, ...before] = await read([loss, norm, ...kept]);
      const mean = before.reduce((sum, [x]) => sum + x, last[0]);
      return { loss: mean, gradNorm: norms[0], skipped: norms[1] !== 0 || !Number.isFinite(mean) };
    },
    async evaluate(batch) {
      upload(batch, '', 'batch');
      evaluator.run();
      const [[mean]] = await read([evaluator.plan.values['loss']]);
      return mean;
    },
    async sample(prompt, count, { temperature, topK, topP, seed }) {
      const fed = prompt.subarray(-config.context);
      const more = Math.min(count, config.context - fed.length);
      for (let pos = 0; pos < fed.length; pos++) {
        writeState((words, floats) => {
          words[STATE.POS] = pos;
          words[STATE.TOKEN] = fed[pos];
          words[STATE.SEED] = seed;
          floats[STATE.TEMPERATURE] = temperature;
          words[STATE.TOP_K] = topK;
          floats[STATE.TOP_P] = topP;
        });
        decoder.run(pos === fed.length - 1 ? { times: more } : {});
      }
      const [history] = await engine.read(at('state', 'history'));
      return new Uint32Array(history).slice(0, more);
    },
    async save() {
      const all = parameters(config).map((p) => p.name);
      const regions = [
        ...all.map((n) => at('params', n)),
        ...trained.map((n) => moment('m', n)),
        ...trained.map((n) => moment('v', n)),
      ];
      const data = (await engine.read(...regions)).map((b) => new Float32Array(b));
      const take = (list: readonly string[], from: number) => new Map(list.map((n, i) => [n, data[from + i]] as const));
      return { weights: take(all, 0), m: take(trained, all.length), v: take(trained, all.length + trained.length) };
    },
    load({ weights, m, v }) {
      for (const p of parameters(config)) {
        const values = weights.get(p.name);
        if (!values) throw new Error(`the weights lack ${p.name} (${p.shape.join('×')})`);
        engine.write(at('params', p.name), values);
      }
      for (const [arena, moments] of [
        ['m', m],
        ['v', v],
      ] as const)
        for (const name of trained) {
          const values = moments?.get(name);
          if (values) engine.write(moment(arena, name), values);
        }
    },
    destroy() {
      for (const runner of runners) runner.destroy();
    },
  };
}
