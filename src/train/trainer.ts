/** One model in training on one engine: the operations on it. planning.ts plans it, the loop is in train.ts. */
import type { ModelConfig } from '../model/config.ts';
import { parameters, ropeTable } from '../model/layout.ts';
import { initialValues } from '../model/initial.ts';
import { withDeviation } from '../model/parameter.ts';
import { type PlacedWeights, placeWeights, writeNumbers } from '../model/placed_weights.ts';
import type { Weights } from '../model/weights.ts';
import type { Engine, Plan, Region, Runner } from '../plan/types.ts';
import { type Batch, emptyBatch, weigh } from './batches.ts';
import { type Memory, type PlannedTraining, planTraining, type TrainerOptions } from './planning.ts';
import { type Hyper, hyperWords, stateWords, type StepResult, stepResult } from './step.ts';

/** Everything that a later process needs to resume with the same bits. */
export interface Moments {
  readonly weights: Weights;
  /** First and second moments of AdamW, of the parameters that learn. */
  readonly m: Weights;
  readonly v: Weights;
}

export interface Trainer {
  readonly engine: Engine;
  /** What it trains. A session on them writes with the present weights. */
  readonly weights: PlacedWeights;
  readonly options: PlannedTraining['options'];
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
 *
 * @param seed a whole number from 0 to 2³² − 1: the same one gives the same weights
 * @param deviation standard deviation. Default: 0.02
 * @example
 * const weights = initialWeights(config, 1);
 * const model = await openModel({ config, tokenizer, weights });
 */
export function initialWeights(
  config: ModelConfig,
  seed: number,
  deviation = 0.02,
): Map<string, Float32Array<ArrayBuffer>> {
  return initialValues(withDeviation(parameters(config), deviation), seed);
}

/**
 * For fine-tuning only the last `n` layers and the final norm. The rest, including the shared embedding, stays as it is.
 *
 * @example
 * const { memory } = planTraining(engine.facts, { config, batch: 8, trainable: lastLayers(config, 2) });
 */
export function lastLayers(config: ModelConfig, n: number): (name: string) => boolean {
  return (name) => {
    const layer = /^h\.(\d+)\./.exec(name)?.[1];
    return layer === undefined
      ? name.startsWith('ln_f') || name.startsWith('head')
      : Number(layer) >= config.layers - n;
  };
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
