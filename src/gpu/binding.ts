/** From a step of a plan to what a compute pass needs: its pipeline, its bind group, its grid. Everything is checked here, once, at load. */
import { bindings, compose, foldGrid, paramsBytes } from '../kernels/compose.ts';
import type { GpuVariant } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import { loadText } from '../kernels/texts.ts';
import type {
  CompilerMessage,
  Counters,
  Facts,
  KernelText,
  LoadOptions,
  Plan,
  PlanStep,
  Region,
} from '../plan/types.ts';
import { GpuError } from './types.ts';
import { createArena, createBuffer } from './memory.ts';
import { type BindingKind, declaredBindings, PipelineCache } from './pipelines.ts';

/** One dispatch, ready to be encoded. */
export interface Command {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly grid: readonly [number, number, number];
  /** Index of its step in the plan. */
  readonly step: number;
}

/** What binding uses of the engine. */
export interface Binder {
  readonly device: GPUDevice;
  readonly counters: Counters;
  readonly facts: Facts;
  readonly pipelines: PipelineCache;
  /** Bound where an op's optional port is absent; a binding that the kernel writes gets 256 bytes of its own. */
  readonly absentRead: GPUBuffer;
  readonly absentWrite: GPUBuffer;
}

export function createBinder(device: GPUDevice, counters: Counters, facts: Facts): Binder {
  return {
    device,
    counters,
    facts,
    pipelines: new PipelineCache(device, counters),
    absentRead: createArena(device, counters, 'absent inputs', 256),
    absentWrite: createArena(device, counters, 'absent outputs', 16 * 256),
  };
}

/** `matmul/tiled M=64 N=64 K=64 (h.0.attn.qkv)`: how errors name a dispatch. */
export function stepName(step: PlanStep): string {
  const dims = Object.entries(step.dims).map(([k, v]) => `${k}=${v}`);
  return `${step.op}/${step.variant} ${dims.join(' ')} (${step.label})`;
}

/** All steps' Params in one uniform buffer, `stride` bytes apart. */
export function createParams(binder: Binder, plan: Plan): { buffer: GPUBuffer; stride: number } {
  const stride = Math.max(256, binder.facts.limits.minUniformBufferOffsetAlignment);
  const bytes = new Uint8Array(Math.max(1, plan.steps.length) * stride);
  plan.steps.forEach((step, i) =>
    bytes.set(new Uint8Array(paramsBytes(findOp(step.op), step.dims, step.scalars)), i * stride),
  );
  const usage = 0x40 /* UNIFORM */ | 0x8; /* COPY_DST */
  const buffer = createBuffer(binder.device, binder.counters, `${plan.name} params`, bytes.byteLength, usage);
  binder.device.queue.writeBuffer(buffer, 0, bytes);
  return { buffer, stride };
}

/** The text that computes a step: the one given at load, else the shipped one. */
function kernelOf(step: PlanStep, variants: readonly KernelText[]): KernelText | GpuVariant {
  const op = findOp(step.op);
  const found =
    variants.find((v) => v.op === step.op && v.name === step.variant) ??
    op.variants.find((v) => v.name === step.variant);
  if (!found)
    throw new GpuError(
      `${stepName(step)}: op ${op.name} has no variant "${step.variant}"; it has ${op.variants.map((v) => v.name).join(', ')}`,
    );
  return found;
}

export interface BoundStep {
  readonly commands: readonly Command[];
  /** What the compiler said about a text given at load. */
  readonly messages: readonly CompilerMessage[];
}

/** Pipeline, bind group and grid of each pass of a step. Throws GpuError or ShaderError naming op, variant and dims. */
export async function bindStep(
  binder: Binder,
  step: PlanStep,
  index: number,
  place: (region: Region) => GPUBuffer,
  params: { buffer: GPUBuffer; stride: number },
  { variants = [], bake = false }: LoadOptions,
): Promise<BoundStep> {
  const { device, facts, pipelines } = binder;
  const kernel = kernelOf(step, variants);
  const text = kernel.wgsl ?? (await loadText(findOp(step.op), kernel as GpuVariant));
  const { code, constants } = compose(text, kernel, {
    knobs: step.knobs,
    options: step.options,
    dims: step.dims,
    ...(bake && { bake: step.dims }),
  });
  const { kinds, entries } = bindingsOf(binder, step, code, place, {
    buffer: params.buffer,
    offset: index * params.stride,
    size: params.stride,
  });
  const compiling = Promise.all(
    step.passes.map((pass) =>
      pipelines.get({ label: stepName(step), code, entry: pass.entry, constants, bindings: kinds }),
    ),
  );
  binder.counters.bindGroups++;
  device.pushErrorScope('validation');
  const group = device.createBindGroup({ label: stepName(step), layout: pipelines.layout(kinds), entries });
  const [compiled, error] = await Promise.all([compiling, device.popErrorScope()]);
  if (error) throw new GpuError(`${stepName(step)}: ${error.message}`);
  const commands = step.passes.map((pass, i) => ({
    pipeline: compiled[i],
    group,
    grid: foldGrid(pass, facts.limits.maxComputeWorkgroupsPerDimension, stepName(step)),
    step: index,
  }));
  return { commands, messages: variants.includes(kernel as KernelText) ? await pipelines.messages(code) : [] };
}

/** Kind and resource of every binding that the text declares. */
function bindingsOf(
  { facts, absentRead, absentWrite }: Binder,
  step: PlanStep,
  code: string,
  place: (region: Region) => GPUBuffer,
  params: GPUBufferBinding,
): { kinds: Map<number, BindingKind>; entries: GPUBindGroupEntry[] } {
  const op = findOp(step.op);
  const access = bindings(op, step);
  const paramsBinding = op.ports.length + 1;
  const most = facts.limits.maxStorageBufferBindingSize;
  const kinds = new Map<number, BindingKind>();
  const entries: GPUBindGroupEntry[] = [];
  const readArenas = new Map<GPUBuffer, string>();
  const writeArenas = new Map<GPUBuffer, string>();
  for (const binding of declaredBindings(code)) {
    if (binding === paramsBinding) {
      kinds.set(binding, 'uniform');
      entries.push({ binding, resource: params });
      continue;
    }
    const kind = access[binding];
    if (!kind)
      throw new GpuError(
        `${stepName(step)}: the shader declares binding ${binding}, the op has ${access.length} and params at ${paramsBinding}`,
      );
    kinds.set(binding, kind.endsWith('read') ? 'read' : 'write');
    const port = op.ports[binding]?.name ?? 'workspace';
    if (kind === 'absent-read') entries.push({ binding, resource: { buffer: absentRead, offset: 0, size: 256 } });
    else if (kind === 'absent-write')
      entries.push({ binding, resource: { buffer: absentWrite, offset: binding * 256, size: 256 } });
    else {
      const region = binding < op.ports.length ? step.ports[port] : step.workspace;
      if (!region) throw new GpuError(`${stepName(step)}: port ${port} has no region`);
      const from = place(region);
      (kind === 'read' ? readArenas : writeArenas).set(from, port);
      if (region.bytes > most)
        throw new GpuError(`${stepName(step)}: port ${port} takes ${region.bytes} bytes, one binding holds ${most}`);
      const size = Math.min(Math.ceil(region.bytes / 16) * 16, from.size - region.offset);
      entries.push({ binding, resource: { buffer: from, offset: region.offset, size } });
    }
  }
  for (const [from, port] of writeArenas)
    if (readArenas.has(from))
      throw new GpuError(
        `${stepName(step)}: ports ${readArenas.get(from)} (read) and ${port} (written) lie in one arena; WebGPU wants two`,
      );
  return { kinds, entries };
}
