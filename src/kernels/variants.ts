/** What the variant entries of row, element and sum ops have in common: grids, scores and whole lists. */
import type { Dims, Facts, GpuVariant, Knobs, Options, Pass, Tolerance } from './op.ts';

/** One dispatch of `main` over that many workgroups. */
export const mainPass = (workgroups: number): readonly Pass[] => [{ entry: 'main', grid: [workgroups, 1, 1] }];

/** One dispatch of `main` in which each invocation makes one of `items`. */
export const perItem =
  (items: (dims: Dims, knobs: Knobs) => number) =>
  (dims: Dims, knobs: Knobs): readonly Pass[] =>
    mainPass(Math.ceil(items(dims, knobs) / knobs.WG));

/** Workgroup size of kernels whose only size is the knob WG. */
export const lineOfWG = (knobs: Knobs): readonly [number, number, number] => [knobs.WG, 1, 1];

/** Bytes of one f32 per invocation: the memory that `lanesSum` adds up in. */
export const lanesBytes = (knobs: Knobs): number => 4 * knobs.WG;

/** Teaching text and last resort. */
export const lastResort = (): number => 1;

/**
 * The barrier-free family. On a software adapter a barrier costs a coroutine switch for every subgroup, and workgroup memory
 * is one more cache line: there these win by 2–100× (bench/notes/rows.md). On a GPU they only beat the naive text.
 */
export const forSoftware = (_dims: Dims, _options: Options, facts: Facts): number => (facts.software ? 10 : 2);

/** Kernels that reduce through workgroup memory: the choice of a GPU without subgroups. */
export const forWorkgroups = (_dims: Dims, _options: Options, facts: Facts): number => (facts.software ? 0.5 : 6);

/** Kernels that reduce within a subgroup: no barrier and no workgroup memory on a GPU. */
export const forSubgroups = (_dims: Dims, _options: Options, facts: Facts): number => (facts.software ? 0.6 : 8);

/** Workgroups when each subgroup makes one of `rows`: counted for the largest subgroup this device may use. */
export const rowPerSubgroup = (rows: number, WG: number, facts: Facts): readonly Pass[] =>
  mainPass(Math.ceil(rows / Math.max(1, Math.floor(WG / facts.subgroupMax))));

/** The columns of a row, and so every row's start, are whole vec4. */
export const wholeVec4 = (dims: Dims): boolean => dims.C % 4 === 0;

/** An invocation per element, and the same in vec4: the one kernel that is best on GPUs and has no barrier either. */
export function perElement(elements: (d: Dims) => number, fits: (d: Dims) => boolean): readonly GpuVariant[] {
  return [
    {
      name: 'naive',
      about: 'one invocation per element: the equation as it stands',
      knobs: { WG: [64, 128, 256] },
      barrierFree: true,
      score: lastResort,
      workgroup: lineOfWG,
      passes: perItem(elements),
    },
    {
      name: 'vec4',
      about: 'PER vec4 per invocation: 16-byte loads and stores, and far fewer invocations to launch',
      knobs: { WG: [64, 128, 256, 32], PER: [4, 1, 2, 8] },
      barrierFree: true,
      fits,
      score: () => 10,
      workgroup: lineOfWG,
      passes: perItem((d, k) => Math.ceil(elements(d) / 4 / k.PER)),
    },
  ];
}

/**
 * One sum over all N numbers: by one invocation, by workgroups, by few invocations without a barrier. Every order is fixed.
 *
 * @param treeParts how many workgroups `tree` may use at most: its default first
 * @param numbers f32 in each partial sum: the workspace holds PARTS times as many
 */
export function wholeSum(treeParts: readonly number[], numbers: 1 | 2): readonly GpuVariant[] {
  return [
    {
      name: 'naive',
      about: 'one invocation adds everything up while the rest of the device waits',
      knobs: {},
      barrierFree: true,
      score: lastResort,
      workgroup: () => [1, 1, 1],
      passes: () => mainPass(1),
    },
    {
      name: 'tree',
      about:
        'a partial sum per workgroup by halving, then their sum: fills the device, coalesced, in an order that stays fixed',
      knobs: { WG: [256, 128, 64], PARTS: treeParts },
      score: forWorkgroups,
      workgroup: lineOfWG,
      workgroupBytes: lanesBytes,
      passes: (d, k) => [
        { entry: 'partial', grid: [Math.min(k.PARTS, Math.max(1, Math.floor(d.N / (4 * k.WG)))), 1, 1] },
        { entry: 'finish', grid: [1, 1, 1] },
      ],
      workspace: (_d, k) => numbers * k.PARTS,
    },
    {
      name: 'direct',
      about:
        'PARTS invocations add up a stretch each, then one adds their sums: the cores share the work without a barrier; for software adapters',
      over: 'naive',
      knobs: { PARTS: [64, 32, 256] },
      barrierFree: true,
      score: forSoftware,
      workgroup: () => [8, 1, 1],
      passes: (_d, k) => [
        { entry: 'partial', grid: [Math.ceil(k.PARTS / 8), 1, 1] },
        { entry: 'finish', grid: [1, 1, 1] },
      ],
      workspace: (_d, k) => numbers * k.PARTS,
    },
  ];
}

/** A handful of roundings between numbers of ordinary size. */
export const exactish = (): Tolerance => ({ abs: 1e-6, rel: 1e-5 });
