/**
 * One model in training on one engine: its plans, its memory and the operations on them. The loop is in train.ts.
 */
import type { Table } from '../kernels/choose.ts';
import type { ModelConfig } from '../model/config.ts';
import { parameters, ropeTable } from '../model/layout.ts';
import { initialValues, withDeviation } from '../model/parameter.ts';
import { type PlacedWeights, placeWeights, writeNumbers } from '../model/placed_weights.ts';
import { decodeLayout, trainLayout, weightsLayout } from '../model/places.ts';
import { decodePlan } from '../model/plans/decode.ts';
import { evalPlan, optimizerPlan, trainPlan } from '../model/plans/train.ts';
import type { Weights } from '../model/weights.ts';
import { checkNumber, checkSettings } from '../plan/settings.ts';
import type { Engine, Plan, Region, Runner } from '../plan/types.ts';
import { HISTORY } from '../session/session.ts';
import { type Batch, emptyBatch, weigh } from './batches.ts';
import { type Hyper, hyperWords, stateWords, type StepResult, stepResult } from './step.ts';

/** The shape of a training: what decides how much memory it takes and how it is planned. */
export interface TrainerOptions {
  readonly config: ModelConfig;
  /** Rows of one batch. */
  readonly batch: number;
  /** Positions of a row. Default: the model's context. */
  readonly time?: number;
  /** Batches whose gradients make one step. Default: 1. */
  readonly micro?: number;
  readonly dropout?: number;
  /** Activations are computed again in the backward pass: less memory, about a third more work. */
  readonly recompute?: boolean;
  /** Largest logits buffer, in bytes; the head works in chunks of rows that fit. Default: 32 MiB. */
  readonly headBytes?: number;
  /** Which parameters learn; see `lastLayers`. Default: all. */
  readonly trainable?: (name: string) => boolean;
  readonly table?: Table;
}

/** Everything that a later process needs to resume with the same bits. */
export interface Moments {
  readonly weights: Weights;
  /** First and second moments of AdamW, of the parameters that learn. */
  readonly m: Weights;
  readonly v: Weights;
}

/** The bytes that a configuration takes, by purpose. Known before anything is allocated. */
export interface Memory {
  readonly total: number;
  /** Arena → bytes: `params`, `grads`, `m`, `v`, `batch`, …, `work` (activations of all plans). */
  readonly parts: Readonly<Record<string, number>>;
}

export interface Trainer {
  readonly engine: Engine;
  /** What it trains. A session on them writes with the present weights. */
  readonly weights: PlacedWeights;
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
  save(): Promise<Moments>;
  load(state: { readonly weights: Weights; readonly m?: Weights; readonly v?: Weights }): void;
  /** Frees its memory. The weights stay as long as a session holds them. */
  close(): void;
}

/**
 * Seeded initial weights as in GPT-2: normal matrices, norms at 1, biases at 0 (see model/layout.ts). `deviation` is that of most matrices;
 * the others keep their proportion to it.
 */
export function initialWeights(
  config: ModelConfig,
  seed: number,
  deviation = 0.02,
): Map<string, Float32Array<ArrayBuffer>> {
  return initialValues(withDeviation(parameters(config), deviation), seed);
}

/** For fine-tuning only the last `n` layers and the final norm. The rest, including the shared embedding, stays as it is. */
export function lastLayers(config: ModelConfig, n: number): (name: string) => boolean {
  return (name) => {
    const layer = /^h\.(\d+)\./.exec(name)?.[1];
    return layer === undefined
      ? name.startsWith('ln_f') || name.startsWith('head')
      : Number(layer) >= config.layers - n;
  };
}

/** What a training will run and how much memory that takes. */
export interface PlannedTraining {
  readonly options: Trainer['options'];
  /** Which parameters learn, by name. */
  readonly trainable: (name: string) => boolean;
  readonly plans: Readonly<Record<'train' | 'optimizer' | 'eval', Plan | undefined>>;
  readonly layout: ReturnType<typeof trainLayout>;
  readonly memory: Memory;
}

/** Checks sizes before anything is planned. Throws SettingsError. */
function checkOptions({ config, batch, time, micro, dropout, headBytes }: TrainerOptions): void {
  checkNumber('batch', batch, { min: 1, max: 2 ** 20, whole: true });
  checkSettings(
    { time, micro, dropout, headBytes },
    {
      time: { min: 1, max: config.context, whole: true },
      micro: { min: 1, max: 2 ** 16, whole: true },
      dropout: { min: 0, max: 0.99 },
      headBytes: { min: 4 },
    },
  );
}

/** Plans and memory of a configuration, nothing allocated: what is said before a training starts. Throws SettingsError. */
export function planTraining(facts: Engine['facts'], given: TrainerOptions): PlannedTraining {
  checkOptions(given);
  const { config, batch, micro = 1, table, trainable = () => true } = given;
  const time = given.time ?? config.context;
  const weights = weightsLayout(config, { trainable });
  const layout = trainLayout(weights, config, { batch, time, micro, trainable });
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
  };
  // the sampling session is opened on demand, but its memory counts as the training's
  const decode = decodePlan(
    { ...context, layout: decodeLayout(weights, config, { history: HISTORY }) },
    { gated: true },
  );
  const parts: Record<string, number> = {};
  for (const plan of [...Object.values(plans), decode])
    for (const { name, bytes, kind } of plan?.arenas ?? []) {
      if (kind === 'work') parts['work'] = (parts['work'] ?? 0) + bytes;
      else parts[name] = Math.max(parts[name] ?? 0, bytes);
    }
  const total = Object.values(parts).reduce((a, b) => a + b, 0);
  return { options: { config, batch, time, micro }, trainable, layout, plans, memory: { total, parts } };
}

/** Places the weights, which are zero until `load`, and compiles. Throws SettingsError or OutOfMemoryError and leaves nothing behind. */
export async function openTrainer(engine: Engine, given: TrainerOptions): Promise<Trainer> {
  const { options, trainable, layout, plans, memory } = planTraining(engine.facts, given);
  const { config, micro, batch: B, time: T } = options;
  const weights = placeWeights(engine, config, undefined, { storage: 'f32', trainable });
  const scope = engine.open('training', [weights.scope]);
  let train: Runner;
  let optimizer: Runner | undefined;
  let evaluator: Runner;
  try {
    scope.allocate(...layout.arenas()); // zeros, including the padding between regions, which takes part in the gradient's norm
    train = await scope.load(plans.train!);
    optimizer = plans.optimizer && (await scope.load(plans.optimizer));
    evaluator = await scope.load(plans.eval!);
  } catch (error) {
    scope.close();
    weights.close();
    throw error;
  }
  const at = (arena: string, name: string): Region => layout.region(arena, name);
  const trained = parameters(config)
    .filter((p) => layout.find('grads', p.name))
    .map((p) => p.name);
  if (layout.find('tables', 'rope')) writeNumbers(scope, at('tables', 'rope'), ropeTable(config));
  const loss = train.plan.values['loss'];
  const norm = (optimizer ?? train).plan.values['norm'];
  const kept = optimizer ? Array.from({ length: micro }, (_, i) => at('batches', `${i}.loss`)) : [loss];

  const upload = (batch: Batch, prefix: string, arena: string): void => {
    scope.write(at(arena, `${prefix}tokens`), batch.tokens);
    scope.write(at(arena, `${prefix}targets`), batch.targets);
    scope.write(at(arena, `${prefix}weights`), batch.weights);
    scope.write(at(arena, `${prefix}tokens.order`), batch.order);
    scope.write(at(arena, `${prefix}tokens.starts`), batch.starts);
  };
  const names = ['tokens', 'targets', 'weights', 'tokens.order', 'tokens.starts'];
  const copies = (i: number) => [
    ...names.map((name) => ({ from: at('batches', `${i}.${name}`), to: at('batch', name) })),
    ...(i > 0 ? [{ from: loss, to: kept[i - 1] }] : []),
  ];
  /** The gradient's norm, then the losses of all micro-batches. */
  const read = async () => (await (optimizer ?? train).read(norm, ...kept)).map((bytes) => new Float32Array(bytes));
  // two readbacks in flight at once, as in training: the staging memory exists from here on
  await Promise.all([read(), read()]);

  return {
    engine,
    weights,
    options,
    memory,
    trained,
    plans: Object.fromEntries(Object.entries(plans).filter((entry): entry is [string, Plan] => entry[1] !== undefined)),
    batches: () => Array.from({ length: micro }, () => emptyBatch(B, T, config.vocab)),
    async step(batches, hyper, step, seed) {
      scope.write(at('state', 'state'), stateWords(seed, step));
      scope.write(at('hyper', 'hyper'), hyperWords(hyper, step));
      if (optimizer) {
        const total = batches.reduce((n, b) => n + b.count, 0);
        batches.forEach((b, i) => {
          weigh(b, total);
          upload(b, `${i}.`, 'batches');
        });
        train.run({ times: micro, copies });
        scope.copy(train, [{ from: loss, to: kept[micro - 1] }]);
        optimizer.run();
      } else {
        upload(batches[0], '', 'batch');
        train.run();
      }
      const [norms, ...losses] = await read();
      return stepResult(losses, norms);
    },
    async evaluate(batch) {
      upload(batch, '', 'batch');
      evaluator.run();
      const [bytes] = await evaluator.read(evaluator.plan.values['loss']);
      return new Float32Array(bytes)[0];
    },
    async save() {
      const all = parameters(config).map((p) => p.name);
      const regions = [
        ...all.map((n) => at('params', n)),
        ...trained.map((n) => at('m', n)),
        ...trained.map((n) => at('v', n)),
      ];
      const data = (await scope.read(...regions)).map((b) => new Float32Array(b));
      const take = (list: readonly string[], from: number) => new Map(list.map((n, i) => [n, data[from + i]] as const));
      return { weights: take(all, 0), m: take(trained, all.length), v: take(trained, all.length + trained.length) };
    },
    load({ weights: given, m, v }) {
      for (const p of parameters(config)) {
        const values = given.get(p.name);
        if (!values) throw new Error(`the weights lack ${p.name} (${p.shape.join('×')})`);
        scope.write(at('params', p.name), values);
      }
      for (const [arena, moments] of [
        ['m', m],
        ['v', v],
      ] as const)
        for (const name of trained) {
          const values = moments?.get(name);
          if (values) scope.write(at(arena, name), values);
        }
    },
    close() {
      scope.close();
      weights.close();
    },
  };
}
