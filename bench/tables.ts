/** Records as tables for terminals and for Markdown. */
import {
  type BarRow,
  type Compared,
  digitsOf,
  type Estimate,
  filled,
  inSeconds,
  inUnit,
  judge,
  type KernelRow,
  type ModelRow,
  ratioText,
  REFUSALS,
  REMARKS,
  type RoofRow,
  type Scale,
  type Share,
  shareText,
  significant,
  type Times,
  type Verdict,
} from '../src/bench/index.ts';

/** A Markdown table with aligned columns; numbers are aligned right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const width = head.map((h, i) => Math.max(3, h.length, ...rows.map((r) => [...(r[i] ?? '')].length)));
  const right = head.map((_, i) => rows.length > 0 && rows.every((r) => /^[\s\d.,–%×±<≈−-]*$/.test(r[i] ?? '')));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (right[i] ? cell.padStart(width[i]) : cell.padEnd(width[i]))).join(' | ')} |`;
  return [
    line(head),
    `| ${width.map((w, i) => (right[i] ? `${'-'.repeat(w - 1)}:` : '-'.repeat(w))).join(' | ')} |`,
    ...rows.map(line),
  ].join('\n');
}

const words = (o: Readonly<Record<string, number>>): string =>
  Object.entries(o)
    .map(([k, v]) => `${k}=${v}`)
    .join(' ');

/** Was the machine busy with other programs? Then numbers are ranges. */
export interface Mood {
  readonly busy?: boolean;
}

/** A verdict in a cell: the number, the range, or one word with a range that nobody should quote. */
function cell(verdict: Verdict): string {
  if (verdict.kind !== 'refused') return verdict.text;
  const { word } = REFUSALS[verdict.reason];
  return verdict.range ? `${word}: ${verdict.range}` : word;
}

/** The rate `of` / time. Its interval follows from the time's. */
const rateOf = ({ median, interval: [low, high] }: Times, of: number): Estimate => ({
  median: of / median,
  interval: [of / high, of / low],
});

/** A rate stands beside its time and has the same relative interval, so it gets no ± of its own. */
function rateCell(verdict: Verdict, times: Times | undefined, of: number): string {
  if (!times || verdict.kind === 'refused') return '–';
  const rate = rateOf(times, of);
  return verdict.kind === 'range' ? `≈ ${significant(rate.median, 2)}` : significant(rate.median, digitsOf(rate));
}

/** A value that was measured once has no interval: only its size is shown. */
function size(value: number, scale: Scale): string {
  const { factor, unit } = scale(value);
  return `≈ ${significant(value * factor, 2)} ${unit}`;
}

const kernelName = (r: KernelRow): string =>
  [`${r.op}/${r.variant}`, words(r.dims), words(r.options), r.cache].filter(Boolean).join(' ');

export function kernelTable(rows: readonly KernelRow[], mood: Mood = {}): string {
  const judged = rows.map((row) => ({ row, verdict: judge({ ...row, ...mood }) }));
  const lines = table(
    [
      'kernel',
      'dims',
      'options',
      'cache',
      'time',
      'GFLOP/s',
      'GB/s',
      'flop/B',
      'of FMA',
      'of copy',
      'of roof',
      'first',
    ],
    judged.map(({ row: r, verdict }) => {
      const share = (s: Share | undefined) => (s && verdict.kind !== 'refused' ? shareText(s) : '–');
      return [
        `${r.op}/${r.variant}`,
        words(r.dims),
        words(r.options),
        r.cache,
        cell(verdict),
        rateCell(verdict, r.times, r.flops / 1e9),
        rateCell(verdict, r.times, r.bytes / 1e9),
        significant(r.intensity),
        share(r.ofFma),
        share(r.ofCopy),
        share(r.ofRoof),
        r.coldStart === undefined ? '–' : size(r.coldStart, inSeconds),
      ];
    }),
  );
  return withNotes(
    lines,
    judged.flatMap(({ row, verdict }) => notes(row, verdict)),
  );
}

/** A blank line ends a Markdown table. */
const withNotes = (lines: string, below: readonly string[]): string =>
  [lines, ...(below.length ? ['', ...below] : [])].join('\n');

/** Why there is no number, and what helps. */
const refusalNote = (name: string, check: string, verdict: Verdict): string[] =>
  verdict.kind === 'refused' ? [`- ${name}: ${verdict.sentence}${check ? `: ${check}` : `; ${verdict.wayOut}`}`] : [];

/** Notes below the table: why a kernel has no number, and what its outputs were checked against if not f64. */
function notes(row: KernelRow, verdict: Verdict): string[] {
  if (verdict.kind === 'refused') return refusalNote(kernelName(row), row.check, verdict);
  if (row.against === 'f64 reference') return [];
  return [`- ${kernelName(row)}: ${filled(REMARKS.against, { against: row.against })}`];
}

export function roofTable(rows: readonly RoofRow[], mood: Mood = {}): string {
  return table(
    ['roof', 'probe', 'rate'],
    rows.map((r) => {
      const rate = rateOf(r.times, (r.rate * r.times.median) / 1e9);
      const verdict = judge(
        { times: { ...rate, samples: r.times.samples }, ...mood },
        inUnit(r.kind === 'fma' ? 'GFLOP/s' : 'GB/s'),
      );
      return [r.kind, r.name, cell(verdict)];
    }),
  );
}

/** A model's quantity with its interval, or its size if it was measured once. */
function modelVerdict({ check, unit, value, interval, samples }: ModelRow, mood: Mood): Verdict {
  const scale = unit === 's' ? inSeconds : inUnit(unit);
  if (!check && !interval) return { kind: 'range', text: size(value, scale) };
  const times = interval && { median: value, interval, ...(samples && { samples }) };
  return judge({ check, times, ...mood }, scale);
}

/** Counters are exact, so no zeros follow the point. */
const counted = (x: number | undefined): string => (x === undefined ? '–' : String(Number(x.toPrecision(3))));

export function modelTable(rows: readonly ModelRow[], mood: Mood = {}): string {
  const judged = rows.map((row) => ({ row, verdict: modelVerdict(row, mood) }));
  const lines = table(
    ['model', 'what', 'value', 'dispatches', 'submits', 'bytes in / out', 'memory'],
    judged.map(({ row: r, verdict }) => [
      r.model,
      r.what,
      cell(verdict),
      counted(r.counters?.['dispatches']),
      counted(r.counters?.['submits']),
      r.counters ? `${counted(r.counters['bytesWritten'])} / ${counted(r.counters['bytesRead'])}` : '–',
      r.counters ? `${significant((r.counters['bytesAllocated'] ?? 0) / 2 ** 20)} MiB` : '–',
    ]),
  );
  return withNotes(
    lines,
    judged.flatMap(({ row, verdict }) => refusalNote(`${row.model}, ${row.what}`, row.check, verdict)),
  );
}

export function barTable(rows: readonly BarRow[]): string {
  return table(
    ['bar', 'wanted', 'measured', 'unit', 'met', 'note'],
    rows.map((r) => [r.bar, r.wanted, significant(r.measured), r.unit, r.pass ? 'yes' : 'no', r.note]),
  );
}

export function comparisonTable({ rows, unpaired }: Compared): string {
  const lines = table(
    ['kernel', 'b / a', 'per roof'],
    rows.map((r) => [r.name, ratioText(r), r.perRoof === undefined ? '–' : `${significant(1 / r.perRoof, 2)}×`]),
  );
  return [lines, 'Below 1×, b is faster; "per roof" leaves out how fast the machine was.', ...unpaired].join('\n');
}
