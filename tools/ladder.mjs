// docs/ladder.md: for each op its variants from the naive text to the most elaborate, and what each rung changes. Written from the
// records: npm run docs:ladder; npm run check says when it is stale (--check).
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openLoader } from './load.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const page = join(root, 'docs', 'ladder.md');

/** What a variant asks for, in words. */
function needs({ needs = [], barrierFree }) {
  return [
    ...needs.map((need) => ({ f16: 'shader-f16' })[need] ?? need),
    ...(barrierFree ? ['no barrier'] : ['barriers']),
  ];
}

async function render() {
  const loader = await openLoader();
  const load = (file) => loader.load(join(root, 'src/kernels', file));
  const { ops, familyOf } = await load('registry.ts');
  const { textFile } = await load('texts.ts');
  await loader.close();
  const lines = [
    '# The ladder',
    '',
    'Each op has several kernels: the first says the equation, each next one changes one thing and is faster for it somewhere. A rung',
    'is compared with the one before it unless it says `over` another: beside the rungs for GPUs stand some for software adapters, where',
    'a barrier is expensive and all memory is equally near. Which one runs is `src/kernels/choose.ts`’s decision.',
    '',
    '_Written by `npm run docs:ladder` from the records in `src/kernels`._',
  ];
  for (const op of ops.values()) {
    lines.push(
      '',
      `## ${op.name}`,
      '',
      `${op.about.replace(/\.$/, '')}. Record: [${familyOf(op.name)}.ts](../src/kernels/${familyOf(op.name)}.ts).`,
      '',
    );
    op.variants.forEach((variant, i) => {
      const { name, about, over } = variant;
      const file = textFile(op, variant);
      const knobs = Object.keys(variant.knobs);
      const tail = [...needs(variant), ...(knobs.length ? [`knobs ${knobs.join(', ')}`] : [])].join('; ');
      lines.push(`${i + 1}. **[${name}](../shaders/${file})**${over ? ` over ${over}` : ''}: ${about}. _(${tail})_`);
    });
  }
  return `${lines.join('\n')}\n`;
}

const wanted = await render();
if (process.argv.includes('--check')) {
  let found = '';
  try {
    found = readFileSync(page, 'utf8');
  } catch {
    // not written yet: stale
  }
  if (found !== wanted) console.log('docs/ladder.md is stale: npm run docs:ladder');
  process.exit(found === wanted ? 0 : 1);
}
mkdirSync(join(root, 'docs'), { recursive: true });
writeFileSync(page, wanted);
