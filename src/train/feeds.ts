/** A program's inputs on their way to the device. */
import type { Layout } from '../graph/layout.ts';
import type { Program } from '../model/program.ts';
import type { Scope } from '../plan/types.ts';
import { sortTokens } from './batches.ts';

/**
 * Inputs by name. One that is left out keeps its values; `x.order` and `x.starts` follow from the ids `x`.
 *
 * @example
 * const feeds: Feeds = { x: new Float32Array(64), targets: Uint32Array.of(3) };
 */
export type Feeds = Readonly<Record<string, Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>>;

/** Writes feeds into the arena `batch`. Throws on an unknown name, a wrong size or type, an id outside its table, a first run without an input. */
export function feed({ name: program, inputs }: Program, scope: Scope, layout: Layout): (feeds: Feeds) => void {
  const known = new Map(inputs.map((input) => [input.name, input]));
  const fed = new Set<string>();
  const write = (name: string, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): void => {
    scope.write(layout.region('batch', name), data);
    fed.add(name);
  };
  return (feeds) => {
    for (const [name, data] of Object.entries(feeds)) {
      const input = known.get(name);
      if (!input) throw new Error(`program ${program} has no input ${name}; it has ${[...known.keys()].join(', ')}`);
      const elem = data instanceof Uint32Array ? 'u32' : 'f32';
      const size = input.shape.reduce((a, b) => a * b, 1);
      if (elem !== input.elem || data.length !== size)
        throw new Error(
          `program ${program}: input ${name} got ${data.length} × ${elem}; ${input.shape.join('×')} × ${input.elem} were expected`,
        );
      const starts = known.get(`${name}.starts`);
      if (!starts || !(data instanceof Uint32Array)) {
        write(name, data);
        continue;
      }
      const V = starts.shape[0] - 1;
      const wrong = data.find((id) => id >= V);
      if (wrong !== undefined)
        throw new Error(`program ${program}: input ${name} holds id ${wrong}; its table has ${V} rows`);
      const sorted = { tokens: data, order: new Uint32Array(size), starts: new Uint32Array(V + 1) };
      sortTokens(sorted, known.get(`${name}.order`)?.blank);
      write(name, data);
      write(`${name}.order`, sorted.order);
      write(`${name}.starts`, sorted.starts);
    }
    const missing = [...known.keys()].filter((name) => !fed.has(name));
    if (missing.length) throw new Error(`program ${program}: inputs ${missing.join(', ')} were never fed`);
  };
}
