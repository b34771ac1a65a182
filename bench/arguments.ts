/** The command line of the bench, checked before an engine is opened. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Case } from '../src/kernels/cases/index.ts';
import { findVariant, type Op, type Variant, variantsOf } from '../src/kernels/op.ts';
import { findOp, ops } from '../src/kernels/registry.ts';
import { asUsage, choiceOption, numberOption, readArguments, UsageError } from '../tools/command_line.ts';
import { PARTS } from './suites/bars_gpu.ts';
import { instancesOf } from './suites/ops.ts';

const CALL = 'npm run bench --';

export const USAGE = `usage: ${CALL} [target …] [options]

  roofs                    what this adapter can do at most: FMA peak, best copy kernel
  <op>[/<variant>]         kernels against the roofs. Default: every op at its usual sizes
  model[/<name>]           whole models: first token, prefill, decode
  train[/<name>]           whole models: training
  bars[/<part>]            what this project demands of itself, met or missed
  compare a.json b.json    paired ratios of two records (--anyway: of different adapters too)
  render                   the tables of bench/README.md from bench/results

  --dims M=512,N=512,K=512   --options TB=1   --knobs WG=32   (batches are 1 where --dims leaves them out)
  --engine gpu|cpu           --adapter swiftshader|lavapipe|hardware   --threads n
  --samples n                per kernel. Default: 20, with --quick 7
  --budget seconds           for each group of kernels. Default: 60, with --quick 8
  --quick                    fewer samples, the first size of each op   --json file`;

const OPTIONS = {
  dims: { type: 'string' },
  options: { type: 'string' },
  knobs: { type: 'string' },
  engine: { type: 'string' },
  threads: { type: 'string' },
  samples: { type: 'string' },
  budget: { type: 'string' },
  json: { type: 'string' },
  quick: { type: 'boolean' },
  anyway: { type: 'boolean' },
} as const;

type Numbers = Readonly<Record<string, number>>;

/** What is to be measured, with all that can be known of it without an engine. */
export type Target =
  | { readonly kind: 'roofs' }
  | { readonly kind: 'kernels'; readonly cases: readonly Case[]; readonly variant: string | undefined }
  | { readonly kind: 'model' | 'train' | 'bars'; readonly name: string | undefined };

export interface Measuring {
  readonly targets: readonly Target[];
  readonly engine: 'gpu' | 'cpu';
  readonly knobs: Numbers | undefined;
  readonly threads: number | undefined;
  readonly samples: number;
  /** Seconds for each group of kernels that are measured side by side. */
  readonly budget: number;
  readonly json: string | undefined;
  readonly quick: boolean;
}

export type Request =
  | { readonly kind: 'measure'; readonly how: Measuring }
  | { readonly kind: 'compare'; readonly a: string; readonly b: string; readonly anyway: boolean }
  | { readonly kind: 'render' };

/** `M=512,N=512` as an object. */
function pairs(option: string, text: string | undefined): Numbers | undefined {
  if (text === undefined) return undefined;
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [, name, value] = /^(\w+)=(\d+)$/.exec(pair.trim()) ?? [];
      if (!name) throw new UsageError(`--${option} ${text}: "${pair}" is not of the form NAME=number`);
      return [name, Number(value)];
    }),
  );
}

/** Throws UsageError, naming what was not understood and what there is. */
export function parseArguments(argv: readonly string[]): Request {
  const { values, positionals } = readArguments(CALL, OPTIONS, argv);
  const [word, ...rest] = positionals;
  if (word === 'render') return { kind: 'render' };
  if (word === 'compare') return compared(rest, values.anyway ?? false);
  const { quick = false, json } = values;
  const engine = choiceOption('engine', values.engine, ['gpu', 'cpu']);
  const wish = {
    engine,
    dims: pairs('dims', values.dims),
    options: pairs('options', values.options),
    knobs: pairs('knobs', values.knobs),
    quick,
  };
  if (!positionals.length && (wish.dims || wish.options || wish.knobs))
    throw new UsageError('--dims, --options and --knobs are those of an op: name it');
  if (json !== undefined && !existsSync(dirname(json)))
    throw new UsageError(`--json ${json}: there is no folder ${dirname(json)}`);
  return {
    kind: 'measure',
    how: {
      targets: (positionals.length ? positionals : [...ops.keys()]).map((text) => targetOf(text, wish)),
      engine,
      knobs: wish.knobs,
      threads: numberOption('threads', values.threads, { whole: true }),
      samples: numberOption('samples', values.samples, { whole: true }) ?? (quick ? 7 : 20),
      budget: numberOption('budget', values.budget) ?? (quick ? 8 : 60),
      json,
      quick,
    },
  };
}

function compared([a, b, more]: readonly string[], anyway: boolean): Request {
  if (!a || !b || more !== undefined)
    throw new UsageError(`compare takes two records: ${CALL} compare before.json after.json`);
  for (const path of [a, b]) if (!existsSync(path)) throw new UsageError(`compare: there is no file ${path}`);
  return { kind: 'compare', a, b, anyway };
}

interface Wish {
  readonly engine: 'gpu' | 'cpu';
  readonly dims: Numbers | undefined;
  readonly options: Numbers | undefined;
  readonly knobs: Numbers | undefined;
  readonly quick: boolean;
}

function targetOf(text: string, wish: Wish): Target {
  const [word, name, more] = text.split('/');
  if (more !== undefined) throw new UsageError(`target ${text}: <op>/<variant> was expected`);
  switch (word) {
    case 'roofs':
      return { kind: 'roofs' };
    case 'bars': {
      const parts = wish.engine === 'gpu' ? PARTS : [];
      if (name !== undefined && !parts.some((part) => part === name))
        throw new UsageError(
          `there is no part ${name} of the bars; there are ${parts.join(', ') || 'none on the CPU'}`,
        );
      return { kind: 'bars', name };
    }
    case 'model':
    case 'train':
      return { kind: word, name };
    default:
      return asUsage(() => {
        const op = findOp(word);
        const variants = name === undefined ? variantsOf(op, wish) : [findVariant(op, name, wish)];
        checkOptions(op, wish.options ?? {});
        checkKnobs(op, variants, wish.knobs ?? {});
        return { kind: 'kernels', cases: instancesOf(word, wish), variant: name };
      });
  }
}

function checkOptions(op: Op, options: Numbers): void {
  for (const [name, value] of Object.entries(options)) {
    const values = op.options[name];
    if (!values)
      throw new UsageError(
        `op ${op.name} has no option ${name}; it has ${Object.keys(op.options).join(', ') || 'none'}`,
      );
    if (!values.includes(value))
      throw new UsageError(`option ${name} of ${op.name} is ${value}; ${values.join(' or ')} was expected`);
  }
}

function checkKnobs(op: Op, variants: readonly Variant[], knobs: Numbers): void {
  const names = [...new Set(variants.flatMap((variant) => Object.keys(variant.knobs)))];
  const unknown = Object.keys(knobs).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new UsageError(
      `${variants.length === 1 ? `${op.name}/${variants[0].name} has no knob` : `no variant of ${op.name} has a knob`} ${unknown}; there are ${names.join(', ') || 'none'}`,
    );
}
