/** What a library must offer to be measured beside us. Peers are plain JavaScript in bench/peers, which has its own dependencies. */
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Candidate } from '../../src/bench/index.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Weights } from '../../src/model/weights.ts';

export interface Peer {
  /** Name, version and mode: `onnxruntime-web 1.30.0 wasm, 2 threads`. */
  readonly title: string;
  /** out = a·b as a candidate. Throws when its result is not `want`. */
  matmul(
    a: Float32Array,
    b: Float32Array,
    want: Float64Array,
    dims: { M: number; N: number; K: number },
  ): Promise<Candidate>;
  /** A decoder with key/value cache for our weights; one repetition of the candidate is one token. */
  decoder(
    config: ModelConfig,
    weights: Weights,
  ): Promise<{ candidate: Candidate; greedy(prompt: readonly number[], count: number): Promise<number[]> }>;
  close(): Promise<void>;
}

const folder = fileURLToPath(new URL('../peers/', import.meta.url));

/** The peer for node, or undefined where it is not installed. */
export async function openPeer(name: 'onnxruntime-web'): Promise<Peer | undefined> {
  if (!existsSync(`${folder}node_modules/${name}/package.json`)) return undefined;
  const { open } = (await import(/* @vite-ignore */ pathToFileURL(`${folder}ort_node.js`).href)) as {
    open(): Promise<Peer>;
  };
  return open();
}
