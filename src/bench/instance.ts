/** Op instances of any size with inputs that make sense: random and nothing zero. The tests' cases are small; these need not be. */
import { type Case, cases, type Fill } from '../kernels/cases/index.ts';
import type { Dims, Options, Scalars } from '../kernels/op.ts';
import { fillOptions, type Op, portElem, portPresent, portShape } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { checkNumber, SettingsError } from '../plan/settings.ts';
import { HYPER, STATE } from '../plan/state.ts';
import { findReference } from '../reference/index.ts';

const make = (values: () => ArrayLike<number>): Fill => ({ kind: 'make', make: values });

/** State words for the middle of a context: long enough to count, short enough to be typical. */
const state = (dims: Dims): Fill =>
  make(() => {
    const words = new Uint32Array(STATE.WORDS);
    words[STATE.POS] = Math.floor((dims.TMAX ?? 2) / 2);
    words[STATE.LENGTH] = dims.T ?? 1;
    words[STATE.TOKEN] = Math.floor((dims.V ?? 2) / 3);
    words[STATE.TOP_P] = 0x3f800000;
    return words;
  });

/** `out` and `lse` of a forward pass on this qkv, for the backward pass. */
const forward = (dims: Dims, options: Options, port: 'out' | 'lse'): Fill => ({
  kind: 'make',
  make: (_random, filled) => {
    const { B, T, NH, HS } = dims;
    const made = { out: new Float64Array(B * T * NH * HS), lse: new Float64Array(B * NH * T) };
    const ports = Object.fromEntries(Object.entries(filled).filter(([name]) => name !== 'out' && name !== 'lse'));
    const complete = { ...fillOptions(findOp('attention'), {}), ...options, SAVE_LSE: 1 };
    findReference('attention')({ ...ports, ...made } as Record<string, Float64Array>, dims, complete, {});
    return made[port];
  },
});

const hyper = (): Float64Array => {
  const words = new Float64Array(HYPER.WORDS);
  words[HYPER.LR] = 1e-3;
  words[HYPER.BETA1] = 0.9;
  words[HYPER.BETA2] = 0.95;
  words[HYPER.EPS] = 1e-8;
  words[HYPER.DECAY] = 0.1;
  words[HYPER.CORRECTION1] = 1.5;
  words[HYPER.CORRECTION2] = 2.5;
  return words;
};

/** Rows shared out over the V tokens in order, as a counting sort leaves them. */
const starts = ({ R, V }: Dims): Fill =>
  make(() => Uint32Array.from({ length: V + 1 }, (_, v) => Math.floor((v * R) / V)));

/** Inputs that N(0, 1) does not serve, by op. */
const fills: Readonly<Record<string, (dims: Dims, options: Options) => Readonly<Record<string, Fill>>>> = {
  attention_dqkv: (d, o) => ({ out: forward(d, o, 'out'), lse: forward(d, o, 'lse') }),
  cross_entropy: (d) => ({ targets: { kind: 'integers', below: d.V }, weights: { kind: 'constant', value: 1 / d.R } }),
  embedding: (d) => ({ tokens: { kind: 'integers', below: d.V }, state: state(d) }),
  embedding_dweight: (d) => ({ order: make(() => Uint32Array.from({ length: d.R }, (_, r) => r)), starts: starts(d) }),
  attention_decode: (d) => ({ state: state(d) }),
  last_row: (d) => ({ state: state(d) }),
  dropout: (d) => ({ state: state(d) }),
  adamw: () => ({
    grads: { kind: 'normal', sd: 0.01 },
    norm: { kind: 'values', values: [1, 0, 0, 0] },
    hyper: make(hyper),
    params: { kind: 'normal', sd: 0.1 },
    m: { kind: 'normal', sd: 0.005 },
    v: { kind: 'uniform', low: 1e-6, high: 1e-4 },
  }),
};

/** Scalars that the op's instances usually have. */
const usual: Scalars = { eps: 1e-5, scale: 1, rate: 0.1, alpha: 1, beta: 1, value: 0.5, a: 0.999, b: 0.001 };

/** Numbers that one port of an instance may hold: filling and checking more than that takes minutes before the first sample. */
const MOST_ELEMENTS = 2 ** 28;

/** The dims in the op's order, batches one where nothing is said; each a size, and no port larger than can be filled. */
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

/** Batches, and rows of what is usually done one at a time. */
const DEFAULTS: Dims = { Z: 1, B: 1 };

/**
 * A case of that op with these dims; Z and B are 1 where they are left out. Throws SettingsError for a dim that is missing, no size, or
 * too large, and names the port when the bench knows no sensible numbers for it.
 */
export function instance(name: string, sizes: Dims, given: Options = {}): Case {
  const op = findOp(name);
  const options = fillOptions(op, given);
  const dims = checkDims(op, sizes, options);
  const own = fills[name]?.(dims, options) ?? {};
  for (const port of op.ports)
    if (portPresent(port, options) && port.dir !== 'out' && portElem(port, options) === 'u32' && !own[port.name])
      throw new Error(
        `op ${name} at chosen dims: the bench has no numbers for its port ${port.name}; leave --dims out to run its largest test case`,
      );
  const scalars = Object.fromEntries((op.scalars ?? []).map((s) => [s, usual[s] ?? 1]));
  return { op: name, dims, options, scalars, fills: own };
}

/** The op's most laborious case in the tests, for ops that the bench knows no sizes of. */
export function largestCase(name: string): Case {
  const op = findOp(name);
  const own = cases.filter((c) => c.op === name && c.size !== 'wide' && !c.note?.includes('NaN'));
  const work = (c: Case) => op.flops(c.dims, c.options ?? {}) + Object.values(c.dims).reduce((a, b) => a + b, 0);
  return own.reduce((best, c) => (work(c) > work(best) ? c : best));
}
