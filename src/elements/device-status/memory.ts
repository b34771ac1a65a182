/** Memory as one bar: the large parts by name, the small ones together. No DOM in here. */
import type { DeviceReport } from '../../run/types.ts';

export interface Slice {
  /** `params`, `work of decode`; '' for all small ones together. */
  readonly name: string;
  readonly bytes: number;
  /** Share of the bar. */
  readonly share: number;
}

/** A slice smaller than this is no longer a slice. */
const SMALL = 0.01;
const MOST = 4;

/** Largest first, of equal names one. The bar is as long as what is held, or the limit of a block if that is less than ten times as much. */
export function slicesOf({ arenas, limit }: Pick<DeviceReport, 'arenas' | 'limit'>): {
  readonly slices: readonly Slice[];
  readonly held: number;
  /** Length of the bar in bytes. */
  readonly full: number;
} {
  const sums = new Map<string, number>();
  for (const { name, bytes } of arenas) sums.set(name, (sums.get(name) ?? 0) + bytes);
  const held = [...sums.values()].reduce((a, b) => a + b, 0);
  const full = Math.max(held, limit);
  const sorted = [...sums].sort(([, a], [, b]) => b - a);
  const large = sorted.filter(([, bytes], i) => i < MOST && bytes >= SMALL * held);
  const rest = held - large.reduce((sum, [, bytes]) => sum + bytes, 0);
  const slices = [...large, ...(rest > 0 ? [['', rest] as const] : [])].map(([name, bytes]) => ({
    name,
    bytes,
    share: full > 0 ? bytes / full : 0,
  }));
  return { slices, held, full };
}
