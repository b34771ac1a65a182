/** One training from the command line: where it starts, its files under runs/<name>/, its progress. Ctrl-C keeps the last step. */
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { openGpuEngine } from '../../src/gpu/engine.ts';
import { parameterCount } from '../../src/model/layout.ts';
import type { Engine } from '../../src/plan/types.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import type { Checkpoint } from '../../src/train/checkpoint.ts';
import { clock } from '../../src/train/clock.ts';
import { prepare, targetCount } from '../../src/train/prepare.ts';
import type { Preset } from '../../src/train/preset.ts';
import { train, type TrainRecord } from '../../src/train/train.ts';
import { type Memory, planTraining } from '../../src/train/planning.ts';
import { lastLayers } from '../../src/train/trainer.ts';
import { UsageError } from '../command_line.ts';
import type { TrainArguments } from './arguments.ts';
import { type CurvePoint, curvesSvg } from './curves.ts';
import { loadCheckpoint, readPreset, readTexts, saveCheckpoint, writeAtomic } from './files.ts';

/** What a run leaves in its folder. */
const RUN_FILES = ['last.safetensors', 'best.safetensors', 'curves.json', 'curves.svg', 'samples.txt'] as const;

/** Seconds between two lines of progress if the output is not a terminal. */
const QUIET_SECONDS = 60;

const mebi = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** `[########············] 41 %  step 1200  loss 3.2140 …  12:40 left` */
export function progressLine(r: TrainRecord): string {
  const done = Math.round(20 * r.progress);
  const left = r.progress > 0 ? (r.seconds / r.progress) * (1 - r.progress) : 0;
  const marks = `${r.skipped ? '  SKIPPED' : ''}${r.validationLoss === undefined ? '' : `  validation ${r.validationLoss.toFixed(4)}${r.best ? ' (best)' : ''}`}`;
  return (
    `[${'#'.repeat(done)}${'·'.repeat(20 - done)}] ${Math.floor(100 * r.progress)} %  step ${r.step}  epoch ${r.epoch}  loss ${r.loss.toFixed(4)}  ` +
    `norm ${r.gradNorm.toFixed(2)}  rate ${r.learningRate.toExponential(1)}  ${Math.round(r.tokensPerSecond)} tokens/s  ${clock(left)} left${marks}`
  );
}

/** The checkpoint to resume, if any. Throws UsageError if the folder's contents do not fit the command. */
async function begin(folder: string, { resume, fresh }: TrainArguments): Promise<Checkpoint | undefined> {
  const last = join(folder, 'last.safetensors');
  if (resume) {
    if (!existsSync(last)) throw new UsageError(`--resume: there is no ${last} to go on from; leave --resume out`);
    return loadCheckpoint(last);
  }
  const old = RUN_FILES.find((file) => existsSync(join(folder, file)));
  if (old === undefined || fresh) return undefined;
  const done = old === RUN_FILES[0] ? ` of ${(await loadCheckpoint(last)).progress.step} steps` : '';
  throw new UsageError(
    `${folder} holds a run${done} (${old}): --resume goes on with it, --fresh begins again over it, --out names another folder`,
  );
}

function openEngine({ engine, threads }: TrainArguments): Promise<Engine> {
  // fused multiply-add is a third faster, and one runtime still gives the same bits
  return engine === 'gpu' ? openGpuEngine() : openCpuEngine({ fused: true, ...(threads !== undefined && { threads }) });
}

/** The planned end: the command line's, else the preset's. */
function plannedEnd(given: TrainArguments, preset: Preset): { steps: number } | { minutes: number } {
  const steps = given.steps ?? (given.minutes === undefined ? preset.train.steps : undefined);
  return steps === undefined ? { minutes: given.minutes ?? preset.train.minutes! } : { steps };
}

const partsOf = ({ total, parts }: Memory): string =>
  `${mebi(total)}: ${Object.entries(parts)
    .map(([name, bytes]) => `${name} ${mebi(bytes)}`)
    .join(', ')}`;

export async function runTraining(given: TrainArguments): Promise<number> {
  const preset = await readPreset(given.preset);
  const folder = resolve(given.out ?? join('runs', preset.name));
  const file = (name: (typeof RUN_FILES)[number]) => join(folder, name);
  const resume = await begin(folder, given);
  const end = plannedEnd(given, preset);
  if (resume && 'steps' in end && resume.progress.step >= end.steps) {
    console.log(`${folder} has all ${end.steps} steps; --steps ${2 * end.steps} plans more of them`);
    return 0;
  }
  const from = preset.from === undefined ? undefined : await loadCheckpoint(resolve(preset.from));
  const base = resume ?? from;
  const tokenizerOf = base && (await openTokenizer(base.tokenizer));
  const { tokenizer, config: own, data, validation } = prepare(preset, await readTexts(preset), tokenizerOf);
  // an existing model decides its configuration
  const config = base?.config ?? own;
  const { minutes: _minutes, steps: _steps, ...settings } = preset.train;
  const trainable = preset.lastLayers === undefined ? {} : { trainable: lastLayers(config, preset.lastLayers) };

  const engine = await openEngine(given);
  const abort = new AbortController();
  const stop = () => abort.abort();
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    const { memory } = planTraining(engine.facts, { config, ...settings, ...trainable });
    console.log(
      `${preset.title}: ${data.documents.length} documents, ${targetCount(data)} targets; validation ${validation.documents.length} documents, ${targetCount(validation)} targets`,
    );
    console.log(`model: ${parameterCount(config)} parameters, ${JSON.stringify(config)}`);
    console.log(`engine: ${engine.facts.description || engine.facts.device}; memory ${partsOf(memory)}`);
    const curve: CurvePoint[] =
      resume && existsSync(file('curves.json'))
        ? (JSON.parse(await readFile(file('curves.json'), 'utf8')) as CurvePoint[]).filter(
            (p) => p.step <= resume.progress.step,
          )
        : [];
    await mkdir(folder, { recursive: true });
    if (!resume) for (const name of RUN_FILES) await rm(file(name), { force: true });
    const show = progressPrinter();
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
      if (checkpoint) {
        await saveCheckpoint(file('last.safetensors'), checkpoint);
        if (record.best) await saveCheckpoint(file('best.safetensors'), checkpoint);
        await writeAtomic(file('curves.json'), JSON.stringify(curve));
        await writeAtomic(file('curves.svg'), curvesSvg(preset.title, curve));
      }
      if (samples) {
        const text = samples.map((s) => `${s.prompt}|${s.text}`).join('\n---\n');
        await appendFile(file('samples.txt'), `=== step ${step}, loss ${loss.toFixed(4)}\n${text}\n`);
        console.log(`\n${text}`);
      }
      show(record);
      if (record.end) console.log(`\n${record.end} after ${clock(seconds)}; ${file('last.safetensors')}`);
    }
    return 0;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
    engine.close();
  }
}

/** On a terminal, shows every record on one line. Elsewhere, prints notable ones and one a minute. */
function progressPrinter(): (record: TrainRecord) => void {
  let shown = 0;
  return (record) => {
    const measured = record.validationLoss !== undefined;
    const now = performance.now() / 1000;
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${progressLine(record)}${measured ? '\n' : ''}`);
    else if (measured || record.skipped || record.end || now - shown > QUIET_SECONDS) {
      console.log(progressLine(record));
      shown = now;
    }
  };
}
