/** Turns steps into entries of the command table that src/cpu/wasm/main.ts plays; src/cpu/wasm/command.ts defines the layout. */
import { type CpuVariant, fillOptions, type Op, opBytes, portElem, portPresent, portShape } from '../kernels/op.ts';
import { findOp } from '../kernels/registry.ts';
import type { Region, PlanStep } from '../plan/types.ts';

export const COMMAND_WORDS = 48;
const HEAD_WORDS = 4;
/** Flags of a command. */
export const SHARED_OUT = 1;
export const BARRIER_AFTER = 2;
/**
 * Work below this (in microseconds on one core at 30 GFLOP/s and 20 GB/s) stays on one thread: two barriers cost 1 to 5, and more
 * when other programs use the cores.
 */
const WORTH_SHARING = 25;

/** This engine cannot run a plan; the message names the step and what is wrong with it. */
export class CpuPlanError extends Error {
  override readonly name = 'CpuPlanError';
}

/** `matmul M=64 N=64 K=64 (h.0.attn.qkv)`: how errors name a step. */
export function stepName(step: PlanStep): string {
  const dims = Object.entries(step.dims).map(([k, v]) => `${k}=${v}`);
  return `${step.op} ${dims.join(' ')} (${step.label})`;
}

/** A step with what its names stand for. */
export interface Checked {
  readonly step: PlanStep;
  readonly op: Op;
  readonly options: PlanStep['options'];
  readonly variant: CpuVariant;
}

/** The step's op, complete options and kernel, after checking that its ports exist, are large enough and have the right type. */
export function checkStep(step: PlanStep): Checked {
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
  const variant = op.cpu.find((v) => v.name === step.variant);
  const there = op.cpu.map((v) => `"${v.name}"`).join(' and ');
  if (!variant)
    throw new CpuPlanError(
      `${stepName(step)}: variant "${step.variant}" is no kernel of this engine, which has ${there}; build the plan with its facts`,
    );
  if (variant.fits && !variant.fits(step.dims, options))
    throw new CpuPlanError(
      `${stepName(step)}: variant "${variant.name}" does not take these dims with ${JSON.stringify(options)}; of ${there} the last takes everything`,
    );
  return { step, op, options, variant };
}

/** How many commands the step takes. */
export const commandCount = ({ variant }: Checked): number => variant.phases ?? 1;

/** Whether splitting the step among threads gains more than its barriers cost. */
export function worthSharing({ step, op, options, variant }: Checked): boolean {
  if (variant.undivided?.(step.dims)) return false;
  return op.flops(step.dims, options) / 30e3 + opBytes(op, step.dims, options) / 20e3 > WORTH_SHARING;
}

/** What all commands of a table share. */
export interface Surroundings {
  /** Number of each kernel by its name. */
  readonly kernels: ReadonlyMap<string, number>;
  /** Byte address of a region. */
  place(region: Region): number;
  /** Byte address of the scratch memory that all threads see. */
  readonly sharedScratch: number;
}

/** Writes the command(s) of a step with a WebAssembly kernel, from word `at` on; `share`: whether threads split them. */
export function encodeStep(
  words: Uint32Array,
  at: number,
  checked: Checked,
  share: boolean,
  { kernels, place, sharedScratch }: Surroundings,
): void {
  const { step, op, options, variant } = checked;
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  for (let phase = 0; phase < commandCount(checked); phase++, at += COMMAND_WORDS) {
    words[at] = kernels.get(variant.kernel!)!;
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

/** Puts a barrier wherever a command or its successor is split among threads. True if any is. */
export function placeBarriers(words: Uint32Array): boolean {
  let any = false;
  for (let at = 0; at < words.length; at += COMMAND_WORDS) {
    const next = words[at + COMMAND_WORDS + 1] ?? 0;
    if ((words[at + 1]! | next) & SHARED_OUT) words[at + 1]! |= BARRIER_AFTER;
    any ||= Boolean(words[at + 1]! & SHARED_OUT);
  }
  return any;
}
