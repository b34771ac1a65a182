/**
 * The CPU engine's machine code: `run` plays a command table, alone or with the threads that wait in `work`. Nothing here
 * allocates; memory is laid out by src/cpu/engine.ts. Every thread is an instance of this module on one memory.
 */
import { attention } from './attention';
import { attentionDqkv } from './attention_bwd';
import { attentionWeights } from './attention_weights';
import {
  ARRIVED,
  COMMAND_BYTES,
  JOB,
  JOB_COUNT,
  JOB_QUIT,
  JOB_SCRATCH,
  JOB_STRIDE,
  JOB_TABLE,
  resetChunks,
  setAlone,
  setScratch,
  setSelf,
  SLEEPERS,
  threadId,
  TURN,
} from './command';
import { attentionDecode, kvWrite, rope } from './decode';
import { gelu, geluDinp, siluMul, siluMulDinp } from './activations';
import { adamw, gradNorm } from './adamw';
import { add, dropout, fill } from './elementwise';
import { embedding, embeddingDpos, embeddingDweight, lastRow } from './embedding';
import { lstmCell, lstmCellBwd } from './lstm';
import { matmul } from './matmul';
import { matvec } from './matvec';
import { layernorm, layernormBwd } from './layernorm';
import { copy, fmaPeak } from './probe';
import { sample, topN } from './sample';
import { crossEntropy, softmax, softmaxDinp } from './softmax';
import { sum, sumRows } from './sums';

/** Looks at a word this often before the thread goes to sleep: some tens of microseconds, longer than most waits. */
const SPINS: i32 = 20000;

let threads: i32 = 1;
let maySleep: bool = true;

/** Makes this instance thread `id` of `count`. `sleeps` 0: this thread may only spin, not wait. */
export function init(id: i32, count: i32, sleeps: i32): void {
  setSelf(id, count);
  threads = count;
  maySleep = sleeps != 0;
}

/** Returns when the word at `p` is no longer `value`. */
function waitWhile(p: usize, value: i32): void {
  for (let i = 0; i < SPINS || !maySleep; i++) if (atomic.load<i32>(p) != value) return;
  atomic.add<i32>(SLEEPERS, 1);
  while (atomic.load<i32>(p) == value) atomic.wait<i32>(p, value, -1);
  atomic.sub<i32>(SLEEPERS, 1);
}

/** Changes the word at `p` and wakes whoever sleeps on it. */
function advance(p: usize): void {
  atomic.add<i32>(p, 1);
  if (atomic.load<i32>(SLEEPERS) > 0) atomic.notify(p, -1);
}

/** Returns when all threads are here. */
function barrier(): void {
  const turn = atomic.load<i32>(TURN);
  if (atomic.add<i32>(ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(ARRIVED, 0);
    resetChunks();
    advance(TURN);
  } else waitWhile(TURN, turn);
}

/** Every kernel by the name that records in src/kernels give it. The numbers are exported; src/cpu/kernels.ts finds them by name. */
export enum Kernel {
  matmul,
  matvec,
  softmax,
  softmax_dinp,
  attention,
  attention_dqkv,
  attention_decode,
  kv_write,
  rope,
  last_row,
  layernorm,
  layernorm_bwd,
  gelu,
  gelu_dinp,
  silu_mul,
  silu_mul_dinp,
  add,
  fill,
  dropout,
  sum,
  sum_rows,
  lstm_cell,
  lstm_cell_bwd,
  embedding,
  embedding_dweight,
  embedding_dpos,
  cross_entropy,
  grad_norm,
  adamw,
  sample,
  top_n,
  fma_peak,
  copy,
  attention_weights,
}

function call(kernel: i32, c: usize): void {
  switch (kernel) {
    case Kernel.matmul: return matmul(c);
    case Kernel.matvec: return matvec(c);
    case Kernel.softmax: return softmax(c);
    case Kernel.softmax_dinp: return softmaxDinp(c);
    case Kernel.attention: return attention(c);
    case Kernel.attention_dqkv: return attentionDqkv(c);
    case Kernel.attention_decode: return attentionDecode(c);
    case Kernel.kv_write: return kvWrite(c);
    case Kernel.rope: return rope(c);
    case Kernel.last_row: return lastRow(c);
    case Kernel.layernorm: return layernorm(c);
    case Kernel.layernorm_bwd: return layernormBwd(c);
    case Kernel.gelu: return gelu(c);
    case Kernel.gelu_dinp: return geluDinp(c);
    case Kernel.silu_mul: return siluMul(c);
    case Kernel.silu_mul_dinp: return siluMulDinp(c);
    case Kernel.add: return add(c);
    case Kernel.fill: return fill(c);
    case Kernel.dropout: return dropout(c);
    case Kernel.sum: return sum(c);
    case Kernel.sum_rows: return sumRows(c);
    case Kernel.lstm_cell: return lstmCell(c);
    case Kernel.lstm_cell_bwd: return lstmCellBwd(c);
    case Kernel.embedding: return embedding(c);
    case Kernel.embedding_dweight: return embeddingDweight(c);
    case Kernel.embedding_dpos: return embeddingDpos(c);
    case Kernel.cross_entropy: return crossEntropy(c);
    case Kernel.grad_norm: return gradNorm(c);
    case Kernel.adamw: return adamw(c);
    case Kernel.sample: return sample(c);
    case Kernel.top_n: return topN(c);
    case Kernel.fma_peak: return fmaPeak(c);
    case Kernel.copy: return copy(c);
    case Kernel.attention_weights: return attentionWeights(c);
    default: unreachable();
  }
}

/**
 * Plays `count` commands. Flag 1: the command's chunks are shared out; otherwise thread 0 does it alone. Flag 2: a barrier stands
 * after it, which is so wherever it or its successor is shared out. After the last one there always is one.
 */
function play(table: usize, count: i32, crewed: bool): void {
  setScratch(load<u32>(JOB_SCRATCH) + threadId() * load<u32>(JOB_STRIDE));
  for (let i = 0; i < count; i++) {
    const c = table + i * COMMAND_BYTES;
    const flags = load<i32>(c, 4);
    const shared = crewed && (flags & 1) != 0;
    if (shared || threadId() == 0) {
      setAlone(!shared);
      call(load<i32>(c), c);
    }
    if (crewed && (flags & 2 || i == count - 1)) barrier();
  }
}

/**
 * Thread 0: plays the table, with the other threads if `crewed`, and returns when all is done. Each thread has `stride` bytes of
 * scratch memory from `scratch` on.
 */
export function run(table: usize, count: i32, crewed: i32, scratch: usize, stride: usize): void {
  store<u32>(JOB_SCRATCH, scratch);
  store<u32>(JOB_STRIDE, stride);
  if (crewed) {
    store<u32>(JOB_TABLE, table);
    store<i32>(JOB_COUNT, count);
    advance(JOB);
  }
  play(table, count, crewed != 0);
}

/** Ends the other threads. */
export function quit(): void {
  store<i32>(JOB_QUIT, 1);
  advance(JOB);
}

/** Other threads: plays job after job until `quit`. They are here before the first. */
export function work(): void {
  for (let job = 0; ; job++) {
    waitWhile(JOB, job);
    if (load<i32>(JOB_QUIT)) return;
    play(load<u32>(JOB_TABLE), load<i32>(JOB_COUNT), true);
  }
}
