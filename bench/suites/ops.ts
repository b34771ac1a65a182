/** What `npm run bench` measures when no dims are given: sizes of a mini GPT, of GPT-2, and the usual squares. */
import type { Case } from '../../src/kernels/cases/index.ts';
import type { Dims, Options } from '../../src/kernels/op.ts';
import { instance, largestCase } from '../../src/bench/index.ts';

type Sizes = readonly (readonly [Dims, Options?])[];

const square = (n: number): Dims => ({ Z: 1, M: n, N: n, K: n });
const heads = (T: number): Dims => ({ B: 1, T, S: T, NH: 12, NKV: 12, HS: 64 });

/** Sizes by op; the first is the one of `--quick`. */
const sizes: Readonly<Record<string, Sizes>> = {
  fma_peak: [[{ N: 2 ** 13, I: 256 }]],
  copy: [[{ N: 2 ** 20 }], [{ N: 2 ** 24 }]],
  matmul: [
    [square(512)],
    [square(512), { TB: 1 }],
    [square(512), { TA: 1 }],
    [
      { Z: 1, M: 64, N: 3072, K: 768 },
      { TB: 1, BIAS: 1, GELU: 1 },
    ],
  ],
  matvec: [
    [{ M: 1, N: 3072, K: 768 }],
    [
      { M: 1, N: 512, K: 128 },
      { NORM: 1, BIAS: 1, GELU: 1 },
    ],
  ],
  softmax: [[{ R: 512, C: 512 }], [{ R: 64, C: 50257 }]],
  softmax_dinp: [[{ R: 512, C: 512 }]],
  layernorm: [
    [{ R: 512, C: 768 }, { BIAS: 1 }],
    [{ R: 512, C: 128 }, { BIAS: 1 }],
  ],
  layernorm_bwd: [[{ R: 512, C: 768 }]],
  attention: [[heads(256)], [{ B: 8, T: 64, S: 64, NH: 4, NKV: 4, HS: 32 }]],
  attention_dqkv: [[heads(256)], [{ B: 8, T: 64, S: 64, NH: 4, NKV: 4, HS: 32 }]],
  attention_decode: [[{ B: 1, NH: 4, NKV: 4, HS: 32, TMAX: 256 }], [{ B: 1, NH: 12, NKV: 12, HS: 64, TMAX: 1024 }]],
  gelu: [[{ N: 2 ** 18 }]],
  add: [[{ N: 2 ** 20 }]],
  cross_entropy: [[{ R: 512, V: 1024 }, { GRAD: 1 }]],
  embedding: [[{ R: 512, T: 64, C: 128, V: 1024, TMAX: 256 }, { POS: 1 }]],
  embedding_dweight: [[{ R: 512, C: 128, V: 1024 }]],
  adamw: [[{ N: 2 ** 20, ND: 2 ** 20 }]],
  grad_norm: [[{ N: 2 ** 20 }]],
};

/** Only their test cases have the statistics of rows: these ops run at their largest test case. */
const FROM_TESTS = new Set(['layernorm_bwd']);

/** Instances of an op: the one asked for, or those above, or its largest test case. */
export function instancesOf(
  op: string,
  wish: { readonly dims?: Dims | undefined; readonly options?: Options | undefined; readonly quick?: boolean },
): Case[] {
  if (wish.dims) return [instance(op, wish.dims, wish.options ?? {})];
  const own = sizes[op];
  if (!own || FROM_TESTS.has(op)) return [largestCase(op)];
  return (wish.quick ? own.slice(0, 1) : own).map(([dims, options]) =>
    instance(op, dims, { ...options, ...wish.options }),
  );
}
