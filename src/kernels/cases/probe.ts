/** Cases of the roof probes. */
import type { Case, Family, Random } from './case.ts';
import { int, oneOf } from './fills.ts';

/** a < 1 keeps the chain in range; near 1 the start still shows at the end. */
const peak = (N: number, I: number, a: number, b: number): Case => ({
  op: 'fma_peak',
  dims: { N, I },
  scalars: { a, b },
});
const copy = (N: number, note?: string): Case => ({ op: 'copy', dims: { N }, ...(note ? { note } : {}) });

const cases: Case[] = [
  peak(1, 1, 0.5, 1),
  peak(4, 0, 0.5, 1),
  peak(63, 3, 0.999, 0.25),
  peak(64, 8, -0.999, 0.5),
  peak(1000, 2, 0.75, -0.125),
  peak(1028, 16, 0.999, 0.001),
  peak(4096, 4, 0.99, 0.01),
  copy(1),
  copy(3),
  copy(64),
  copy(1000),
  copy(1024, 'whole runs'),
  copy(4096 + 256),
  copy(70_001),
  { ...copy(2 ** 24 + 4, 'more workgroups than one dimension holds'), size: 'wide' },
];

const random = {
  fma_peak: (random: Random) => peak(int(random, 1, 400), int(random, 0, 20), 1.9 * random() - 0.95, random()),
  copy: (random: Random) => copy(oneOf(random, [1, 4, 256]) * int(random, 1, 40)),
};

export const family: Family = { cases, random };
