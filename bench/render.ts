/** Writes the tables of bench/README.md from the records in bench/results: npm run bench -- render. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { adapterTitle, type BenchRecord, parseRecord } from '../src/bench/index.ts';
import { barTable, kernelTable, modelTable, roofTable } from './tables.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const BEGIN = '<!-- results: written by `npm run bench -- render` -->';
const END = '<!-- end of results -->';

export function readResults(): { file: string; record: BenchRecord }[] {
  return readdirSync(`${here}results`)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => ({ file, record: parseRecord(JSON.parse(readFileSync(`${here}results/${file}`, 'utf8'))) }));
}

/** One adapter's section. */
export function section(file: string, record: BenchRecord): string {
  const { host, clock, date, roofs, bars, kernels, models } = record;
  const facts = Object.entries(host).map(([k, v]) => `${k} ${v}`);
  const part = (title: string, text: string, n: number) => (n ? [`#### ${title}`, '', text, ''] : []);
  return [
    `### ${adapterTitle(record.adapter)}`,
    '',
    `[results/${file}](results/${file}), ${date.slice(0, 16).replace('T', ' ')} UTC. ${clock.why}. ${facts.join(', ')}.`,
    '',
    ...part('Roofs', roofTable(roofs), roofs.length),
    ...part('Bars', barTable(bars), bars.length),
    ...part('Models', modelTable(models), models.length),
    ...part('Kernels', kernelTable(kernels), kernels.length),
  ].join('\n');
}

export function render(): number {
  const path = `${here}README.md`;
  const text = readFileSync(path, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from)
    throw new Error(`${path}: the lines "${BEGIN}" and "${END}" mark where the results go; one is missing`);
  const sections = readResults().map(({ file, record }) => section(file, record));
  writeFileSync(path, `${text.slice(0, from + BEGIN.length)}\n\n${sections.join('\n')}\n${text.slice(to)}`);
  console.log(`${sections.length} records rendered`);
  return 0;
}
