/** What a library must offer to be measured beside ours. Peers are plain JavaScript in bench/peers, which has its own dependencies. */
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Contender } from '../../src/bench/index.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Weights } from '../../src/model/weights.ts';
import type { Dims } from '../../src/plan/types.ts';
import type { Hyper } from '../../src/train/step.ts';

export type Numbers = Float32Array | Float64Array;

/** Decodes with a key/value cache and our weights. */
export interface Decoder {
  /** One repetition is one greedy token after the prompt. */
  readonly candidate: Contender;
  /** One repetition is the whole prompt: cache filled, next token read. */
  readonly prefill: Contender;
  greedy(prompt: readonly number[], count: number): Promise<number[]>;
  /** Frees the model's memory, if the library does not do so itself. */
  close?(): void;
}

/** Rows of tokens and their targets, (B T), and how to learn them. */
export interface Lesson {
  readonly B: number;
  readonly T: number;
  readonly tokens: Uint32Array;
  readonly targets: Uint32Array;
  readonly hyper: Hyper;
}

/** Forward, backward, clipping and AdamW of a batch that stays the same. */
export interface Learner {
  /** One repetition is one step whose loss is read. */
  readonly candidate: Contender;
  /** Mean nats per target of each step so far, before its update. */
  readonly losses: readonly number[];
  close?(): void;
}

export interface Peer {
  /** Name, version and mode: `onnxruntime-web 1.30.0 wasm, 2 threads`. */
  readonly title: string;
  /** out = a·b as a candidate. Throws when its result is not `want`. */
  matmul(a: Numbers, b: Numbers, want: Numbers, dims: Dims): Promise<Contender>;
  /** After `prompt` tokens. Default: half the context, at most 64. */
  decoder(config: ModelConfig, weights: Weights, prompt?: number): Promise<Decoder>;
  close(): Promise<void>;
}

/** What is measured in the page. A peer omits what it cannot do. */
export interface PagePeer extends Peer {
  matvec(inp: Numbers, weight: Numbers, want: Numbers, dims: Dims): Promise<Contender>;
  softmax(inp: Numbers, want: Numbers, dims: Dims): Promise<Contender>;
  layernorm(inp: Numbers, weight: Numbers, bias: Numbers, want: Numbers, dims: Dims): Promise<Contender>;
  attention(q: Numbers, k: Numbers, v: Numbers, want: Numbers, dims: Dims): Promise<Contender>;
  learner?(config: ModelConfig, weights: Weights, lesson: Lesson): Promise<Learner>;
}

const folder = fileURLToPath(new URL('../peers/', import.meta.url));

/** The peer for node, or undefined if it is not installed. */
export async function openPeer(name: 'onnxruntime-web'): Promise<Peer | undefined> {
  if (!existsSync(`${folder}node_modules/${name}/package.json`)) return undefined;
  const { open } = (await import(/* @vite-ignore */ pathToFileURL(`${folder}ort_node.js`).href)) as {
    open(): Promise<Peer>;
  };
  return open();
}
