/** C = A·B in the three layouts that a linear layer and its gradients need, with what usually follows it fused in. */
import { wasmOrLoops } from './cpu.ts';
import type { Dims, GpuVariant, Knobs, Op, Options, Pass } from './op.ts';
import { on } from './options.ts';
import { lastResort, lineOfWG, mainPass } from './variants.ts';

const halves = (o: Options): boolean => Boolean(o.A16 || o.B16);
const elems = (o: Options) => ({ elemA: o.A16 ? 'f16' : 'f32', elemB: o.B16 ? 'f16' : 'f32' }) as const;
/** dbias sums over the batches too, and a tile sees only its own. */
const oneBatch = (d: Dims, o: Options): boolean => !o.DBIAS || d.Z === 1;
const tiles = (d: Dims, high: number, wide: number): number => d.Z * Math.ceil(d.M / high) * Math.ceil(d.N / wide);

/** Lines of both operands, as they are stored, are whole groups of four elements. */
const wholeQuads = (d: Dims, o: Options): boolean =>
  d.K % 4 === 0 && (!o.TA || d.M % 4 === 0) && (Boolean(o.TB) || d.N % 4 === 0);

/** The entry points of the barrier-free kernels: `thin` works on the first four rows of a tile only. */
function barrierFreePass(d: Dims, o: Options, high: number, wide: number): readonly Pass[] {
  const entry = d.M <= 4 ? (wholeQuads(d, o) ? 'thin' : 'thinRagged') : wholeQuads(d, o) ? 'main' : 'ragged';
  return [{ entry, grid: [tiles(d, high, wide), 1, 1] }];
}

type BlockKnobs = Readonly<Record<'BM' | 'BN' | 'BK' | 'TM' | 'TN' | 'PAD', readonly number[]>>;
const MEDIUM: BlockKnobs = { BM: [64, 128], BN: [64, 128], BK: [16, 8, 32], TM: [8, 4], TN: [4, 8], PAD: [1, 0] };
/** Exactly 16 KiB would not leave room for the padding: BK 8. */
const LARGE: BlockKnobs = { BM: [128, 64], BN: [128, 64], BK: [8, 16], TM: [8], TN: [8], PAD: [1, 0] };

/** What every text with the shared block `matmul-tile` says about itself. */
function blockedLike(bytesA: (o: Options) => number, bytesB: (o: Options) => number) {
  return {
    workgroup: (k: Knobs) => [(k.BM / k.TM) * (k.BN / k.TN), 1, 1] as const,
    workgroupBytes: (k: Knobs, _d: Dims, o: Options) =>
      4 * k.BK * (bytesA(o) * (k.BM / 4 + k.PAD) + bytesB(o) * (k.BN / 4 + k.PAD)),
    passes: (d: Dims, k: Knobs) => mainPass(tiles(d, k.BM, k.BN)),
  };
}
const four = () => 4;

const variants: readonly GpuVariant[] = [
  {
    name: 'naive',
    about: 'one invocation per element: the equation as it stands, and the only one whose dbias sums over batches',
    knobs: { WG: [64, 128, 256] },
    barrierFree: true,
    fits: (_d, o, facts) => !halves(o) || facts.f16,
    score: lastResort,
    workgroup: lineOfWG,
    passes: (d, k) => mainPass(Math.ceil((d.Z * d.M * d.N) / k.WG)),
    elems,
  },
  {
    name: 'tiled',
    about:
      '16×16 tiles through workgroup memory: each value is read from memory 16 times less often, and small outputs still make many workgroups',
    knobs: {},
    fits: (d, o, facts) => oneBatch(d, o) && (!halves(o) || facts.f16),
    // 16 times the workgroups of `blocked`: where that has fewer than 16 of them, or most of its rows or columns would be empty
    score: (d, _o, facts) => (facts.software ? 2 : tiles(d, 64, 64) < 16 || d.M <= 16 || d.N <= 16 ? 55 : 20),
    workgroup: () => [16, 16, 1],
    workgroupBytes: () => 2 * 4 * 16 * 17,
    passes: (d) => mainPass(tiles(d, 16, 16)),
    elems,
  },
  {
    name: 'blocked',
    about:
      '64×64 tiles, 8×4 sums in registers: 12 values from workgroup memory feed 32 FMAs, not 2 a single one; vec4 loads, tile order for the L2 cache',
    knobs: { ...MEDIUM, GROUP: [8, 4, 16] },
    fits: (d, o) => oneBatch(d, o) && !halves(o),
    // the middle one of the usual tiles: the default for Intel, Apple and unknown devices
    score: (_d, _o, facts) => (facts.software ? 3 : 50),
    ...blockedLike(four, four),
    elems,
  },
  {
    name: 'blocked_large',
    about: 'the text of blocked with 128×128 tiles, 8×8 sums in registers: twice the arithmetic per byte read',
    file: 'blocked',
    knobs: { ...LARGE, GROUP: [8, 4, 16] },
    fits: (d, o) => oneBatch(d, o) && !halves(o),
    // the usual choice on NVIDIA and AMD once there are two waves of tiles on ~100 cores; elsewhere 64 sums per invocation spill
    score: (d, _o, facts) =>
      facts.software ? 2.5 : tiles(d, 128, 128) >= 192 && /nvidia|amd/i.test(facts.vendor) ? 60 : 30,
    ...blockedLike(four, four),
    elems,
  },
  {
    name: 'f16',
    about: 'the text of blocked with f16 storage in memory and in the tiles, f32 sums: half the traffic',
    over: 'blocked',
    file: 'blocked',
    knobs: { ...MEDIUM, GROUP: [8, 4, 16] },
    needs: ['f16'],
    fits: (d, o) => oneBatch(d, o) && halves(o),
    // software adapters emulate f16: unpacking words is faster there
    score: (_d, _o, facts) => (facts.software ? 3 : 50),
    ...blockedLike(
      (o) => (o.A16 ? 2 : 4),
      (o) => (o.B16 ? 2 : 4),
    ),
    elems,
  },
  {
    name: 'packed',
    about:
      'f16 storage read as 32-bit words and unpacked into f32 tiles: half the traffic from memory without any feature',
    over: 'blocked',
    knobs: { ...MEDIUM, GROUP: [8, 4, 16] },
    fits: (d, o) => oneBatch(d, o) && halves(o),
    // behind f16, whose tiles take half the workgroup memory
    score: (_d, _o, facts) => (facts.software ? 3 : 45),
    ...blockedLike(four, four),
  },
  {
    name: 'splitk',
    about:
      'several workgroups share one tile, each with a part of K, and a second pass adds the parts in a fixed order: fills a GPU where out is small and K long',
    over: 'blocked',
    knobs: { ...MEDIUM, SPLITS: [8, 4, 16, 2] },
    // GATE would be a ninth storage buffer beside the workspace
    fits: (d, o) => oneBatch(d, o) && !halves(o) && !o.GATE,
    // where 64×64 tiles leave most cores idle and K is so long that its second dispatch does not count: the weight gradients of a
    // mini GPT (K = 512 rows) stay in one dispatch, which the budget of 18 per layer rests on
    score: (d, _o, facts) =>
      facts.software ? 1.5 : tiles(d, 64, 64) < 32 && d.K >= 4096 && d.M > 16 && d.N > 16 ? 58 : 5,
    ...blockedLike(four, four),
    passes: (d, k) => [
      { entry: 'partials', grid: [k.SPLITS * tiles(d, k.BM, k.BN), 1, 1] },
      { entry: 'reduce', grid: [Math.ceil(Math.max(d.Z * d.M * d.N, d.M) / 64), 1, 1] },
    ],
    workspace: (d, k) => k.SPLITS * (d.Z * d.M * d.N + d.M),
  },
  {
    name: 'subgroup',
    about:
      'A handed round by shuffles, B from the cache, 64×256 tiles, 8×8 in registers: no workgroup memory, no barriers',
    over: 'blocked',
    knobs: {},
    needs: ['subgroups'],
    barrierFree: true,
    // lanes lie along n: a b stored (N K) would be read one column per lane, uncoalesced
    fits: (d, o, facts) => oneBatch(d, o) && !o.TB && (!halves(o) || facts.f16),
    // unmeasured on hardware, so behind blocked until a tuning table says otherwise; one shuffle feeds 8 multiply-adds
    score: (_d, _o, facts) => (facts.software ? 4 : 40),
    workgroup: () => [256, 1, 1],
    passes: (d) => mainPass(tiles(d, 64, 256)),
    elems,
  },
  {
    name: 'direct',
    about:
      '8×8 sums in registers straight from memory: 16 values feed 64 FMAs, no barrier, no feature; for software adapters',
    over: 'naive',
    knobs: { WG: [8, 4, 16, 32] },
    barrierFree: true,
    fits: oneBatch,
    // 9–13 × naive at 512³ on SwiftShader, 7–10 × on lavapipe, bench/notes/matmul.md
    score: (_d, _o, facts) => (facts.software ? 90 : 10),
    workgroup: lineOfWG,
    passes: (d, k, o) => barrierFreePass(d, o, 8, 8 * k.WG),
  },
  {
    name: 'quad',
    about:
      '16×4 in registers, the lanes of a quad share their loads of A by swaps: a load costs a software adapter 20–30 cycles, a swap next to none',
    knobs: { WG: [8, 4, 16, 32] },
    needs: ['subgroups'],
    barrierFree: true,
    fits: oneBatch,
    // 17–21 × naive, 1.5–2 × direct on both software adapters, bench/notes/matmul.md
    score: (_d, _o, facts) => (facts.software ? 100 : 10),
    workgroup: lineOfWG,
    passes: (d, k, o) => barrierFreePass(d, o, 16, 4 * k.WG),
  },
  {
    name: 'quad_whole',
    about:
      'quad for f32 in whole quads: vec4f in and out, no address made in the loop, so half the integer work; for software adapters',
    knobs: { WG: [8, 4, 16, 32] },
    needs: ['subgroups'],
    barrierFree: true,
    // up to four rows quad has an entry that makes no more than those
    fits: (d, o) => oneBatch(d, o) && !halves(o) && wholeQuads(d, o) && d.N % 4 === 0 && d.M > 4,
    // 1.4–1.6 × quad on SwiftShader, 1.1–1.2 × on lavapipe, bench/notes/matmul.md
    score: (_d, _o, facts) => (facts.software ? 110 : 10),
    workgroup: lineOfWG,
    passes: (d, k) => mainPass(tiles(d, 16, 4 * k.WG)),
  },
  {
    name: 'thin',
    about:
      'up to four rows against b stored (K N): b is read once, line by line, not a page for every 16 bytes; for software adapters',
    over: 'quad',
    knobs: { WG: [32, 8, 16, 64] },
    barrierFree: true,
    fits: (d, o) => oneBatch(d, o) && !halves(o) && !o.TB && d.M <= 4,
    // 2.5–3 × quad on both software adapters, bench/notes/matmul.md; a GPU would starve for lack of invocations
    score: (_d, _o, facts) => (facts.software ? 120 : 5),
    workgroup: lineOfWG,
    passes: (d, k) => [{ entry: d.N % 4 === 0 ? 'main' : 'ragged', grid: [tiles(d, d.M, 16 * k.WG), 1, 1] }],
  },
];

export const matmul: Op = {
  name: 'matmul',
  about:
    'out[z,m,n] = Σ_k A[z,m,k]·B[z,k,n]; then pre = that + bias (SAVE_PRE stores it), gelu, ·gelu′(pre) (DGELU), ·gate, + residual, + old out (ACCUM). ' +
    'TA: a is stored (K M); TB: b is stored (N K). A linear layer y = x·Wᵀ + b is NT, its dx = dy·W is NN, its dW = dyᵀ·x is TN, where DBIAS also gives dbias[m] = Σ_k a[k,m].',
  dims: ['Z', 'M', 'N', 'K'],
  options: {
    TA: [0, 1],
    TB: [0, 1],
    BIAS: [0, 1],
    /** 1 tanh form, 2 erf form. */
    GELU: [0, 1, 2],
    /** Multiply by gelu′(pre), 1 tanh form, 2 erf form. */
    DGELU: [0, 1, 2],
    RESIDUAL: [0, 1],
    ACCUM: [0, 1],
    SAVE_PRE: [0, 1],
    DBIAS: [0, 1],
    /** Multiply by one number before the residual is added (switches an MLP off). */
    GATE: [0, 1],
    /** b has no batch dimension. */
    BSHARED: [0, 1],
    /** b (the weight) is stored in f16. */
    B16: [0, 1],
    /** a is stored in f16 too. */
    A16: [0, 1],
  },
  ports: [
    { name: 'a', dir: 'in', shape: (o: Options) => (o.TA ? 'Z K M' : 'Z M K'), elem: (o) => (o.A16 ? 'f16' : 'f32') },
    {
      name: 'b',
      dir: 'in',
      shape: (o: Options) => `${o.BSHARED ? '1' : 'Z'} ${o.TB ? 'N K' : 'K N'}`,
      elem: (o) => (o.B16 ? 'f16' : 'f32'),
    },
    { name: 'bias', dir: 'in', shape: 'N', when: on('BIAS') },
    { name: 'residual', dir: 'in', shape: 'Z M N', when: on('RESIDUAL') },
    { name: 'gate', dir: 'in', shape: '1', when: on('GATE') },
    {
      name: 'pre',
      dir: 'inout',
      shape: 'Z M N',
      when: (o) => Boolean(o.SAVE_PRE || o.DGELU),
      reads: on('DGELU'),
    },
    { name: 'out', dir: 'inout', shape: 'Z M N', reads: on('ACCUM') },
    { name: 'dbias', dir: 'inout', shape: 'M', when: on('DBIAS'), reads: on('ACCUM') },
  ],
  variants,
  cpu: wasmOrLoops('matmul', { scratch: () => 512 * 32 + 512 * 16 + 256 * 256 * 4 + 256 * 512 * 4 }),
  flops: (d) => 2 * d.Z * d.M * d.N * d.K,
  // 4·√K·u·Σ|ab| for unit normal inputs: Σ|ab| ≈ 0.64·K, u = 2⁻²⁴ (Higham's bound with √K for random signs)
  tolerance: (d) => ({ abs: 4 * Math.sqrt(d.K) * 2 ** -24 * (0.64 * d.K + 4), rel: 1e-5 }),
};
