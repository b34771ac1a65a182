// Checks every shader: house style, then Tint (Dawn's null backend: any machine, no driver, every feature), which compiles
// the text and makes a pipeline of each entry point with the default knobs under the default limits; and the text that each case makes
// of it, composed and specialised.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, globals } from 'webgpu';
import { caseTexts } from './wgsl-cases.mjs';
import { entryPoints } from './wgsl-entries.mjs';
import { checkStyle } from './wgsl-style.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @returns {Promise<string[]>} `path:line:column: message` for each error */
async function compileAll(texts) {
  Object.assign(globalThis, globals);
  // Dawn crashes or hangs when its instance is collected before the adapter and the device: the global keeps it
  const gpu = create(['backend=null']);
  globalThis.dawn = gpu;
  const adapter = await gpu.requestAdapter();
  if (!adapter) throw new Error('Dawn has no null backend: is the package "webgpu" installed?');
  const device = await adapter.requestDevice({ requiredFeatures: ['shader-f16', 'subgroups'] });
  const errors = [];
  for (const { name: path, code, entries } of texts) {
    device.pushErrorScope('validation');
    const module = device.createShaderModule({ label: path, code });
    const { messages } = await module.getCompilationInfo();
    const failed = await device.popErrorScope();
    for (const m of messages) errors.push(`${path}:${m.lineNum}:${m.linePos}: ${m.type}: ${m.message}`);
    if (failed) continue;
    for (const entryPoint of entries) {
      device.pushErrorScope('validation');
      device.createComputePipeline({ label: path, layout: 'auto', compute: { module, entryPoint } });
      const error = await device.popErrorScope();
      if (error) errors.push(`${path}: pipeline of ${entryPoint}: ${error.message}`);
    }
  }
  device.destroy();
  return errors;
}

const paths = readdirSync(join(root, 'shaders'), { recursive: true })
  .map((name) => `shaders/${String(name).replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.wgsl'))
  .toSorted();
const files = paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]);
const ofCases = await caseTexts(files.map(([, text]) => text));
const texts = [...files.map(([name, code]) => ({ name, code, entries: entryPoints(code) })), ...ofCases];
const faults = [...files.flatMap(([path, text]) => checkStyle(path, text)), ...(await compileAll(texts))];
for (const fault of faults) console.log(fault);
console.log(`wgsl: ${files.length} shaders, ${ofCases.length} texts of cases, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
