/**
 * The result of a benchmark run: one plain record, the same from node and from a page, with every sample in it. bench/README.md documents
 * the fields for people; `parseRecord` checks them.
 */
import type { Dims, Facts, Knobs, Options } from '../plan/types.ts';

/** Says in a file that it is a record of this bench. */
export const SCHEMA = 'nextoken-bench';
/** Of the record. A file with a higher one needs a newer program. */
export const VERSION = 1;

/** Samples of one quantity and their statistics, in seconds per repetition. */
export interface Times {
  readonly median: number;
  /** 95 % bootstrap interval of the median. */
  readonly interval: readonly [number, number];
  /** The shortest sample. */
  readonly min: number;
  /** In the order taken. */
  readonly samples: readonly number[];
  /** Repetitions in each sample. */
  readonly reps: number;
  /** Samples that the clock spoiled. They were taken again. */
  readonly dropped: number;
}

/** Median of the paired ratio to the roof in the same rounds, with its 95 % interval. */
export interface Share {
  /** 1 is the roof itself. */
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** A kernel on one op instance: what it is, whether it was right, how fast it was. */
export interface KernelRow {
  readonly op: string;
  readonly variant: string;
  readonly knobs: Knobs;
  readonly dims: Dims;
  /** Options that are not at their default. */
  readonly options: Options;
  /** `hot`: the same buffers again and again. `cold`: buffers in turn, together beyond the caches. */
  readonly cache: 'hot' | 'cold';
  /** '' when the outputs were right before and after the timed runs. Otherwise it says what was wrong, and there is no number. */
  readonly check: string;
  /** What the outputs were checked against. */
  readonly against: string;
  /** Seconds to compile and run once, if this run was the first to need the pipeline. */
  readonly coldStart?: number;
  readonly times?: Times;
  /** Floating-point operations of one run. */
  readonly flops: number;
  /** Bytes that one run must at least read and write. */
  readonly bytes: number;
  /** flops / bytes: operations per byte. */
  readonly intensity: number;
  /** 10⁹ floating-point operations per second. */
  readonly gflops?: number;
  /** 10⁹ bytes per second. */
  readonly gbps?: number;
  /** Share of the fastest multiply-adds. */
  readonly ofFma?: Share;
  /** Share of the fastest copy. */
  readonly ofCopy?: Share;
  /** Of what the roofs allow at this intensity: min(FMA peak, copy rate × intensity). */
  readonly ofRoof?: Share;
}

/** A peak of the machine, measured in the same rounds as the kernels. */
export interface RoofRow {
  readonly name: string;
  readonly kind: 'fma' | 'copy' | 'copy cold';
  /** FLOP/s or bytes/s: the best median of the run. */
  readonly rate: number;
  readonly times: Times;
}

/** A quantity of a whole model, with the engine's counters during the measurement. */
export interface ModelRow {
  readonly model: string;
  readonly what: string;
  readonly unit: string;
  /** In `unit`, as its interval and samples. */
  readonly value: number;
  readonly interval?: readonly [number, number];
  readonly samples?: readonly number[];
  readonly check: string;
  /** Per token or step, if the quantity is one. */
  readonly counters?: Readonly<Record<string, number>>;
}

/** A goal and what was measured against it. */
export interface BarRow {
  readonly bar: string;
  /** The demand: `≥ 0.6`. */
  readonly wanted: string;
  /** In `unit`. */
  readonly measured: number;
  readonly unit: string;
  readonly pass: boolean;
  readonly note: string;
}

/** A whole run, as it is written to a file. */
export interface BenchRecord {
  readonly schema: typeof SCHEMA;
  readonly version: typeof VERSION;
  /** ISO 8601. */
  readonly date: string;
  /** How it was measured, in a sentence or two. */
  readonly method: string;
  /** Program and its versions: node, Dawn, browser. */
  readonly host: Readonly<Record<string, string | number>>;
  readonly adapter: Facts;
  /** The clock, its smallest step in seconds, and why it is this one. */
  readonly clock: { readonly kind: 'gpu' | 'wall'; readonly quantum: number; readonly why: string };
  readonly roofs: readonly RoofRow[];
  readonly kernels: readonly KernelRow[];
  readonly models: readonly ModelRow[];
  readonly bars: readonly BarRow[];
}

/**
 * A file that is not a record; the message names the first field that differs from the documentation.
 *
 * @example
 * if (error instanceof RecordError) console.error(error.message);
 */
export class RecordError extends Error {
  override readonly name = 'RecordError';
}

const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);

function wanted(where: string, what: string, found: unknown): never {
  throw new RecordError(`${where}: ${what} was expected, found ${JSON.stringify(found)?.slice(0, 80)}`);
}

function fields(
  where: string,
  x: unknown,
  types: Readonly<Record<string, 'string' | 'number' | 'boolean' | 'object' | 'array'>>,
): void {
  if (!isObject(x)) wanted(where, 'an object', x);
  for (const [name, type] of Object.entries(types)) {
    const value = x[name];
    const right = type === 'array' ? Array.isArray(value) : type === 'object' ? isObject(value) : typeof value === type;
    if (!right) wanted(`${where}.${name}`, `a ${type}`, value);
    if (type === 'number' && !Number.isFinite(value)) wanted(`${where}.${name}`, 'a finite number', value);
  }
}

function times(where: string, x: unknown): void {
  fields(where, x, {
    median: 'number',
    interval: 'array',
    min: 'number',
    samples: 'array',
    reps: 'number',
    dropped: 'number',
  });
}

/**
 * The record in a parsed JSON text.
 *
 * @throws RecordError naming the first invalid field
 * @example
 * const record = parseRecord(JSON.parse(text));
 * console.log(adapterTitle(record.adapter), record.kernels.length);
 */
export function parseRecord(json: unknown): BenchRecord {
  if (!isObject(json)) wanted('record', 'an object', json);
  if (json['schema'] !== SCHEMA) wanted('schema', `"${SCHEMA}"`, json['schema']);
  if (json['version'] !== VERSION)
    wanted('version', `${VERSION} (a newer file needs a newer program)`, json['version']);
  fields('record', json, {
    date: 'string',
    method: 'string',
    host: 'object',
    adapter: 'object',
    clock: 'object',
    roofs: 'array',
    kernels: 'array',
    models: 'array',
    bars: 'array',
  });
  fields('adapter', json['adapter'], {
    engine: 'string',
    vendor: 'string',
    architecture: 'string',
    device: 'string',
    description: 'string',
    software: 'boolean',
  });
  fields('clock', json['clock'], { kind: 'string', quantum: 'number', why: 'string' });
  (json['roofs'] as unknown[]).forEach((row, i) => {
    fields(`roofs[${i}]`, row, { name: 'string', kind: 'string', rate: 'number', times: 'object' });
    times(`roofs[${i}].times`, (row as RoofRow).times);
  });
  (json['kernels'] as unknown[]).forEach((row, i) => {
    const where = `kernels[${i}]`;
    fields(where, row, {
      op: 'string',
      variant: 'string',
      knobs: 'object',
      dims: 'object',
      options: 'object',
      cache: 'string',
      check: 'string',
      flops: 'number',
      bytes: 'number',
    });
    const { check, times: taken } = row as KernelRow;
    if (taken) times(`${where}.times`, taken);
    if (check && taken)
      wanted(`${where}.times`, `no number for a kernel that failed its check (${check})`, taken.median);
    if (!check && !taken) wanted(`${where}.times`, 'times for a kernel that passed its check', taken);
  });
  (json['models'] as unknown[]).forEach((row, i) =>
    fields(`models[${i}]`, row, { model: 'string', what: 'string', unit: 'string', value: 'number', check: 'string' }),
  );
  (json['bars'] as unknown[]).forEach((row, i) =>
    fields(`bars[${i}]`, row, {
      bar: 'string',
      wanted: 'string',
      measured: 'number',
      unit: 'string',
      pass: 'boolean',
      note: 'string',
    }),
  );
  return json as unknown as BenchRecord;
}

/**
 * A short name of the adapter for people. It says so when a CPU emulates the GPU.
 *
 * @example
 * console.log(adapterTitle(record.adapter));
 */
export function adapterTitle({
  engine,
  description,
  device,
  vendor,
  architecture,
  software,
}: BenchRecord['adapter']): string {
  const name = description || device || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  if (engine === 'cpu') return `CPU engine (${name})`;
  return software ? `${name} (software: a CPU playing a GPU)` : name;
}
