/** A run in a file: what was computed once, to be shown without a model, replayed, or sent to others. What comes in is not trusted. */
import { type RunFile, SCHEMA } from './recording.ts';
import { Reading, RunFileError } from './schema.ts';
import type { Attention, By, Candidate, Draw, Lens, Sampling, Step, Times, TokenInfo, Trace } from './types.ts';

export { RunFileError };
export type { RunFile };
/** How it stands in the file: rows of attention as text, the rest as it is. */
export function writeRunFile({ attention, ...file }: RunFile): string {
  const slim = { ...file, steps: file.steps.map(slimStep), ...(file.peek && { peek: slimStep(file.peek) }) };
  const rows = attention && { ...attention, rows: attention.rows.map(base64) };
  return JSON.stringify({ ...slim, ...(rows && { attention: rows }) }, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value,
  );
}

/** Rows and columns stand once, in `attention` and `lens`. */
const slimStep = ({ attention: _a, lens: _l, taps: _t, ...step }: Step): Step => step;

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

const BY: readonly By[] = ['prompt', 'draw', 'greedy', 'you'];

/** Most of each list: a file is refused before it can fill the memory. */
const MOST = { steps: 10_000, candidates: 256, layers: 256, heads: 256 };

/** Reads a file's text, or what `JSON.parse` made of it. Throws RunFileError with the place where it is not a run. */
export function readRunFile(source: unknown): RunFile {
  const r = new Reading(typeof source === 'string' ? parse(source) : source, 'run');
  r.is('schema', SCHEMA);
  r.is('version', 1);
  const model = r.object('model');
  const engine = r.object('engine');
  const [layers, heads] = [model.number('layers', 1, MOST.layers), model.number('heads', 1, MOST.heads)];
  return {
    schema: SCHEMA,
    version: 1,
    date: r.date('date'),
    model: {
      title: model.text('title'),
      name: model.text('name'),
      identity: model.text('identity'),
      parameters: model.number('parameters'),
      context: model.number('context', 1),
      vocab: model.number('vocab', 1),
      layers,
      heads,
      width: model.number('width', 1),
      bytes: model.number('bytes'),
    },
    engine: { kind: engine.one('kind', ['gpu', 'cpu'] as const), name: engine.text('name') },
    prompt: r.text('prompt'),
    sampling: samplingOf(r.object('sampling')),
    tokens: r.list('tokens', MOST.steps, tokenOf),
    steps: r.list('steps', MOST.steps, stepOf),
    peek: r.optional('peek', stepOf),
    attention: r.optional('attention', (a) => attentionOf(a, layers, heads)),
    lens: r.optional('lens', lensOf),
    trace: r.optional('trace', traceOf),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RunFileError('run', `is no JSON: ${(error as Error).message}`);
  }
}

const samplingOf = (r: Reading): Sampling => ({
  temperature: r.number('temperature'),
  topK: r.number('topK'),
  topP: r.number('topP', 0, 1),
  seed: r.number('seed'),
});

const candidateOf = (r: Reading): Candidate => ({
  token: r.number('token'),
  text: r.text('text'),
  probability: r.number('probability', 0, 1),
});

const tokenOf = (r: Reading): TokenInfo => ({
  id: r.number('id'),
  text: r.text('text'),
  bytes: r.numbers('bytes', 0, 255),
  from: r.number('from'),
  to: r.number('to'),
  bits: r.maybe('bits'),
  by: r.optionalOne('by', BY),
});

function stepOf(r: Reading): Step {
  return {
    position: r.number('position'),
    token: r.number('token'),
    text: r.text('text'),
    label: r.text('label'),
    bytes: r.numbers('bytes', 0, 255),
    candidates: r.list('candidates', MOST.candidates, candidateOf),
    probability: r.maybe('probability'),
    rank: r.maybe('rank'),
    draw: r.optional('draw', drawOf),
    by: r.one('by', ['draw', 'greedy', 'you'] as const),
    seconds: r.number('seconds'),
  };
}

const drawOf = (r: Reading): Draw => ({
  u: r.number('u', 0, 1),
  kept: r.number('kept'),
  by: r.one('by', ['draw', 'greedy'] as const),
  candidates: r.list('candidates', MOST.candidates, (c) => {
    const interval = c.maybeNumbers('interval', 0, 1);
    return {
      ...candidateOf(c),
      tempered: c.number('tempered', 0, 1),
      final: c.number('final', 0, 1),
      ...(interval?.length === 2 && { interval: [interval[0], interval[1]] as const }),
    };
  }),
});

function attentionOf(r: Reading, layers: number, heads: number): Attention {
  const rows = r.texts('rows', MOST.steps).map((text, query) => {
    let row: Uint8Array;
    try {
      row = fromBase64(text);
    } catch {
      throw r.fault(`rows[${query}]`, 'is no base64');
    }
    const wanted = layers * heads * (query + 1);
    if (row.length !== wanted) throw r.fault(`rows[${query}]`, `has ${row.length} weights, not ${wanted}`);
    return row;
  });
  return { layers, heads, rows };
}

function lensOf(r: Reading): Lens {
  const layers = r.texts('layers', MOST.layers + 1);
  return {
    layers,
    columns: r.list('columns', MOST.steps, (column) => ({
      top: column.lists('top', layers.length, MOST.candidates, candidateOf),
      actual: column.shares('actual'),
    })),
  };
}

const timesOf = (r: Reading): Times => ({ median: r.number('median'), low: r.number('low'), high: r.number('high') });

const traceOf = (r: Reading): Trace => ({
  what: r.one('what', ['token', 'step'] as const),
  clock: r.text('clock'),
  quantum: r.number('quantum'),
  total: timesOf(r.object('total')),
  rows: r.list('rows', MOST.steps, (row) => ({
    index: row.number('index'),
    label: row.text('label'),
    op: row.text('op'),
    variant: row.text('variant'),
    dims: row.record('dims'),
    time: timesOf(row.object('time')),
    flops: row.number('flops'),
    bytes: row.number('bytes'),
    ofRoof: row.maybe('ofRoof'),
  })),
});
