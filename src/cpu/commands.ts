/** Turns steps into entries of the command table that src/cpu/wasm/main.ts plays; the layout stands in src/cpu/wasm/command.ts. */
import { fillOptions, type Op, opBytes, portElem, portPresent, portShape } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import type { Region, PlanStep } from '../plan/types.ts';
import { cpuVariant, wasmOps } from './support.ts';

export const COMMAND_WORDS = 48;
const HEAD_WORDS = 4;
/** Flags of a command. */
export const SHARED_OUT = 1;
export const BARRIER_AFTER = 2;
/** Elements per partial sum, as STRETCH in src/cpu/wasm/elementwise.ts. */
const STRETCH = 8192;
/**
 * Work below this (in microseconds on one core at 30 GFLOP/s and 20 GB/s) stays on one thread: two barriers cost 1 to 5, and more
 * where other programs want the cores.
 */
const WORTH_SHARING = 25;

/** A plan that this engine cannot run; the message names the step and what is wrong with it. */
export class CpuPlanError extends Error {
  override readonly name = 'CpuPlanError';
}

/** `matmul M=64 N=64 K=64 (h.0.attn.qkv)`: how errors name a step. */
export function stepName(step: PlanStep): string {
  const dims = Object.entries(step.dims).map(([k, v]) => `${k}=${v}`);
  return `${step.op} ${dims.join(' ')} (${step.label})`;
}

/** The step's op and complete options, after checking that its ports are there, large enough and of the right type. */
export function checkStep(step: PlanStep): { op: Op; options: PlanStep['options'] } {
  const op = findOp(step.op);
  const options = fillOptions(op, step.options);
  for (const letter of op.dims) {
    const value = step.dims[letter];
    if (value === undefined || !Number.isInteger(value) || value < 0)
      throw new CpuPlanError(`${stepName(step)}: dim ${letter} is ${value}; a whole number was expected`);
  }
  for (const name of op.scalars ?? [])
    if (!Number.isFinite(step.scalars[name]))
      throw new CpuPlanError(`${stepName(step)}: scalar ${name} is ${step.scalars[name]}; a number was expected`);
  for (const port of op.ports) {
    if (!portPresent(port, options)) continue;
    const region = step.ports[port.name];
    if (!region) throw new CpuPlanError(`${stepName(step)}: port ${port.name} has no region`);
    const elem = portElem(port, options);
    const bytes = portShape(port, step.dims, options).reduce((a, b) => a * b, 1) * (elem === 'f16' ? 2 : 4);
    if (region.elem !== elem)
      throw new CpuPlanError(
        `${stepName(step)}: port ${port.name} is ${elem}, its region in "${region.arena}" ${region.elem}`,
      );
    if (region.bytes < bytes)
      throw new CpuPlanError(
        `${stepName(step)}: port ${port.name} takes ${bytes} bytes, its region in "${region.arena}" has ${region.bytes}`,
      );
  }
  if (step.variant !== 'wasm' && step.variant !== 'reference')
    throw new CpuPlanError(
      `${stepName(step)}: variant "${step.variant}" is a GPU kernel; build the plan with the facts of the CPU engine`,
    );
  if (step.variant === 'wasm' && cpuVariant(op.name, step.dims, options) !== 'wasm')
    throw new CpuPlanError(
      `${stepName(step)}: there is no wasm kernel for ${JSON.stringify(options)}; its variant must be "reference"`,
    );
  return { op, options };
}

/** Ops in two phases: chunks leave partial results, then one thread adds them up. */
const twoPhases = new Set(['sum', 'grad_norm']);

/** Commands that the step takes. */
export function commandCount(step: PlanStep): number {
  return twoPhases.has(step.op) ? 2 : 1;
}

/** Bytes of scratch memory that all threads see. */
export function sharedScratchBytes(step: PlanStep): number {
  return twoPhases.has(step.op) ? Math.ceil(step.dims.N! / STRETCH) * 8 : 0;
}

/** Bytes of scratch memory that each thread needs for the step; the kernels in src/cpu/wasm say what lies there. */
export function scratchBytes(step: PlanStep): number {
  const { M = 0, K = 0, S = 0, HS = 0, TMAX = 0, V = 0 } = step.dims;
  // as paddedRow in src/cpu/wasm/attention.ts
  const row = Math.ceil(HS / 8) * 32;
  switch (step.op) {
    case 'matmul':
      return 512 * 32 + 512 * 16 + 256 * 256 * 4 + 256 * 512 * 4;
    case 'matvec':
      return M * K * 4;
    case 'attention':
      return 2 * S * row + (S + 4) * 32 + 16 * row;
    case 'attention_dqkv': {
      const padded = Math.ceil(S / 4) * 4;
      return padded * (4 * row + 2 * 64) + 5 * 16 * row + 128;
    }
    case 'attention_decode':
      return row + TMAX * 4 + 16;
    case 'attention_weights':
      return row;
    case 'sample':
    case 'top_n':
      return 2 * (V * 4 + 16);
    default:
      return 0;
  }
}

/** Steps that one thread does. */
const undivided = new Set(['last_row', 'sample', 'top_n']);

/** Whether sharing the step out among threads gains more than its barriers cost. */
export function worthSharing(step: PlanStep, op: Op, options: PlanStep['options']): boolean {
  if (undivided.has(op.name)) return false;
  return op.flops(step.dims, options) / 30e3 + opBytes(op, step.dims, options) / 20e3 > WORTH_SHARING;
}

/** Writes the command(s) of a step from word `at` on. `place` gives a region's byte address. */
export function encodeStep(
  words: Uint32Array,
  at: number,
  step: PlanStep,
  place: (region: Region) => number,
  sharedScratch: number,
  share: boolean,
): void {
  const { op, options } = checkStep(step);
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  for (let phase = 0; phase < commandCount(step); phase++, at += COMMAND_WORDS) {
    words[at] = wasmOps.indexOf(step.op as (typeof wasmOps)[number]);
    words[at + 1] = share && phase === 0 ? SHARED_OUT : 0;
    words[at + 2] = phase;
    words[at + 3] = sharedScratch;
    let i = at + HEAD_WORDS;
    for (const letter of op.dims) words[i++] = step.dims[letter]!;
    for (const name of op.scalars ?? []) floats[i++] = step.scalars[name]!;
    for (const name of Object.keys(op.options)) words[i++] = options[name]!;
    for (const port of op.ports) words[i++] = portPresent(port, options) ? place(step.ports[port.name]!) : 0;
    if (i > at + COMMAND_WORDS)
      throw new CpuPlanError(`op ${op.name} does not fit into a command of ${COMMAND_WORDS} words`);
  }
}

/** Puts a barrier wherever a command or its successor is shared out among the threads. True if any is. */
export function placeBarriers(words: Uint32Array): boolean {
  let any = false;
  for (let at = 0; at < words.length; at += COMMAND_WORDS) {
    const next = words[at + COMMAND_WORDS + 1] ?? 0;
    if ((words[at + 1]! | next) & SHARED_OUT) words[at + 1]! |= BARRIER_AFTER;
    any ||= Boolean(words[at + 1]! & SHARED_OUT);
  }
  return any;
}
