/** Checkpoints: what other tools find in them, what a wrong file says, and that a crash while writing leaves the old one. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { openSafetensors } from '../../src/files/safetensors.ts';
import { writeSafetensors } from '../../src/files/write_safetensors.ts';
import { parameters } from '../../src/model/layout.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from '../../src/train/checkpoint.ts';
import { loadCheckpoint, saveCheckpoint, writeAtomic } from '../../tools/train/files.ts';
import { initialWeights } from '../../src/train/trainer.ts';
import { config, tokenizer } from './toy.ts';

const folder = mkdtempSync(join(tmpdir(), 'nextoken-checkpoint-'));
afterAll(() => rmSync(folder, { recursive: true }));

const weights = initialWeights(config, 3);
const checkpoint: Checkpoint = {
  config,
  tokenizer: tokenizer.toJSON(),
  seed: 3,
  weights,
  m: new Map([['ln_f.weight', weights.get('ln_f.weight')!]]),
  v: new Map(),
  progress: { step: 7, epoch: 1, row: 2, tokens: 99, seconds: 1.5, bestLoss: Infinity, worse: 0 },
};

describe('the file', () => {
  test('comes back as it was', async () => {
    expect(await decodeCheckpoint(encodeCheckpoint(checkpoint))).toEqual(checkpoint);
  });

  test('has Hugging Face’s names; linear weights are stored (in, out)', async () => {
    const file = await openSafetensors(encodeCheckpoint(checkpoint));
    const { width: C, hidden } = config;
    const shape = (name: string) => file.tensors.get(name)?.shape;
    expect(shape('wte.weight')).toEqual([config.vocab, C]);
    expect(shape('h.0.attn.c_attn.weight')).toEqual([C, 3 * C]);
    expect(shape('h.1.mlp.c_fc.weight')).toEqual([C, hidden]);
    expect(shape('h.1.mlp.c_proj.bias')).toEqual([C]);
    const theirs = await file.f32('h.0.mlp.c_fc.weight');
    const ours = weights.get('h.0.mlp.fc.weight')!;
    expect(theirs[1 * hidden + 5]).toBe(ours[5 * C + 1]);
    expect(parameters(config).length).toBe([...file.tensors.keys()].filter((n) => !n.startsWith('adamw.')).length);
  });

  test('another file is refused with what it is', async () => {
    const other = writeSafetensors(new Map([['x', { shape: [1], data: Float32Array.of(1) }]]), {
      metadata: { format: 'pt' },
    });
    await expect(decodeCheckpoint(other, 'x.safetensors')).rejects.toThrow(
      'x.safetensors: this safetensors file is not a checkpoint (format pt',
    );
  });
});

describe('writing', () => {
  const path = join(folder, 'last.safetensors');
  test('replaces the whole file and leaves nothing beside it', async () => {
    await saveCheckpoint(path, checkpoint);
    await saveCheckpoint(path, { ...checkpoint, seed: 4 });
    expect((await loadCheckpoint(path)).seed).toBe(4);
    expect(readdirSync(folder)).toEqual(['last.safetensors']);
  });

  test('a process killed in the middle leaves the old file', async () => {
    await saveCheckpoint(path, checkpoint);
    const before = readFileSync(path);
    // the same three steps (write beside, flush, rename), killed before the last
    const program = `
      const { open } = require('node:fs/promises');
      (async () => {
        const file = await open(${JSON.stringify(`${path}.1.part`)}, 'w');
        await file.writeFile(Buffer.alloc(100000));
        await file.sync();
        process.kill(process.pid, 'SIGKILL');
      })();`;
    expect(spawnSync(process.execPath, ['-e', program]).signal).toBe('SIGKILL');
    expect(readFileSync(path).equals(before)).toBe(true);
    await loadCheckpoint(path);
    rmSync(`${path}.1.part`);
  });

  test('a write that fails leaves the old file and no rest', async () => {
    await writeAtomic(join(folder, 'a.txt'), 'old');
    const wrong = { toString: () => 'no text' } as unknown as string; // the file system refuses it after the file was opened
    await expect(writeAtomic(join(folder, 'a.txt'), wrong)).rejects.toThrow(/data|argument/i);
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('old');
    expect(readdirSync(folder).filter((f) => f.endsWith('.part'))).toEqual([]);
  });

  test('a file cut short by something else is refused when it is read', async () => {
    const whole = encodeCheckpoint(checkpoint);
    writeFileSync(join(folder, 'cut.safetensors'), whole.subarray(0, whole.length - 100));
    await expect(loadCheckpoint(join(folder, 'cut.safetensors'))).rejects.toThrow('cut');
  });
});
