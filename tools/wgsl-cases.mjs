// The texts that op × variant × case make of the shaders, each once: composed, and specialised to the very instance.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLoader } from './load.mjs';
import { entryPoints } from './wgsl-entries.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A device that has everything, for the variants' `fits`. */
const ALL_FACTS = {
  engine: 'gpu',
  vendor: '',
  architecture: '',
  device: '',
  description: '',
  software: false,
  f16: true,
  subgroups: true,
  subgroupMin: 32,
  subgroupMax: 32,
  timestamps: true,
  limits: {
    maxStorageBufferBindingSize: 2 ** 27,
    maxBufferSize: 2 ** 28,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupSizeX: 256,
    maxComputeWorkgroupsPerDimension: 65535,
    minStorageBufferOffsetAlignment: 256,
    minUniformBufferOffsetAlignment: 256,
  },
};

/**
 * @param {readonly string[]} known texts to leave out
 * @returns {Promise<{ name: string, code: string, entries: string[] }[]>} only specialised texts name their entry points: the kernel
 *   tests make pipelines of the composed ones
 */
export async function caseTexts(known) {
  const loader = await openLoader();
  const load = (file) => loader.load(join(root, 'src/kernels', file));
  const { ops } = await load('registry.ts');
  const { cases, caseName } = await load('cases/index.ts');
  const { compose } = await load('compose.ts');
  const { specialise } = await load('specialise.ts');
  const { defaultKnobs, fillOptions } = await load('op.ts');
  const { loadSource } = await load('texts.ts');
  const seen = new Set(known);
  const list = [];
  const add = (name, code, entries) => {
    if (seen.has(code)) return;
    seen.add(code);
    list.push({ name, code, entries });
  };
  for (const c of cases) {
    const op = ops.get(c.op);
    const options = fillOptions(op, c.options ?? {});
    for (const variant of op.variants) {
      if (c.size === 'wide' || variant.fits?.(c.dims, options, ALL_FACTS) === false) continue;
      const knobs = defaultKnobs(variant);
      const text = await loadSource(op, variant);
      const name = `${variant.name} of ${caseName(c)}`;
      const instance = { knobs, options, dims: c.dims };
      add(name, compose(text, variant, instance).code, []);
      const entries = [...new Set(variant.passes(c.dims, knobs, options, ALL_FACTS).map(({ entry }) => entry))];
      const { code } = specialise(text, variant, { ...instance, entries });
      add(`${name}, specialised`, code, entryPoints(code));
    }
  }
  await loader.close();
  return list;
}
