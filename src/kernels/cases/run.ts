/** From a case record to numbers: what its ports hold before a run, and what the reference makes of them. */
import { roundHalf } from '../../files/half.ts';
import { findReference } from '../../reference/index.ts';
import type { Dims, Op, Options, Port } from '../op.ts';
import { fillOptions, portElem, portPresent, portRead, portShape } from '../op.ts';
import { findOp } from '../registry.ts';
import { caseName, type Case, type Fill, type Random } from './case.ts';
import { randomStream } from '../../sample/random.ts';
import { gauss, int } from './fills.ts';

/** A word that is a NaN as a float and no sensible token or count: what was never written shows. */
const POISON = 0x7fc0dead;

function count(port: Port, dims: Dims, options: Options): number {
  return portShape(port, dims, options).reduce((a, b) => a * b, 1);
}

function fillWith(fill: Exclude<Fill, { kind: 'make' }>, random: Random, n: number): Float64Array {
  const values = new Float64Array(n);
  if (fill.kind === 'normal') for (let i = 0; i < n; i++) values[i] = (fill.mean ?? 0) + (fill.sd ?? 1) * gauss(random);
  if (fill.kind === 'uniform') for (let i = 0; i < n; i++) values[i] = fill.low + (fill.high - fill.low) * random();
  if (fill.kind === 'integers') for (let i = 0; i < n; i++) values[i] = int(random, 0, fill.below - 1);
  if (fill.kind === 'constant') values.fill(fill.value);
  if (fill.kind === 'values') for (let i = 0; i < n; i++) values[i] = fill.values[i % fill.values.length];
  if (fill.kind === 'outlier') {
    for (let i = 0; i < n; i++) values[i] = gauss(random);
    values[int(random, 0, n - 1)] = fill.value;
  }
  return values;
}

/**
 * What every present port holds before the run: inputs as the case says (N(0,1) by default), everything else poison. f16 ports
 * come as f32 values that f16 can hold. The same seed gives the same numbers. Throws when a fill has the wrong length or a u32
 * input has no fill.
 */
export function fillCase(c: Case, op: Op, seed: number): Record<string, Float32Array | Uint32Array> {
  const options = fillOptions(op, c.options ?? {});
  const filled: Record<string, Float32Array | Uint32Array> = {};
  op.ports.forEach((port, index) => {
    if (!portPresent(port, options)) return;
    const n = count(port, c.dims, options);
    const elem = portElem(port, options);
    if (!portRead(port, options)) {
      filled[port.name] = elem === 'u32' ? new Uint32Array(n).fill(POISON) : new Float32Array(n).fill(NaN);
      return;
    }
    const fill = c.fills?.[port.name];
    if (!fill && elem === 'u32')
      throw new Error(`${caseName(c)}: u32 input ${port.name} needs a fill; there is no default`);
    const random = randomStream(seed, index);
    const values = fill?.kind === 'make' ? fill.make(random, filled) : fillWith(fill ?? { kind: 'normal' }, random, n);
    if (values.length !== n)
      throw new Error(
        `${caseName(c)}: the fill of ${port.name} has ${values.length} elements; its shape asks for ${n}`,
      );
    if (elem === 'u32') filled[port.name] = Uint32Array.from(values);
    else filled[port.name] = elem === 'f16' ? Float32Array.from(values, roundHalf) : Float32Array.from(values);
  });
  return filled;
}

/** Runs the reference on f64 copies of `filled` and returns every port that the op writes. f16 outputs are not rounded. */
export function runReference(
  c: Case,
  filled: Readonly<Record<string, Float32Array | Uint32Array>>,
): Record<string, Float64Array | Uint32Array> {
  const op = findOp(c.op);
  const options = fillOptions(op, c.options ?? {});
  const ports: Record<string, Float64Array | Uint32Array> = {};
  for (const [name, values] of Object.entries(filled))
    ports[name] = values instanceof Uint32Array ? values.slice() : Float64Array.from(values);
  // a kernel gets its scalars as f32
  const scalars = Object.fromEntries((op.scalars ?? []).map((name) => [name, Math.fround(scalar(c, name))]));
  findReference(c.op)(ports, c.dims, options, scalars);
  return Object.fromEntries(
    op.ports.filter((p) => p.dir !== 'in' && portPresent(p, options)).map((p) => [p.name, ports[p.name]]),
  );
}

function scalar(c: Case, name: string): number {
  const value = c.scalars?.[name];
  if (value === undefined) throw new Error(`${caseName(c)}: scalar ${name} is missing`);
  return value;
}
