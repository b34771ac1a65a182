/** Op instances of any size with sensible inputs: random and never all zero. The tests' cases are small; these need not be. */
import { type Case, cases, fillsFor } from '../kernels/cases/index.ts';
import type { Dims, Options, Scalars } from '../kernels/op.ts';
import { fillOptions, type Op, portElem, portPresent, portShape } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { checkNumber, SettingsError } from '../plan/settings.ts';

/** Scalars that the op's instances usually have. */
const usual: Scalars = { eps: 1e-5, scale: 1, rate: 0.1, alpha: 1, beta: 1, value: 0.5, a: 0.999, b: 0.001 };

/** The most numbers in one port of an instance. Filling and checking more would take minutes before the first sample. */
const MOST_ELEMENTS = 2 ** 28;

/** The dims in the op's order, with batches 1 by default. Each must be a size, and no port may be too large to fill. */
function checkDims(op: Op, given: Dims, options: Options): Dims {
  const dims: Record<string, number> = {};
  for (const letter of op.dims)
    dims[letter] = checkNumber(
      `${letter} of ${op.name} (dims ${op.dims.join(' ')})`,
      given[letter] ?? DEFAULTS[letter],
      {
        min: 1,
        max: 2 ** 31 - 1,
        whole: true,
      },
    );
  for (const letter of Object.keys(given))
    if (!op.dims.includes(letter))
      throw new SettingsError(`a dim of ${op.name}`, letter, `one of ${op.dims.join(' ')}`);
  for (const port of op.ports) {
    if (!portPresent(port, options)) continue;
    const elements = portShape(port, dims, options).reduce((a, b) => a * b, 1);
    checkNumber(`elements of ${port.name} of ${op.name}`, elements, { min: 1, max: MOST_ELEMENTS });
  }
  return dims;
}

/** Sizes of batches. */
const DEFAULTS: Dims = { Z: 1, B: 1 };

/**
 * A case of this op with these dims, in elements; Z and B default to 1.
 *
 * @throws SettingsError for a dim that is missing, invalid or too large
 * @throws Error when there is no such op or option, or when the bench knows no sensible numbers for one of its ports
 * @example
 * const square = instance('matmul', { M: 512, N: 512, K: 512 });
 */
export function instance(name: string, sizes: Dims, given: Options = {}): Case {
  const op = findOp(name);
  const options = fillOptions(op, given);
  const dims = checkDims(op, sizes, options);
  const own = fillsFor(op, dims, options);
  for (const port of op.ports)
    if (portPresent(port, options) && port.dir !== 'out' && portElem(port, options) === 'u32' && !own[port.name])
      throw new Error(
        `op ${name} at chosen dims: the bench has no numbers for its port ${port.name}; leave --dims out to run its largest test case`,
      );
  const scalars = Object.fromEntries((op.scalars ?? []).map((s) => [s, usual[s] ?? 1]));
  return { op: name, dims, options, scalars, fills: own };
}

/**
 * The op's largest case in the tests, for ops whose usual sizes the bench does not know.
 *
 * @throws Error when there is no such op
 * @example
 * const jobs = jobsOf(bench, largestCase('softmax'));
 */
export function largestCase(name: string): Case {
  const op = findOp(name);
  const own = cases.filter((c) => c.op === name && c.size !== 'wide' && !c.note?.includes('NaN'));
  const work = (c: Case) => op.flops(c.dims, c.options ?? {}) + Object.values(c.dims).reduce((a, b) => a + b, 0);
  return own.reduce((best, c) => (work(c) > work(best) ? c : best));
}
