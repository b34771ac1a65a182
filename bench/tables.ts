/** Records as tables for terminals and for Markdown. */
import type { BarRow, Compared, KernelRow, ModelRow, RoofRow } from '../src/bench/index.ts';

/** A Markdown table with aligned columns; cells that look like numbers stand at the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = head.map((h, i) => Math.max(3, h.length, ...rows.map((r) => [...(r[i] ?? '')].length)));
  const right = head.map((_, i) => rows.length > 0 && rows.every((r) => /^[\s\d.,–%×±<−-]*$/.test(r[i] ?? '')));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (right[i] ? cell.padStart(width[i]) : cell.padEnd(width[i]))).join(' | ')} |`;
  return [
    line(head),
    `| ${width.map((w, i) => (right[i] ? `${'-'.repeat(w - 1)}:` : '-'.repeat(w))).join(' | ')} |`,
    ...rows.map(line),
  ].join('\n');
}

/** Three significant digits. */
export function digits(x: number | undefined): string {
  if (x === undefined || !Number.isFinite(x)) return '–';
  const size = x === 0 ? 0 : Math.floor(Math.log10(Math.abs(x)));
  return x.toFixed(Math.max(0, Math.min(6, 2 - size)));
}

/** Seconds in the unit that suits them. */
export function duration(seconds: number | undefined): string {
  if (seconds === undefined) return '–';
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  return seconds < 1 ? `${digits(seconds * 1e3)} ms` : `${digits(seconds)} s`;
}

const percent = (x: number | undefined): string => (x === undefined ? '–' : `${digits(100 * x)} %`);

const words = (o: Readonly<Record<string, number>>): string =>
  Object.entries(o)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');

const spread = ({
  median,
  interval: [low, high],
}: {
  readonly median: number;
  readonly interval: readonly [number, number];
}): string => `±${(50 * (high - low)) / median < 1 ? '<1' : Math.round((50 * (high - low)) / median)} %`;

export function kernelTable(rows: readonly KernelRow[]): string {
  return table(
    [
      'kernel',
      'dims',
      'options',
      'cache',
      'time',
      '95 %',
      'GFLOP/s',
      'GB/s',
      'flop/B',
      'of FMA',
      'of copy',
      'of roof',
      'first',
    ],
    rows.map((r) => [
      `${r.op}/${r.variant}`,
      words(r.dims),
      words(r.options),
      r.cache,
      r.check ? 'wrong' : duration(r.times?.median),
      r.times ? spread(r.times) : '–',
      digits(r.gflops),
      digits(r.gbps),
      digits(r.intensity),
      percent(r.ofFma?.value),
      percent(r.ofCopy?.value),
      percent(r.ofRoof?.value),
      duration(r.coldStart),
    ]),
  );
}

export function roofTable(rows: readonly RoofRow[]): string {
  return table(
    ['roof', 'probe', 'rate', '95 %'],
    rows.map((r) => [
      r.kind,
      r.name,
      `${digits(r.rate / 1e9)} ${r.kind === 'fma' ? 'GFLOP/s' : 'GB/s'}`,
      spread(r.times),
    ]),
  );
}

export function modelTable(rows: readonly ModelRow[]): string {
  return table(
    ['model', 'what', 'value', 'unit', '95 %', 'dispatches', 'submits', 'bytes in / out', 'memory'],
    rows.map((r) => [
      r.model,
      r.what,
      r.check ? 'wrong' : digits(r.value),
      r.unit,
      r.interval ? spread({ median: r.value, interval: r.interval }) : '–',
      digits(r.counters?.['dispatches']),
      digits(r.counters?.['submits']),
      r.counters ? `${digits(r.counters['bytesWritten'])} / ${digits(r.counters['bytesRead'])}` : '–',
      r.counters ? `${digits((r.counters['bytesAllocated'] ?? 0) / 2 ** 20)} MiB` : '–',
    ]),
  );
}

export function barTable(rows: readonly BarRow[]): string {
  return table(
    ['bar', 'wanted', 'measured', 'unit', 'met', 'note'],
    rows.map((r) => [r.bar, r.wanted, digits(r.measured), r.unit, r.pass ? 'yes' : 'no', r.note]),
  );
}

export function comparisonTable({ rows, unpaired }: Compared): string {
  const lines = table(
    ['kernel', 'b / a', '95 %', 'per roof'],
    rows.map((r) => [
      r.name,
      `${digits(r.ratio)}×`,
      `${digits(r.interval[0])} – ${digits(r.interval[1])}`,
      r.perRoof === undefined ? '–' : `${digits(1 / r.perRoof)}×`,
    ]),
  );
  return [lines, 'Below 1×, b is faster; "per roof" leaves out how fast the machine was.', ...unpaired].join('\n');
}
