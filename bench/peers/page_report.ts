/** The results so far: rows for the record, and the page that shows them as more arrive. */
import { type BarRow, median, medianInterval, type ModelRow } from '../../src/bench/index.ts';
import type { Facts } from '../../src/plan/types.ts';

export interface PeersResult {
  readonly adapter: Facts;
  readonly bars: BarRow[];
  readonly models: ModelRow[];
  /** What has no number, and why. */
  readonly notes: string[];
}

export interface Effort {
  readonly samples: number;
  /** Seconds for one measurement; there are always at least three rounds. */
  readonly budget: number;
}

export interface Report {
  readonly result: PeersResult;
  /** Shows what is going on. */
  log(line: string): void;
  note(line: string): void;
  bar(row: BarRow): void;
  /** Our samples divided by theirs, round by round; the goal is at most 1. */
  over(what: string, title: string, own: readonly number[], other: readonly number[], note?: string): void;
  /** Work per second of one of our samples. */
  rate(model: string, what: string, work: number, samples: readonly number[]): void;
}

export const why = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const milliseconds = (seconds: number) => `${(seconds * 1e3).toPrecision(3)} ms`;

const element = (id: string) => document.getElementById(id)!;

function addTo(id: string, tag: string, cells: readonly string[]): void {
  const made = document.createElement(tag);
  if (tag === 'tr')
    for (const text of cells) made.append(Object.assign(document.createElement('td'), { textContent: text }));
  else made.textContent = cells.join(' ');
  element(id).append(made);
}

export function openReport(adapter: Facts): Report {
  const result: PeersResult = { adapter, bars: [], models: [], notes: [] };
  const log = (line: string) => {
    element('now').textContent = line;
    console.log(line);
  };
  const bar = (row: BarRow) => {
    result.bars.push(row);
    const measured = `${row.measured.toPrecision(3)} ${row.unit}`;
    addTo('bars', 'tr', [row.bar, measured, row.wanted, row.pass ? 'yes' : 'no', row.note]);
    console.log(`${measured} ${row.bar} (${row.note})`);
  };
  return {
    result,
    log,
    bar,
    note(line) {
      result.notes.push(line);
      addTo('notes', 'li', [line]);
      console.log(`not measured: ${line}`);
    },
    over(what, title, own, other, more = '') {
      const measured = median(own.map((seconds, i) => seconds / other[i]));
      const note = `${milliseconds(median(own))}${more && ` (${more})`}, ${milliseconds(median(other))}`;
      bar({ bar: `${what}: our time over ${title}`, wanted: '≤ 1', measured, unit: '×', pass: measured <= 1, note });
    },
    rate(model, what, work, samples) {
      const [least, most] = medianInterval(samples);
      const interval = [work / most, work / least] as const;
      result.models.push({
        model,
        what,
        unit: 'tokens/s',
        value: work / median(samples),
        interval,
        samples,
        check: '',
      });
    },
  };
}

/** Shows how many of the workloads are done. */
export function progress(done: number, of: number): void {
  Object.assign(element('progress'), { value: done, max: of });
}
