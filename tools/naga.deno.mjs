// Runs in Deno, whose WebGPU is wgpu with the WGSL compiler naga (Firefox has the same). Reads a list of shaders from the file
// named by the first argument, writes one JSON line per shader: its name and `error` or `needs` (a feature that is not here).
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter) {
  console.error('Deno finds no WebGPU adapter');
  Deno.exit(2);
}
console.log(JSON.stringify({ adapter: adapter.info.description || adapter.info.device }));
const device = await adapter.requestDevice({
  requiredFeatures: ['shader-f16', 'subgroups'].filter((feature) => adapter.features.has(feature)),
});

/** The text's enabled extensions as WebGPU features. */
const needed = (code) =>
  [...code.matchAll(/^\s*enable\s+([^;]+);/gm)]
    .flatMap(([, names]) => names.split(','))
    .map((name) => ({ f16: 'shader-f16' })[name.trim()] ?? name.trim());

async function scoped(make) {
  device.pushErrorScope('validation');
  let thrown;
  try {
    await make();
  } catch (error) {
    thrown = error;
  }
  return (await device.popErrorScope())?.message ?? thrown?.message;
}

for (const { name, code, entries, constants } of JSON.parse(Deno.readTextFileSync(Deno.args[0]))) {
  const needs = needed(code).find((feature) => !device.features.has(feature));
  let error;
  if (!needs) {
    let module;
    error = await scoped(() => (module = device.createShaderModule({ label: name, code })));
    for (const entryPoint of entries)
      error ??= await scoped(() =>
        device.createComputePipeline({ label: name, layout: 'auto', compute: { module, entryPoint, constants } }),
      );
  }
  console.log(JSON.stringify({ name, ...(needs && { needs }), ...(error && { error }) }));
}
Deno.exit(0);
