/**
 * One entry of the command table, and how threads share its work. A command is COMMAND_BYTES long: four header words
 * (kernel, flags, phase, shared scratch), then the op's dims, scalars, options and port pointers in the order of its
 * record in src/kernels; an absent port is 0. src/cpu/commands.ts writes it.
 */

/** Bytes between two commands. */
export const COMMAND_BYTES: usize = 192;
const HEAD: usize = 16;

/** Control words, each on a cache line of its own so that spinning threads do not disturb each other. */
export const CONTROL: usize = 1024;
/** Number of the job that the crew works on; a change wakes the other threads. */
export const JOB: usize = CONTROL;
export const JOB_TABLE: usize = CONTROL + 4;
export const JOB_COUNT: usize = CONTROL + 8;
export const JOB_QUIT: usize = CONTROL + 12;
export const JOB_SCRATCH: usize = CONTROL + 16;
export const JOB_STRIDE: usize = CONTROL + 20;
export const ARRIVED: usize = CONTROL + 64;
export const TURN: usize = CONTROL + 128;
export const SLEEPERS: usize = CONTROL + 192;
const CLAIMED: usize = CONTROL + 256;

/** This thread's number, how many there are, and its own scratch memory. */
let self: i32 = 0;
let crew: i32 = 1;
let scratchAt: usize = 0;
let alone: bool = true;
let cursor: i32 = 0;

export function setSelf(id: i32, threads: i32): void {
  self = id;
  crew = threads;
}

export function setScratch(pointer: usize): void {
  scratchAt = pointer;
}

/** Whether the commands that follow are this thread's alone (`true`) or shared out in chunks. */
export function setAlone(value: bool): void {
  alone = value;
}

export function threadId(): i32 {
  return self;
}

/** Number of threads among which chunks of the present command are shared out. */
export function sharers(): i32 {
  return alone ? 1 : crew;
}

/** Scratch memory of this thread, aligned to 64 bytes; its size is what src/cpu/commands.ts says for the op. */
export function scratch(): usize {
  return scratchAt;
}

/**
 * The chunks of a command are claimed one by one: a thread whose core is busy elsewhere takes fewer. What a chunk computes never
 * depends on who computes it, so results do not depend on the number of threads.
 */
export function firstChunk(): i32 {
  cursor = -1;
  return nextChunk();
}

export function nextChunk(): i32 {
  if (alone) return ++cursor;
  return atomic.add<i32>(CLAIMED, 1);
}

/** All chunks are done: the next command starts counting anew. Called by one thread while the others wait. */
export function resetChunks(): void {
  atomic.store<i32>(CLAIMED, 0);
}

// @ts-ignore: decorator
@inline
export function word(c: usize, i: usize): i32 {
  return load<i32>(c + HEAD + (i << 2));
}

// @ts-ignore: decorator
@inline
export function real(c: usize, i: usize): f32 {
  return load<f32>(c + HEAD + (i << 2));
}

// @ts-ignore: decorator
@inline
export function pointer(c: usize, i: usize): usize {
  return load<u32>(c + HEAD + (i << 2));
}

/** Which half of a two-step command this is (partial sums, then their total). */
export function phase(c: usize): i32 {
  return load<i32>(c, 8);
}

/** Scratch memory that all threads see. */
export function sharedScratch(c: usize): usize {
  return load<u32>(c, 12);
}
