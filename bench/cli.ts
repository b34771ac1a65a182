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
  type GroupResult,
  jobsOf,
  type MeasureOptions,
  openBench,
  openRoofs,
  parseRecord,
  type Roofs,
  SCHEMA,
  VERSION,
} from '../src/bench/index.ts';
import type { Knobs } from '../src/plan/types.ts';
import { type Arguments, parseArguments, USAGE } from './arguments.ts';
import { asksForHelp, UsageError } from '../src/train/usage.ts';
import { host } from './host.ts';
import { render } from './render.ts';
import { cpuBars } from './suites/bars_cpu.ts';
import { gpuBars } from './suites/bars_gpu.ts';
import { modelRows, openTokens, randomModels, trainRows } from './suites/models.ts';
import { allOps, instancesOf } from './suites/ops.ts';
import { openShippedModels } from './suites/shipped.ts';
import { comparisonTable, kernelTable, modelTable, roofTable, barTable } from './tables.ts';

const METHOD =
  'Outputs held against an f64 reference before, and bit for bit after the timed runs; warm-up to a plateau; samples of at least 20 ms and 75 steps of the clock; ' +
  'candidates and roof probes interleaved in changing order; medians with 95 % bootstrap intervals; shares are medians of ratios within a round.';

export async function main(argv: readonly string[]): Promise<number> {
  if (asksForHelp(argv)) {
    console.log(USAGE);
    return 0;
  }
  const args = parseArguments(argv);
  if (args.targets[0] === 'compare') return compare(args);
  if (args.targets[0] === 'render') return render();
  const bench = await open(args);
  const sections: Sections = { roofs: [], kernels: [], models: [], bars: [] };
  try {
    const { facts } = bench.engine;
    console.log(adapterTitle(facts));
    console.log(bench.clock?.why ?? 'wall clock: a run of the CPU engine returns when its work is done');
    for (const target of args.targets.length ? args.targets : allOps()) {
      await run(target, bench, args, sections);
      save(bench, args, sections);
    }
    const wrong = [...sections.kernels, ...sections.models].filter((row) => row.check);
    for (const row of wrong) console.error(`WRONG, so no number: ${row.check}`);
    return wrong.length ? 1 : 0;
  } finally {
    bench.clock?.close();
    bench.engine.close();
  }
}

/** The record of what is there so far; written after every step, so that a run that is cut short leaves what it has. */
function save(bench: Bench, { json }: Arguments, sections: Sections): void {
  const record: BenchRecord = {
    schema: SCHEMA,
    version: VERSION,
    date: new Date().toISOString(),
    method: METHOD,
    host: host(),
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

/** In node before 22 fused multiply-add is behind a flag: asked for, because every browser has it. */
const open = ({ engine, threads }: Arguments): Promise<Bench> =>
  openBench(engine, { cpu: { fused: true, ...(threads ? { threads } : {}) } });

/** What a run collects, to be written and shown. */
interface Sections {
  roofs: BenchRecord['roofs'][number][];
  kernels: BenchRecord['kernels'][number][];
  models: BenchRecord['models'][number][];
  bars: BenchRecord['bars'][number][];
}

let opened: Promise<Roofs> | undefined;
const roofsOf = (bench: Bench): Promise<Roofs> => (opened ??= openRoofs(bench));

const timing = ({ quick, samples }: Arguments): MeasureOptions =>
  quick ? { samples: samples ?? 7, budget: 8 } : { samples: samples ?? 20, budget: 60 };

async function run(target: string, bench: Bench, args: Arguments, sections: Sections): Promise<void> {
  const [word, name] = target.split('/');
  const options = timing(args);
  if (word === 'model' || word === 'train') return runModels(word, name, args, sections);
  if (word === 'bars') {
    const suite = bench.engine.facts.engine === 'cpu' ? cpuBars : gpuBars;
    const progress = (line: string) => {
      console.log(line);
      save(bench, args, sections);
    };
    await suite(bench, await roofsOf(bench), options, sections, progress, name);
    console.log(barTable(sections.bars));
    return;
  }
  const roofs = await roofsOf(bench);
  if (word === 'roofs') return show(await benchJobs(bench, roofs, [], options), sections);
  for (const instance of instancesOf(word, { dims: args.dims, options: args.options, quick: args.quick })) {
    const wish = { variant: name, ...(args.knobs ? { knobs: args.knobs as Knobs } : {}), cold: !args.quick };
    show(await benchJobs(bench, roofs, jobsOf(bench, instance, wish), options), sections);
  }
}

function show({ rows, roofs }: GroupResult, sections: Sections): void {
  sections.roofs.push(...roofs);
  sections.kernels.push(...rows);
  console.log(rows.length ? kernelTable(rows) : roofTable(roofs));
}

/** Each model on an engine of its own (a first token is first only once, and sessions and trainers both name an arena `state`); right is what the CPU engine with plain settings says. */
async function runModels(word: string, name: string | undefined, args: Arguments, sections: Sections): Promise<void> {
  const all = [...randomModels, ...(await openShippedModels())];
  const named = name ? all.filter((m) => m.name === name) : all.filter((m) => !args.quick || m.name === 'mini');
  if (!named.length)
    throw new UsageError(`there is no model "${name}"; there are ${all.map((m) => m.name).join(', ')}`);
  for (const model of named) {
    const expected = word === 'model' && args.engine === 'gpu' ? await openTokens(model) : undefined;
    const own = await open(args);
    const rows =
      word === 'train'
        ? await trainRows(own, model, 8, Math.min(64, model.config.context), timing(args))
        : (await modelRows(own.engine, model, expected, timing(args))).rows;
    own.clock?.close();
    own.engine.close();
    sections.models.push(...rows);
    console.log(modelTable(rows));
  }
}

function compare({ targets: [, a, b], anyway }: Arguments): number {
  if (!a || !b) throw new UsageError('usage: npm run bench -- compare a.json b.json');
  const [first, second] = [a, b].map((path) => parseRecord(JSON.parse(readFileSync(path, 'utf8'))));
  console.log(
    `a: ${a}, ${adapterTitle(first.adapter)}, ${first.date}\nb: ${b}, ${adapterTitle(second.adapter)}, ${second.date}`,
  );
  console.log(comparisonTable(compareRecords(first, second, anyway)));
  return 0;
}
