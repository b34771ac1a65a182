/**
 * npm run train -- ship <preset> [--from runs/<name>/best.safetensors] [--out models] [--note "…"]
 * Turns a checkpoint into the folder of a model that ships (weights in f16, configuration, tokenizer, card, golden steps) and updates the
 * index of all models. Run it again for a better checkpoint.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { openSafetensors } from '../../src/files/safetensors.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { readAll } from '../../src/files/tensors.ts';
import { configFromHub, configToHub } from '../../src/model/hub_config.ts';
import type { Json } from '../../src/model/hub_reader.ts';
import { parameterCount } from '../../src/model/layout.ts';
import { placeWeights } from '../../src/model/placed_weights.ts';
import { fromHub, toHub } from '../../src/model/hub_weights.ts';
import { ReferenceEngine } from '../../src/reference/engine.ts';
import { Session } from '../../src/session/session.ts';
import { openTokenizer } from '../../src/tokens/open.ts';
import { countText, inUnits, type NgramRow, ngramTable } from '../../src/train/measure.ts';
import { prepare } from '../../src/train/prepare.ts';
import { evaluation, samples } from '../../src/train/train.ts';
import { openTrainer } from '../../src/train/trainer.ts';
import type { ShipArguments } from './arguments.ts';
import { cardText, type Card } from './card.ts';
import { type CurvePoint, curvesSvg, thin } from './curves.ts';
import { loadCheckpoint, readPreset, readTexts, writeAtomic } from './files.ts';
import { greedySteps } from './golden.ts';

/** Files that a page downloads to use the model. */
const NEEDED = ['config.json', 'model.safetensors', 'tokenizer.json'];
const GOLDEN_PROMPTS = 3;
/** Greedy tokens in the index. */
const GOLDEN = 8;
/** The largest download of a model that ships. */
const MOST_BYTES = 6_000_000;

export async function ship(given: ShipArguments): Promise<number> {
  const preset = await readPreset(given.preset);
  const models = resolve(given.out ?? 'models');
  const folder = join(models, preset.name);
  const from = given.from ?? join('runs', preset.name, 'best.safetensors');
  const run = dirname(from); // its curves lie beside it
  const checkpoint = await loadCheckpoint(from);
  const { config, progress } = checkpoint;
  const tokenizer = await openTokenizer(checkpoint.tokenizer);
  const { data, validation, documents } = prepare(preset, await readTexts(preset), tokenizer);

  const file = writeSafetensors(toHub(config, checkpoint.weights), { dtype: 'F16', metadata: { format: 'pt' } });
  if (file.length > MOST_BYTES)
    throw new Error(`the weights take ${file.length} bytes; a model that ships may take ${MOST_BYTES}`);
  // everything below is measured on the rounded weights, which are what ships
  const weights = fromHub(config, await readAll(await openSafetensors(file)));

  const engine = await openCpuEngine({ threads: 1, fused: true }); // as the command line trains
  const { batch, prompts = [''] } = preset.train;
  const trainer = await openTrainer(engine, { config, batch });
  trainer.load({ weights });
  const held = countText(tokenizer, validation);
  const seen = countText(tokenizer, data);
  const validationLoss = await evaluation(trainer, validation, Infinity, config.context / 2)();
  const trainingLoss = await evaluation(trainer, data, held.targets, config.context / 2)();
  const session = new Session(trainer.weights);
  const drawn = [];
  for (const temperature of [0, 0.8])
    drawn.push(
      ...(
        await samples(session, {
          tokenizer,
          prompts: [...prompts, ...(preset.cardPrompts ?? [])].slice(0, 5),
          sampleTokens: preset.train.sampleTokens ?? 100,
          temperature,
          seed: 1,
        })
      ).map((s) => ({ temperature, ...s })),
    );
  engine.close();

  const exact = placeWeights(new ReferenceEngine(), config, weights);
  const golden = await greedySteps(
    new Session(exact),
    [...prompts, ...(preset.cardPrompts ?? [])]
      .filter((p) => p !== '')
      .slice(0, GOLDEN_PROMPTS)
      .map((prompt) => ({ prompt, tokens: [...tokenizer.encode(prompt)] })),
    8,
    10,
  );
  const curves = existsSync(join(run, 'curves.json'))
    ? (JSON.parse(readFileSync(join(run, 'curves.json'), 'utf8')) as CurvePoint[])
    : [];
  const ngrams = await keptNgrams(join(run, 'ngrams.json'), JSON.stringify([checkpoint.tokenizer, seen, held]), () =>
    ngramTable(tokenizer, data, validation, documents),
  );
  const card: Card = {
    name: preset.name,
    title: preset.title,
    language: preset.language,
    text: {
      source: preset.source,
      licence: preset.licence,
      training: { documents: data.documents.length, ...seen },
      validation: { documents: validation.documents.length, ...held },
    },
    tokenizer: { ...preset.tokenizer, tokens: tokenizer.size },
    config,
    parameters: parameterCount(config),
    bytes: file.length,
    training: {
      seed: checkpoint.seed,
      steps: progress.step,
      epochs: progress.tokens / seen.targets,
      tokens: progress.tokens,
      hours: progress.seconds / 3600,
      engine: engine.facts.description,
      device: 'one core of a shared two-core virtual machine, no GPU',
      settings: preset.train,
      notes: [...(preset.notes ?? []), ...(given.note === undefined ? [] : [given.note])],
    },
    loss: { training: inUnits(trainingLoss, seen), validation: inUnits(validationLoss, held) },
    ngrams,
    samples: drawn,
    weaknesses: preset.weaknesses ?? [],
    command: `npm run train -- ${preset.name} --threads 1 && npm run train -- ship ${preset.name}`,
    curves: thin(curves, 200),
  };
  const best = ngrams.find((row) => row.tokens === 'the model’s')!;
  await writeAtomic(join(folder, 'model.safetensors'), file);
  await writeAtomic(join(folder, 'config.json'), json(configToHub(config)));
  await writeAtomic(join(folder, 'tokenizer.json'), `${JSON.stringify(tokenizer.toJSON())}\n`);
  await writeAtomic(join(folder, 'card.json'), json(card));
  await writeAtomic(join(folder, 'card.md'), cardText(card));
  await writeAtomic(
    join(folder, 'curves.svg'),
    curvesSvg(preset.title, curves, { name: `best n-gram (n = ${best.order})`, loss: best.loss }),
  );
  await writeAtomic(
    join(folder, 'golden.json'),
    json({ model: preset.name, steps: 'greedy, f64 reference on the shipped f16 weights', cases: golden }),
  );
  await writeIndex(models);
  const gap = ngrams[0].bitsPerCharacter - card.loss.validation.bitsPerCharacter;
  console.log(
    `${preset.name}: ${file.length} bytes, validation ${card.loss.validation.bitsPerCharacter.toFixed(3)} bits per character, ${gap.toFixed(3)} below the best n-gram`,
  );
  return 0;
}

/** The table depends only on text, split and tokenizer, so it is counted once and kept beside the run. */
async function keptNgrams(path: string, of: string, count: () => NgramRow[]): Promise<NgramRow[]> {
  const key = createHash('sha256').update(of).digest('hex');
  const kept = existsSync(path)
    ? (JSON.parse(readFileSync(path, 'utf8')) as { key: string; rows: NgramRow[] })
    : undefined;
  if (kept?.key === key) return kept.rows;
  const rows = count();
  await writeAtomic(path, json({ key, rows }));
  return rows;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

/** The first golden steps: what a device must give before its answers are trusted. */
function firstTokens(model: string): { prompt: string; tokens: readonly number[] } {
  const path = join(model, 'golden.json');
  if (!existsSync(path)) return { prompt: '', tokens: [] }; // not made yet; ship again when it is
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as {
    cases: { prompt: string; steps: { ids: number[] }[] }[];
  };
  const [{ prompt, steps }] = cases;
  return { prompt, tokens: steps.slice(0, GOLDEN).map(({ ids }) => ids[0]) };
}

/** Writes index.json: what a page needs to list and check the models. */
export async function writeIndex(models: string): Promise<void> {
  const entries = readdirSync(models)
    .filter((name) => existsSync(join(models, name, 'card.json')))
    .sort()
    .map((name) => {
      const card = JSON.parse(readFileSync(join(models, name, 'card.json'), 'utf8')) as Card;
      const files = NEEDED.map((file) => {
        const path = join(models, name, file);
        return {
          name: file,
          bytes: statSync(path).size,
          sha256: createHash('sha256').update(readFileSync(path)).digest('hex'),
        };
      });
      const bytes = files.reduce((n, f) => n + f.bytes, 0);
      return {
        name,
        title: card.title,
        language: card.language,
        bytes,
        params: card.parameters,
        prompt: card.samples.find((s) => s.prompt)?.prompt ?? '',
        config: { ...configFromHub(JSON.parse(readFileSync(join(models, name, 'config.json'), 'utf8')) as Json) },
        golden: firstTokens(join(models, name)),
        files,
      };
    });
  await writeAtomic(join(models, 'index.json'), json(entries));
}
