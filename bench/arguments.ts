/** The command line of the bench, checked. */
import { UsageError } from '../src/train/usage.ts';

export const USAGE = `usage: npm run bench -- [target …] [options]

  roofs                    what this adapter can do at most: FMA peak, best copy kernel
  <op>[/<variant>]         kernels against the roofs; every op at its usual sizes without a target
  model[/<name>]           whole models: first token, prefill, decode
  train[/<name>]           whole models: training
  bars[/<part>]            what this project demands of itself, met or missed
  compare a.json b.json    paired ratios of two records (--anyway: of different adapters too)
  render                   the tables of bench/README.md from bench/results

  --dims M=512,N=512,K=512   --options TB=1   --knobs WG=32
  --engine gpu|cpu           --adapter swiftshader|lavapipe|hardware   --threads n
  --samples n                --quick           --json file`;

export interface Arguments {
  readonly targets: readonly string[];
  readonly engine: 'gpu' | 'cpu';
  readonly dims: Readonly<Record<string, number>> | undefined;
  readonly options: Readonly<Record<string, number>> | undefined;
  readonly knobs: Readonly<Record<string, number>> | undefined;
  readonly threads: number | undefined;
  readonly samples: number | undefined;
  readonly json: string | undefined;
  readonly quick: boolean;
  readonly anyway: boolean;
}

const VALUED = ['--dims', '--options', '--knobs', '--engine', '--threads', '--samples', '--json'] as const;
const FLAGS = ['--quick', '--anyway'] as const;

/** `M=512,N=512` as an object. */
function pairs(option: string, text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [, name, value] = /^(\w+)=(\d+)$/.exec(pair.trim()) ?? [];
      if (!name) throw new UsageError(`${option} ${text}: "${pair}" is not of the form NAME=number`);
      return [name, Number(value)];
    }),
  );
}

function count(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new UsageError(`${option} ${text}: a whole number from 1 on was expected`);
  return Number(text);
}

/** Throws, naming what was not understood and what there is. */
export function parseArguments(argv: readonly string[]): Arguments {
  const targets: string[] = [];
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (let i = 0; i < argv.length; i++) {
    const [name, inline] = argv[i].split(/=(.*)/s);
    if (!argv[i].startsWith('--')) targets.push(argv[i]);
    else if ((FLAGS as readonly string[]).includes(argv[i])) flags.add(argv[i]);
    else if ((VALUED as readonly string[]).includes(name)) {
      const value = inline ?? argv[++i];
      if (value === undefined) throw new UsageError(`${name} needs a value`);
      values.set(name, value);
    } else throw new UsageError(`unknown option ${argv[i]}; there are ${[...VALUED, ...FLAGS, '--adapter'].join(' ')}`);
  }
  const engine = values.get('--engine') ?? 'gpu';
  if (engine !== 'gpu' && engine !== 'cpu') throw new UsageError(`--engine ${engine}: choose gpu or cpu`);
  const record = (name: string) => (values.has(name) ? pairs(name, values.get(name)!) : undefined);
  const whole = (name: string) => (values.has(name) ? count(name, values.get(name)!) : undefined);
  return {
    targets,
    engine,
    dims: record('--dims'),
    options: record('--options'),
    knobs: record('--knobs'),
    threads: whole('--threads'),
    samples: whole('--samples'),
    json: values.get('--json'),
    quick: flags.has('--quick'),
    anyway: flags.has('--anyway'),
  };
}
