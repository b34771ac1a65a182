/** Why an engine is the one that computes: data, from which each language makes its sentence. Here is the English one. */
import type { GpuUnavailable } from '../gpu/types.ts';

/**
 * Why this engine computes. `detail` is what a browser or an error said, in its own words.
 *
 * @example
 * const { reason } = await chooseEngine();
 * if (reason.code === 'no-gpu') console.log(reason.missing);
 */
export type EngineReason =
  | { readonly code: 'cpu-chosen' }
  | { readonly code: 'handed-in' }
  | { readonly code: 'gpu-chosen'; readonly name: string; readonly software: boolean }
  | { readonly code: 'gpu'; readonly name: string }
  | { readonly code: 'only-software'; readonly name: string }
  | { readonly code: 'no-gpu'; readonly missing: GpuUnavailable; readonly detail: string }
  | { readonly code: 'one-thread'; readonly detail: string }
  | { readonly code: 'memory'; readonly detail: string }
  /** It was lost so many times with nothing done in between. */
  | { readonly code: 'lost'; readonly times: number }
  | { readonly code: 'lost-opening'; readonly times: number }
  /** It was lost, and there is no other. */
  | { readonly code: 'lost-no-gpu'; readonly missing: GpuUnavailable; readonly detail: string }
  /** A kernel, or the golden tokens, were wrong there. */
  | { readonly code: 'wrong'; readonly what: string };

type Sentences = { readonly [C in EngineReason['code']]: (reason: Extract<EngineReason, { code: C }>) => string };

const sentences: Sentences = {
  'cpu-chosen': () => 'CPU, as you chose',
  'handed-in': () => 'the engine that was handed in',
  'gpu-chosen': ({ name, software }) => `${name}, as you chose${software ? ': a CPU playing a GPU' : ''}`,
  gpu: ({ name }) => `${name}, this machine's GPU`,
  'only-software': ({ name }) =>
    `CPU, because the only WebGPU adapter here (${name}) is software, and WebAssembly is faster`,
  'no-gpu': ({ detail }) => `CPU, because ${detail}`,
  'one-thread': ({ detail }) => `CPU on one thread, because ${detail}`,
  memory: ({ detail }) => `CPU, because the GPU's memory is too small: ${detail}`,
  lost: ({ times }) => `CPU, because the GPU was lost ${times} times without getting anything done`,
  'lost-opening': ({ times }) => `CPU, because the GPU was lost ${times} times while the model opened`,
  'lost-no-gpu': ({ detail }) => `CPU, because the GPU was lost, and ${detail}`,
  wrong: ({ what }) => `CPU, because ${what} gives wrong numbers on this GPU`,
};

/** The reason as one English sentence for people. */
export const whyOf = (reason: EngineReason): string =>
  (sentences[reason.code] as (reason: EngineReason) => string)(reason);
