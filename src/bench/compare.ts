/** Compares two records: for each kernel that both measured, how much longer b takes than a. */
import type { BenchRecord, KernelRow } from './record.ts';
import { pairedRatio } from './stats.ts';

/** The same row in two records. */
export interface Comparison {
  /** `matmul/direct Z=1 M=512 … hot`. */
  readonly name: string;
  /** Seconds of b / seconds of a, as the median over pairs of samples: below 1, b is faster. */
  readonly ratio: number;
  /** 95 % bootstrap interval of the ratio. */
  readonly interval: readonly [number, number];
  /** The same ratio with each time relative to its own run's roof, which cancels the speed of the machine. */
  readonly perRoof: number | undefined;
}

/** Two records, row by row. */
export interface Compared {
  readonly rows: readonly Comparison[];
  /** Rows for which only one record has a number, and why. */
  readonly unpaired: readonly string[];
}

/**
 * A name that the same kernel, sizes and settings have in every record.
 *
 * @example
 * for (const row of record.kernels) console.log(rowName(row));
 */
export function rowName({
  op,
  variant,
  knobs,
  dims,
  options,
  cache,
}: Pick<KernelRow, 'op' | 'variant' | 'knobs' | 'dims' | 'options' | 'cache'>): string {
  const words = (o: Readonly<Record<string, number>>) => Object.entries(o).map(([k, v]) => `${k}=${v}`);
  return [`${op}/${variant}`, ...words(dims), ...words(options), ...words(knobs), cache].join(' ');
}

/**
 * How much longer each kernel takes in `b` than in `a`.
 *
 * @param anyway compares records of different engines or adapters too: such ratios compare machines, not kernels
 * @throws Error when the records come from different engines or adapters, unless `anyway`
 * @example
 * const { rows } = compareRecords(before, after);
 * for (const { name, ratio } of rows) console.log(name, ratio < 1 ? 'faster' : 'slower');
 */
export function compareRecords(a: BenchRecord, b: BenchRecord, anyway = false): Compared {
  const device = ({ adapter }: BenchRecord) => `${adapter.engine} ${adapter.description || adapter.device}`;
  if (device(a) !== device(b) && !anyway)
    throw new Error(
      `a is of "${device(a)}", b of "${device(b)}": ratios between machines say little about kernels; --anyway compares them nevertheless`,
    );
  const rows: Comparison[] = [];
  const unpaired: string[] = [];
  const others = new Map(b.kernels.map((row) => [rowName(row), row]));
  for (const row of a.kernels) {
    const name = rowName(row);
    const other = others.get(name);
    others.delete(name);
    if (!other) unpaired.push(`${name}: only in a`);
    else if (!row.times || !other.times) unpaired.push(`${name}: ${row.check || other.check}`);
    else {
      const perRoof = row.ofRoof && other.ofRoof ? row.ofRoof.value / other.ofRoof.value : undefined;
      rows.push({ name, ...pairedRatio(row.times.samples, other.times.samples), perRoof });
    }
  }
  for (const name of others.keys()) unpaired.push(`${name}: only in b`);
  return { rows, unpaired };
}
