/** The command line of `npm run train`, checked before anything is read or opened. */
import { choiceOption, numberOption, readArguments, UsageError } from '../command_line.ts';
import { shippedPresets } from './files.ts';
import { DESCRIPTION } from './preset.ts';

const CALL = 'npm run train --';

export const USAGE = `usage: ${CALL} <preset> [options]
       ${CALL} ship <preset> [--from checkpoint] [--out folder] [--note text]

  <preset>         a .ts or .json file (${DESCRIPTION} describes it), or one of ${shippedPresets.join(', ')}
  --engine cpu     cpu (WebAssembly) or gpu (WebGPU; --adapter swiftshader|lavapipe|hardware names one). Default: cpu
  --threads n      threads of the CPU engine. Default: all cores
  --steps n        planned end in optimizer steps …
  --minutes m      … or in minutes. Default: the preset's
  --resume         goes on from <out>/last.safetensors
  --fresh          begins again, over the run in <out>
  --out folder     Default: runs/<name of the preset>

Writes last.safetensors, best.safetensors, curves.json, curves.svg and samples.txt. Ctrl-C keeps the last step.
ship makes the folder of a model that ships: f16 weights, tokenizer, card, golden steps.`;

const TRAIN = {
  engine: { type: 'string' },
  threads: { type: 'string' },
  steps: { type: 'string' },
  minutes: { type: 'string' },
  resume: { type: 'boolean' },
  fresh: { type: 'boolean' },
  out: { type: 'string' },
} as const;

const SHIP = { from: { type: 'string' }, out: { type: 'string' }, note: { type: 'string' } } as const;

export interface TrainArguments {
  readonly preset: string;
  readonly engine: 'gpu' | 'cpu';
  readonly threads: number | undefined;
  readonly steps: number | undefined;
  readonly minutes: number | undefined;
  readonly resume: boolean;
  readonly fresh: boolean;
  readonly out: string | undefined;
}

export interface ShipArguments {
  readonly preset: string;
  readonly from: string | undefined;
  readonly out: string | undefined;
  readonly note: string | undefined;
}

/** The one preset that a command is given. */
function presetOf(words: readonly string[]): string {
  const [preset, more] = words;
  if (preset === undefined)
    throw new UsageError(`which preset? One of ${shippedPresets.join(', ')}, or a file; ${CALL} --help explains more`);
  if (more !== undefined) throw new UsageError(`two presets: ${preset} and ${more}; one was expected`);
  return preset;
}

export function trainArguments(argv: readonly string[]): TrainArguments {
  const { values, positionals } = readArguments(CALL, TRAIN, argv);
  const { resume = false, fresh = false, out } = values;
  if (resume && fresh) throw new UsageError('--resume goes on with the run and --fresh begins again: choose one');
  if (values.steps !== undefined && values.minutes !== undefined)
    throw new UsageError('--steps and --minutes both plan the end: choose one');
  return {
    preset: presetOf(positionals),
    engine: choiceOption('engine', values.engine, ['cpu', 'gpu']),
    threads: numberOption('threads', values.threads, { whole: true }),
    steps: numberOption('steps', values.steps, { whole: true }),
    minutes: numberOption('minutes', values.minutes),
    resume,
    fresh,
    out,
  };
}

export function shipArguments(argv: readonly string[]): ShipArguments {
  const { values, positionals } = readArguments(CALL, SHIP, argv);
  return { preset: presetOf(positionals), from: values.from, out: values.out, note: values.note };
}
