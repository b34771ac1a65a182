/** A model's parameters in device memory: one scope, lent to every session and training that uses them. */
import { toHalves } from '../files/half.ts';
import type { Layout } from '../graph/layout.ts';
import type { Engine, Region, Scope } from '../plan/types.ts';
import type { ModelConfig } from './config.ts';
import { parameters } from './layout.ts';
import { type Storage, weightsLayout } from './places.ts';
import { type Weights, WeightsError } from './weights.ts';

/** Weights on a device, which models, sessions and trainings there can share. */
export interface PlacedWeights {
  readonly config: ModelConfig;
  readonly storage: Storage;
  readonly engine: Engine;
  /** Holds the arena `params`; lend it to the scopes that compute with it. */
  readonly scope: Scope;
  readonly layout: Layout;
  /** Resolves when the numbers are on the device. */
  readonly ready: Promise<void>;
  /** Frees the memory as soon as nothing holds the scope any more. */
  close(): void;
}

export interface PlaceOptions {
  /** Default: f16 where the f32 embedding would not fit one binding of the device, else f32. */
  readonly storage?: Storage | undefined;
  /** Which parameters learn: they come first in memory. Default: none. */
  readonly trainable?: (name: string) => boolean;
}

/** Numbers uploaded at a time, and how many ms pass before frames and events of the page get their turn. */
const SLICE = 2 ** 17;
const PATIENCE = 8;
const pause = () => new Promise((resolve) => setTimeout(resolve));

/**
 * Allocates the parameters and starts uploading them; without `weights` they are zeros. Throws OutOfMemoryError, and WeightsError (with
 * nothing allocated) when a parameter is missing or has another size.
 */
export function placeWeights(
  engine: Engine,
  config: ModelConfig,
  weights?: Weights,
  options: PlaceOptions = {},
): PlacedWeights {
  const storage =
    options.storage ??
    (4 * config.vocab * config.width > engine.facts.limits.maxStorageBufferBindingSize ? 'f16' : 'f32');
  if (weights) checkSizes(config, weights);
  const layout = weightsLayout(config, { storage, ...(options.trainable && { trainable: options.trainable }) });
  const scope = engine.open('weights');
  try {
    scope.allocate(...layout.arenas());
  } catch (error) {
    scope.close();
    throw error;
  }
  let closed = false;
  const ready = weights ? upload(scope, layout, config, weights, () => closed) : Promise.resolve();
  ready.catch(() => undefined); // reported to the caller that awaits it
  return {
    config,
    storage,
    engine,
    scope,
    layout,
    ready,
    close() {
      closed = true;
      scope.close();
    },
  };
}

function checkSizes(config: ModelConfig, weights: Weights): void {
  for (const { name, shape } of parameters(config)) {
    const found = weights.get(name)?.length;
    const n = shape.reduce((a, b) => a * b, 1);
    if (found !== n)
      throw new WeightsError(`weights: ${name} has ${found ?? 'no'} numbers, ${shape.join('×')} = ${n} were expected`);
  }
}

async function upload(
  scope: Scope,
  layout: Layout,
  config: ModelConfig,
  weights: Weights,
  closed: () => boolean,
): Promise<void> {
  await pause(); // the caller requests its pipelines first
  if (closed()) return;
  await scope.read(); // reads nothing; throws if the device has no room after all, before numbers are written into missing memory
  let began = performance.now();
  for (const { name } of parameters(config)) {
    const region = layout.region('params', name);
    const data = weights.get(name)!;
    for (let at = 0; at < data.length; at += SLICE) {
      if (closed()) return;
      writeNumbers(scope, region, data.subarray(at, at + SLICE), at);
      if (performance.now() - began < PATIENCE) continue;
      await pause();
      began = performance.now();
    }
  }
}

/** Writes f32 numbers into a region from its element `at` on (an even one), in the region's element type. */
export function writeNumbers(scope: Scope, region: Region, data: Float32Array<ArrayBuffer>, at = 0): void {
  if (region.elem !== 'f16') return scope.write(region, data, 4 * at);
  const halves = new Uint16Array(Math.ceil(data.length / 2) * 2); // whole 32-bit words
  halves.set(toHalves(data));
  scope.write(region, halves, 2 * at);
}
