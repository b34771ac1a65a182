/** A plan's rows, chosen kernels and their texts, for both engines and without a GPU. */
import { describe, expect, test } from 'vitest';
import { openCpuEngine } from '../../src/cpu/engine.ts';
import { findOp } from '../../src/kernels/registry.ts';
import { specialise } from '../../src/kernels/specialise.ts';
import { makeConfig } from '../../src/model/config.ts';
import { parameterCount } from '../../src/model/layout.ts';
import { decodeLayout, weightsLayout } from '../../src/model/places.ts';
import { decodePlan } from '../../src/model/plans/decode.ts';
import { SettingsError } from '../../src/plan/settings.ts';
import { chosenVariants, kernelSource, planRows } from '../../src/session/inspect.ts';
import { gpuFacts } from '../model/facts.ts';

const gpt = makeConfig({ vocab: 61, context: 24, layers: 2, heads: 3, width: 24 });
const llama = makeConfig({ ...gpt, family: 'llama', heads: 4, kvHeads: 2, width: 32, hidden: 40, tied: false });

const cpu = await openCpuEngine({ threads: 1 });
const facts = { gpu: gpuFacts({ subgroups: true, subgroupMin: 32, subgroupMax: 32 }), cpu: cpu.facts };

describe.each([
  ['gpt on a GPU', gpt, facts.gpu],
  ['llama on a GPU', llama, facts.gpu],
  ['gpt on the CPU', gpt, facts.cpu],
  ['llama on the CPU', llama, facts.cpu],
])('%s', (_name, config, device) => {
  const layout = decodeLayout(weightsLayout(config), config, { history: 64 });
  const plan = decodePlan({ config, layout, facts: device });
  const rows = planRows(plan, layout);

  test('rows: what the steps are, and which feeds which', () => {
    expect(rows.map((row) => row.label)).toEqual(plan.steps.map((step) => step.label));
    rows.forEach((row, i) => {
      expect(row).toMatchObject({ index: i, flops: plan.steps[i].flops, bytes: plan.steps[i].bytes });
      for (const { from, parameter, name } of row.inputs) {
        const region = plan.steps[i].ports[name];
        expect(parameter !== undefined, `${row.label} ${name}`).toBe(region.arena === 'params');
        if (parameter !== undefined) {
          expect(layout.region('params', parameter).offset).toBe(region.offset);
          continue;
        }
        if (from === undefined) continue;
        expect(from).toBeLessThan(i);
        const outputs = rows[from].outputs.map((out) => plan.steps[from].ports[out.name]);
        expect(outputs.some((out) => out.arena === region.arena && out.offset <= region.offset)).toBe(true);
      }
    });
    // every activation that is read has been written
    rows.forEach((row, i) => {
      for (const { from, name } of row.inputs) {
        const { arena } = plan.steps[i].ports[name];
        if (plan.arenas.find((a) => a.name === arena)!.kind === 'work')
          expect(from, `${row.label} ${name}`).toBeDefined();
      }
    });
    const names = new Set(rows.flatMap((row) => row.inputs.flatMap(({ parameter }) => parameter ?? [])));
    expect(names.has('wte.weight') && names.has('h.1.attn.qkv.weight')).toBe(true);
    // each parameter once, but a tied table twice: it embeds and it predicts
    const twice = config.tied ? config.vocab * config.width : 0;
    expect(rows.reduce((sum, row) => sum + row.parameters, 0)).toBe(parameterCount(config) + twice);
  });

  test('kernels by name, with their number and reason', () => {
    const chosen = chosenVariants(plan);
    expect(chosen.reduce((sum, { steps }) => sum + steps, 0)).toBe(plan.steps.length);
    for (const { op, variant, why, steps } of chosen) {
      expect(steps).toBe(plan.steps.filter((step) => step.op === op && step.variant === variant).length);
      expect(why.length).toBeGreaterThan(10);
    }
  });

  test('texts', async () => {
    for (const [i, step] of plan.steps.entries()) {
      const { op, variant, language, file, specialised } = await kernelSource(plan, i);
      expect([op, variant]).toEqual([step.op, step.variant]);
      if (device.engine === 'cpu') {
        expect(language).toBe(variant === 'reference' ? 'js' : 'wasm');
        expect(file).toContain(specialised.trim());
        continue;
      }
      const { knobs, options, dims, passes } = step;
      const record = findOp(op).variants.find((v) => v.name === variant)!;
      const instance = { knobs, options, dims, entries: passes.map(({ entry }) => entry) };
      expect(specialised).toBe(specialise(file, record, instance).code);
      expect(specialised.length).toBeLessThan(file.length);
      for (const { entry } of passes) expect(specialised).toContain(`fn ${entry}(`);
    }
    if (device.engine === 'gpu') {
      const { op, variant, file, specialised } = await kernelSource(plan, 0);
      const other = { op: 'other', name: variant, wgsl: '' };
      const edited = { op, name: variant, wgsl: `${file}\n// mine\n` };
      const shown = await kernelSource(plan, 0, [other, edited]);
      expect(shown.file).toBe(edited.wgsl);
      expect(shown.specialised).toBe(`${specialised}\n// mine\n`);
      // beyond the WGSL that ours is written in
      const strange = { op, name: variant, wgsl: file.replace('fn main(', 'fn main( /* mine */ ') };
      expect((await kernelSource(plan, 0, [strange])).specialised).toContain('/* mine */');
    }
    await expect(kernelSource(plan, plan.steps.length)).rejects.toBeInstanceOf(SettingsError);
    await expect(kernelSource(plan, -1)).rejects.toBeInstanceOf(SettingsError);
  });
});
