/** The command line from end to end on a small text: train, resume, begin again, fine-tune the last layer, stop by a signal. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { UsageError } from '../../../tools/command_line.ts';
import { main } from '../../../tools/train/cli.ts';
import type { CurvePoint } from '../../../tools/train/curves.ts';
import { loadCheckpoint } from '../../../tools/train/files.ts';
import { sentences } from '../../train/toy.ts';

const folder = mkdtempSync(join(tmpdir(), 'nextoken-train-'));
const preset = join(folder, 'toy.json');
const base = {
  name: 'toy',
  title: 'Toy',
  language: 'en',
  texts: [join(folder, 'text.txt')],
  documents: '\n',
  source: 'made up',
  licence: 'none',
  validation: 0.1,
  tokenizer: { kind: 'characters', fallback: 'unk' },
  model: { context: 16, layers: 2, heads: 1, width: 8 },
  train: {
    batch: 2,
    steps: 6,
    seed: 1,
    schedule: { peak: 1e-2, floor: 1e-3, warmup: 2 },
    saveEvery: 2,
    evaluateEvery: 3,
    sampleTokens: 5,
  },
};
const out = (name: string) => join(folder, name);
const curve = (name: string) => JSON.parse(readFileSync(join(out(name), 'curves.json'), 'utf8')) as CurvePoint[];

beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  writeFileSync(base.texts[0], sentences(50, 1).join('\n'));
  writeFileSync(preset, JSON.stringify(base));
});
afterAll(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test('a run leaves checkpoints, curves and samples; resumed, it equals an unbroken one', async () => {
  expect(await main([preset, '--threads', '1', '--out', out('whole')])).toBe(0);
  expect(readdirSync(out('whole')).sort()).toEqual([
    'best.safetensors',
    'curves.json',
    'curves.svg',
    'last.safetensors',
    'samples.txt',
  ]);
  expect(curve('whole').map((p) => p.step)).toEqual([1, 2, 3, 4, 5, 6]);

  // SIGINT as Ctrl-C sends it: the last step is kept
  const watch = setInterval(() => existsSync(join(out('broken'), 'last.safetensors')) && process.emit('SIGINT'), 5);
  await main([preset, '--threads', '1', '--steps', '2000', '--out', out('broken')]);
  clearInterval(watch);
  const stopped = (await loadCheckpoint(join(out('broken'), 'last.safetensors'))).progress.step;
  expect(stopped).toBeGreaterThan(0);
  expect(stopped).toBeLessThan(2000);

  await main([preset, '--threads', '1', '--steps', String(stopped + 3), '--resume', '--out', out('broken')]);
  expect(curve('broken').map((p) => p.step)).toEqual(Array.from({ length: stopped + 3 }, (_, i) => i + 1));
  await expect(main([preset, '--resume', '--out', out('nothing')])).rejects.toThrow('--resume: there is no');
});

test('the same command again is refused while its run lies there; --fresh begins over it', async () => {
  const command = [preset, '--threads', '1', '--out', out('again')];
  await main(command);
  const last = readFileSync(join(out('again'), 'last.safetensors'));
  await expect(main(command)).rejects.toThrow(
    new UsageError(
      `${out('again')} holds a run of 6 steps (last.safetensors): --resume goes on with it, --fresh begins again over it, --out names another folder`,
    ),
  );
  const said = vi.mocked(console.log).mock.calls;
  said.length = 0;
  expect(await main([...command, '--resume'])).toBe(0);
  expect(said).toEqual([[`${out('again')} has all 6 steps; --steps 12 plans more of them`]]);
  expect(readFileSync(join(out('again'), 'last.safetensors'))).toEqual(last);

  await main([...command, '--fresh', '--steps', '3']);
  expect(curve('again').map((p) => p.step)).toEqual([1, 2, 3]);
  expect((await loadCheckpoint(join(out('again'), 'last.safetensors'))).progress.step).toBe(3);
  expect(readFileSync(join(out('again'), 'samples.txt'), 'utf8').match(/^=== step \d+/gm)).toEqual(['=== step 3']);
});

test('ship makes the folder of a model from a checkpoint, and the index of all models', async () => {
  const models = out('models');
  const from = join(out('whole'), 'best.safetensors');
  writeFileSync(preset, JSON.stringify({ ...base, train: { ...base.train, prompts: ['the cat '] } }));
  expect(await main(['ship', preset, '--from', from, '--out', models, '--note', 'Made for a test.'])).toBe(0);
  expect(readdirSync(join(models, 'toy')).sort()).toEqual([
    'card.json',
    'card.md',
    'config.json',
    'curves.svg',
    'golden.json',
    'model.safetensors',
    'tokenizer.json',
  ]);
  const card = readFileSync(join(models, 'toy', 'card.md'), 'utf8');
  expect(card).toMatch(/^# Toy \(`toy`\)\n/);
  expect(card).toContain('Made for a test.');
  expect(card).toContain('npm run train -- toy --threads 1 && npm run train -- ship toy');
  expect(card).not.toMatch(/NaN|undefined/);
  const [entry] = JSON.parse(readFileSync(join(models, 'index.json'), 'utf8')) as { name: string; files: object[] }[];
  expect(entry).toMatchObject({ name: 'toy', title: 'Toy', language: 'en', prompt: 'the cat ' });
  expect(entry.files.length).toBe(3);
  await expect(main(['ship', preset, '--from', out('nowhere')])).rejects.toThrow('there is no checkpoint');
});

test('fine-tuning starts from a checkpoint and moves only the last layer', async () => {
  const from = join(out('whole'), 'last.safetensors');
  // the model is what the checkpoint says, whatever the preset asks for
  writeFileSync(preset, JSON.stringify({ ...base, from, lastLayers: 1, model: { ...base.model, width: 32 } }));
  await main([preset, '--threads', '1', '--out', out('tuned')]);
  const [before, after] = [await loadCheckpoint(from), await loadCheckpoint(join(out('tuned'), 'last.safetensors'))];
  expect(after.config).toEqual(before.config);
  expect(after.weights.get('wte.weight')).toEqual(before.weights.get('wte.weight'));
  expect(after.weights.get('h.0.mlp.fc.weight')).toEqual(before.weights.get('h.0.mlp.fc.weight'));
  expect(after.weights.get('h.1.mlp.fc.weight')).not.toEqual(before.weights.get('h.1.mlp.fc.weight'));
});
