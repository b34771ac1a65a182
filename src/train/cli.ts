/** npm run train -- …: see USAGE. Writes under runs/<name>/; Ctrl-C keeps the last step. */
import { existsSync } from 'node:fs';
import { appendFile, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openCpuEngine } from '../cpu/engine.ts';
import { openGpuEngine } from '../gpu/engine.ts';
import { parameterCount } from '../model/layout.ts';
import type { Engine } from '../plan/types.ts';
import { openTokenizer } from '../tokens/open.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type CurvePoint, curvesSvg } from './curves.ts';
import { loadCheckpoint, readPreset, readTexts, saveCheckpoint, writeAtomic } from './node_files.ts';
import { prepare, targetCount } from './prepare.ts';
import { ship } from './ship.ts';
import { train, type TrainRecord } from './train.ts';
import { lastLayers, planTraining } from './trainer.ts';
import { asksForHelp, UsageError } from './usage.ts';

interface Arguments {
  readonly preset: string;
  readonly engine: 'gpu' | 'cpu';
  readonly threads: number | undefined;
  readonly resume: boolean;
  readonly minutes: number | undefined;
  readonly steps: number | undefined;
  readonly out: string | undefined;
}

const USAGE = `usage: npm run train -- <preset> [options]
       npm run train -- ship <preset> [--from checkpoint] [--out folder] [--note text]

  <preset>         a .ts or .json file, or the name of one in src/train/presets
  --engine cpu     cpu (WebAssembly, the default) or gpu (WebGPU; --adapter swiftshader|lavapipe|hardware names one)
  --threads n      of the CPU engine; all cores unless told
  --steps n        planned end in optimizer steps …
  --minutes m      … or in minutes; the preset's unless told
  --resume         goes on from <out>/last.safetensors
  --out folder     runs/<name> unless told

Writes last.safetensors, best.safetensors, curves.json, curves.svg and samples.txt. Ctrl-C keeps the last step.
ship makes the folder of a model that ships: f16 weights, tokenizer, card, golden steps.`;

export function parseArguments(argv: readonly string[]): Arguments {
  const given: { -readonly [K in keyof Arguments]: Arguments[K] } = {
    preset: '',
    engine: 'cpu',
    threads: undefined,
    resume: false,
    minutes: undefined,
    steps: undefined,
    out: undefined,
  };
  const list = argv.flatMap((a) =>
    a.startsWith('--') && a.includes('=') ? [a.slice(0, a.indexOf('=')), a.slice(a.indexOf('=') + 1)] : [a],
  );
  const number = (flag: string, text: string | undefined): number => {
    const value = Number(text);
    if (!(value > 0)) throw new UsageError(`${flag} is ${text ?? 'missing'}: a number above 0 was expected\n${USAGE}`);
    return value;
  };
  for (let i = 0; i < list.length; i++) {
    const flag = list[i];
    if (flag === '--resume') given.resume = true;
    else if (flag === '--engine') {
      const engine = list[++i];
      if (engine !== 'gpu' && engine !== 'cpu')
        throw new UsageError(`--engine is ${engine ?? 'missing'}: gpu or cpu\n${USAGE}`);
      given.engine = engine;
    } else if (flag === '--threads' || flag === '--minutes' || flag === '--steps')
      given[flag.slice(2) as 'threads'] = number(flag, list[++i]);
    else if (flag === '--out') given.out = list[++i];
    else if (flag.startsWith('--')) throw new UsageError(`unknown flag ${flag}\n${USAGE}`);
    else if (given.preset) throw new UsageError(`two presets: ${given.preset} and ${flag}\n${USAGE}`);
    else given.preset = flag;
  }
  if (!given.preset) throw new UsageError(USAGE);
  return given;
}

const mebi = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function clock(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  return `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`;
}

/** `[#####·····] 41 %  step 1200  loss 3.214 …  0:12:40 left` */
export function progressLine(r: TrainRecord): string {
  const done = Math.round(20 * r.progress);
  const left = r.progress > 0 ? (r.seconds / r.progress) * (1 - r.progress) : 0;
  const marks = `${r.skipped ? '  SKIPPED' : ''}${r.validationLoss === undefined ? '' : `  validation ${r.validationLoss.toFixed(4)}${r.best ? ' (best)' : ''}`}`;
  return (
    `[${'#'.repeat(done)}${'·'.repeat(20 - done)}] ${Math.floor(100 * r.progress)} %  step ${r.step}  epoch ${r.epoch}  loss ${r.loss.toFixed(4)}  ` +
    `norm ${r.gradNorm.toFixed(2)}  rate ${r.learningRate.toExponential(1)}  ${Math.round(r.tokensPerSecond)} tokens/s  ${clock(left)} left${marks}`
  );
}

async function openEngine({ engine, threads }: Arguments): Promise<Engine> {
  // fused multiply-add on request: a third faster, and one runtime still gives the same bits
  return engine === 'gpu' ? openGpuEngine() : openCpuEngine({ fused: true, ...(threads !== undefined && { threads }) });
}

export async function main(argv: readonly string[]): Promise<number> {
  if (asksForHelp(argv)) {
    console.log(USAGE);
    return 0;
  }
  if (argv[0] === 'ship') return ship(argv.slice(1));
  const given = parseArguments(argv);
  const preset = await readPreset(given.preset);
  const folder = resolve(given.out ?? join('runs', preset.name));
  const lastPath = join(folder, 'last.safetensors');
  const curvesPath = join(folder, 'curves.json');
  if (given.resume && !existsSync(lastPath))
    throw new UsageError(`--resume: there is no ${lastPath}; start without --resume`);
  const resume = given.resume ? await loadCheckpoint(lastPath) : undefined;
  const from = preset.from === undefined ? undefined : await loadCheckpoint(resolve(preset.from));
  const base = resume ?? from;
  const tokenizerOf = base && (await openTokenizer(base.tokenizer));
  const { tokenizer, config: own, data, validation } = prepare(preset, await readTexts(preset), tokenizerOf);
  // what exists already says what it is
  const config = base?.config ?? own;

  const { minutes: _minutes, steps: _steps, ...settings } = preset.train;
  const planned = given.steps ?? (given.minutes === undefined ? preset.train.steps : undefined);
  const end = planned === undefined ? { minutes: given.minutes ?? preset.train.minutes! } : { steps: planned };
  const trainable = preset.lastLayers === undefined ? {} : { trainable: lastLayers(config, preset.lastLayers) };
  const engine = await openEngine(given);
  const { memory } = planTraining(engine.facts, { config, ...settings, ...trainable });
  console.log(
    `${preset.title}: ${data.documents.length} documents, ${targetCount(data)} targets; validation ${validation.documents.length} documents, ${targetCount(validation)} targets`,
  );
  console.log(`model: ${parameterCount(config)} parameters, ${JSON.stringify(config)}`);
  console.log(
    `engine: ${engine.facts.description || engine.facts.device}; memory ${mebi(memory.total)}: ${Object.entries(
      memory.parts,
    )
      .map(([k, v]) => `${k} ${mebi(v)}`)
      .join(', ')}`,
  );

  const curve: CurvePoint[] =
    resume && existsSync(curvesPath)
      ? (JSON.parse(await readFile(curvesPath, 'utf8')) as CurvePoint[]).filter((p) => p.step <= resume.progress.step)
      : [];
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const keep = async (checkpoint: Checkpoint, best: boolean) => {
    await saveCheckpoint(lastPath, checkpoint);
    if (best) await saveCheckpoint(join(folder, 'best.safetensors'), checkpoint);
    await writeAtomic(curvesPath, JSON.stringify(curve));
    await writeAtomic(join(folder, 'curves.svg'), curvesSvg(preset.title, curve));
  };
  let shown = 0;
  for await (const record of train({
    engine,
    config,
    tokenizer,
    data,
    validation,
    ...settings,
    ...end,
    ...trainable,
    signal: abort.signal,
    ...(resume && { resume }),
    ...(from && !resume && { initial: from.weights }),
  })) {
    const { step, loss, learningRate, seconds, validationLoss, samples, checkpoint } = record;
    curve.push({ step, loss, learningRate, seconds, ...(validationLoss !== undefined && { validationLoss }) });
    if (checkpoint) await keep(checkpoint, record.best ?? false);
    if (samples) {
      const text = samples.map((s) => `${s.prompt}|${s.text}`).join('\n---\n');
      await appendFile(join(folder, 'samples.txt'), `=== step ${step}, loss ${loss.toFixed(4)}\n${text}\n`);
      console.log(`\n${text}`);
    }
    const now = performance.now();
    if (process.stdout.isTTY)
      process.stdout.write(`\r\x1b[K${progressLine(record)}${validationLoss === undefined ? '' : '\n'}`);
    else if (validationLoss !== undefined || record.skipped || record.end || now - shown > 60_000) {
      console.log(progressLine(record));
      shown = now;
    }
    if (record.end) console.log(`\n${record.end} after ${clock(seconds)}; ${lastPath}`);
  }
  process.off('SIGINT', stop);
  process.off('SIGTERM', stop);
  engine.close();
  return 0;
}
