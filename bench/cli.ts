/** npm run bench -- …: see USAGE in arguments.ts. */
import { readFileSync, writeFileSync } from 'node:fs';
import {
  adapterTitle,
  type Bench,
  type BenchRecord,
  benchJobs,
  bestRoofs,
  clockQuantum,
  compareRecords,
  jobsOf,
  type MeasureOptions,
  openBench,
  openRoofs,
  parseRecord,
  type Roofs,
  SCHEMA,
  VERSION,
} from '../src/bench/index.ts';
import { asksForHelp, asUsage, UsageError } from '../tools/command_line.ts';
import { type Measuring, parseArguments, type Request, type Target, USAGE } from './arguments.ts';
import { host, isBusy } from './host.ts';
import { openProgress, type ProgressLine } from './progress.ts';
import { render } from './render.ts';
import { cpuBars } from './suites/bars_cpu.ts';
import { gpuBars } from './suites/bars_gpu.ts';
import { type BenchModel, modelRows, openTokens, randomModels, trainRows } from './suites/models.ts';
import { openShippedModels } from './suites/shipped.ts';
import { barTable, comparisonTable, kernelTable, modelTable, type Mood, roofTable } from './tables.ts';

const METHOD =
  'Outputs held against an f64 reference before, and bit for bit after the timed runs; warm-up to a plateau; samples of at least 20 ms and 75 steps of the clock; ' +
  'candidates and roof probes interleaved in changing order; medians with 95 % bootstrap intervals; shares are medians of ratios within a round.';

export async function main(argv: readonly string[]): Promise<number> {
  if (asksForHelp(argv)) {
    console.log(USAGE);
    return 0;
  }
  const request = parseArguments(argv);
  switch (request.kind) {
    case 'compare':
      return compare(request);
    case 'render':
      return render();
    case 'measure':
      return measureAll(request.how);
  }
}

/** What all parts of a run share. */
interface Run {
  readonly how: Measuring;
  readonly models: ReadonlyMap<Target, readonly BenchModel[]>;
  readonly host: ReturnType<typeof host>;
  readonly mood: Mood;
  readonly progress: ProgressLine;
  readonly sections: Sections;
}

async function measureAll(how: Measuring): Promise<number> {
  const models = await modelsOf(how);
  const machine = host();
  const mood = { busy: isBusy(machine) };
  const sections: Sections = { roofs: [], kernels: [], models: [], bars: [] };
  const shared: Run = { how, models, host: machine, mood, progress: openProgress(), sections };
  if (mood.busy)
    console.log(
      `other programs keep this machine busy (load ${machine.load} on ${machine.cores} cores): times are ranges`,
    );
  const bench = await open(how);
  try {
    const { facts } = bench.engine;
    console.log(adapterTitle(facts));
    console.log(bench.clock?.why ?? 'wall clock: a run of the CPU engine returns when its work is done');
    for (const target of how.targets) {
      await run(target, bench, shared);
      save(bench, shared);
    }
    const wrong = [...sections.kernels, ...sections.models].filter((row) => row.check);
    for (const row of wrong) console.error(`WRONG, so no number: ${row.check}`);
    return wrong.length ? 1 : 0;
  } finally {
    bench.clock?.close();
    bench.engine.close();
  }
}

/** The models by target. Throws UsageError for an unknown name. */
async function modelsOf({ targets, quick }: Measuring): Promise<ReadonlyMap<Target, readonly BenchModel[]>> {
  const found = new Map<Target, readonly BenchModel[]>();
  if (!targets.some(({ kind }) => kind === 'model' || kind === 'train')) return found;
  const all = [...randomModels, ...(await openShippedModels())];
  for (const target of targets) {
    if (target.kind !== 'model' && target.kind !== 'train') continue;
    const { name } = target;
    const named = name ? all.filter((m) => m.name === name) : all.filter((m) => !quick || m.name === 'mini');
    if (!named.length)
      throw new UsageError(`there is no model ${name}; there are ${all.map((m) => `"${m.name}"`).join(', ')}`);
    found.set(target, named);
  }
  return found;
}

/** Writes the record after every step, so that an interrupted run leaves its results so far. */
function save(bench: Bench, { how: { json }, host: machine, sections }: Run): void {
  const record: BenchRecord = {
    schema: SCHEMA,
    version: VERSION,
    date: new Date().toISOString(),
    method: METHOD,
    host: machine,
    adapter: bench.engine.facts,
    clock: bench.clock
      ? { kind: bench.clock.kind, quantum: bench.clock.quantum, why: bench.clock.why }
      : { kind: 'wall', quantum: clockQuantum(), why: 'a run of the CPU engine returns when its work is done' },
    ...sections,
    roofs: bestRoofs(sections.roofs),
  };
  parseRecord(JSON.parse(JSON.stringify(record)));
  if (json) writeFileSync(json, `${JSON.stringify(record, undefined, 1)}\n`);
}

/** Asks for fused multiply-add, which every browser has and node before 22 hides behind a flag. */
const open = ({ engine, threads }: Measuring): Promise<Bench> =>
  openBench(engine, { cpu: { fused: true, ...(threads ? { threads } : {}) } });

/** The results of a run. */
interface Sections {
  roofs: BenchRecord['roofs'][number][];
  kernels: BenchRecord['kernels'][number][];
  models: BenchRecord['models'][number][];
  bars: BenchRecord['bars'][number][];
}

let opened: Promise<Roofs> | undefined;
const roofsOf = (bench: Bench, options: MeasureOptions): Promise<Roofs> => (opened ??= openRoofs(bench, options));

/** The most samples of a noisy kernel before it is refused a number. */
const MOST_SAMPLES = 60;

const timing = ({ how: { samples, budget, quick }, progress }: Run): MeasureOptions => ({
  samples,
  budget,
  most: quick ? samples : Math.max(samples, MOST_SAMPLES),
  onProgress: (p) => progress.show(p),
});

async function run(target: Target, bench: Bench, shared: Run): Promise<void> {
  const { how, models, mood, progress, sections } = shared;
  const options = timing(shared);
  switch (target.kind) {
    case 'model':
    case 'train':
      return runModels(target.kind, models.get(target)!, shared);
    case 'bars': {
      const suite = how.engine === 'cpu' ? cpuBars : gpuBars;
      const log = (line: string) => {
        progress.clear();
        console.log(line);
        save(bench, shared);
      };
      await suite(bench, await roofsOf(bench, options), options, sections, log, target.name);
      progress.clear();
      console.log(barTable(sections.bars));
      return;
    }
    case 'roofs': {
      const { roofs } = await benchJobs(bench, await roofsOf(bench, options), [], options);
      progress.clear();
      sections.roofs.push(...roofs);
      console.log(roofTable(roofs, mood));
      return;
    }
    case 'kernels':
      for (const instance of target.cases) {
        const wish = { variant: target.variant, ...(how.knobs ? { knobs: how.knobs } : {}), cold: !how.quick };
        const jobs = asUsage(() => jobsOf(bench, instance, wish));
        const { rows, roofs, left } = await benchJobs(bench, await roofsOf(bench, options), jobs, options);
        progress.clear();
        sections.roofs.push(...roofs);
        sections.kernels.push(...rows);
        console.log(kernelTable(rows, mood));
        if (left.length)
          console.log(
            `left out, the budget of ${how.budget} s was over: ${left.join(', ')}; --budget ${3 * how.budget} reaches more`,
          );
      }
  }
}

/** Each model runs on its own engine, because only the first token of a new one is cold. The CPU engine says which tokens are right. */
async function runModels(kind: 'model' | 'train', models: readonly BenchModel[], shared: Run): Promise<void> {
  const { how, mood, progress, sections } = shared;
  const options = timing(shared);
  for (const model of models) {
    const expected = kind === 'model' && how.engine === 'gpu' ? await openTokens(model) : undefined;
    const own = await open(how);
    const rows =
      kind === 'train'
        ? await trainRows(own, model, 8, Math.min(64, model.config.context), options)
        : (await modelRows(own.engine, model, expected, options)).rows;
    own.clock?.close();
    own.engine.close();
    progress.clear();
    sections.models.push(...rows);
    console.log(modelTable(rows, mood));
  }
}

function compare({ a, b, anyway }: Extract<Request, { kind: 'compare' }>): number {
  const [first, second] = [a, b].map(readRecord);
  console.log(
    `a: ${a}, ${adapterTitle(first.adapter)}, ${first.date}\nb: ${b}, ${adapterTitle(second.adapter)}, ${second.date}`,
  );
  console.log(comparisonTable(asUsage(() => compareRecords(first, second, anyway))));
  return 0;
}

/** Throws UsageError when the file is not a record. */
const readRecord = (path: string): BenchRecord =>
  asUsage(() => {
    try {
      return parseRecord(JSON.parse(readFileSync(path, 'utf8')));
    } catch (error) {
      throw new Error(`${path} is not a record of the bench: ${(error as Error).message}`, { cause: error });
    }
  });
