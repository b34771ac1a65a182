/** What pictures ask of a lane, and the check of its kernels: loaded with the first such request, because text needs none of it. */
import { completeOps } from '../kernels/complete.ts';
import type { AttentionReading, AttentionRow } from '../session/attention.ts';
import { chosen } from '../session/choose_engine.ts';
import type { KernelSource, PlanRow } from '../session/inspect.ts';
import type { Tap } from '../session/records.ts';
import { move } from './channel.ts';
import { HostError } from './errors.ts';
import type { Lane } from './lane.ts';
import type { WordMerges } from './merges.ts';
import type { Projection } from './principal.ts';
import type { AttentionRows, DeviceReport, Prompt } from './protocol.ts';
import { pauses } from './schedule.ts';
import type { Embedding, EmbeddingAsk, Neighbour, WordPaths } from './spaces.ts';
import type { Trace } from './tracing.ts';
import type { Verification } from './verification.ts';

export async function attentionOf(lane: Lane, prompt: Prompt, signal: AbortSignal): Promise<AttentionRows> {
  const reading = await lane.turn(signal, () => lane.model.attention(lane.tokensOf(prompt)));
  lane.reading = reading;
  const rows = rowsOf(reading);
  return move({ layers: reading.layers, heads: reading.heads, rows }, [rows[0].buffer]);
}

export async function attentionRow(
  lane: Lane,
  layer: number,
  head: number,
  query: number,
  signal: AbortSignal,
): Promise<AttentionRow> {
  const reading = lane.reading;
  if (!reading) throw new HostError('no attention was read yet: ask for a text’s attention first');
  return lane.turn(signal, () => reading.row(layer, head, query));
}

export async function taps(
  lane: Lane,
  prompt: Prompt,
  names: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<Record<string, Tap>>> {
  const read = await lane.turn(signal, () => lane.model.taps(lane.tokensOf(prompt), names));
  return move(
    read,
    Object.values(read).map(({ data }) => data.buffer),
  );
}

export async function embedding(lane: Lane, ask: EmbeddingAsk, signal: AbortSignal): Promise<Embedding> {
  const { embeddingOf } = await import('./spaces.ts');
  const embedding = await embeddingOf(lane.placement.model, ask, pauses(signal));
  return move(embedding, [embedding.vectors.buffer as ArrayBuffer]);
}

export async function merges(lane: Lane, text: string): Promise<readonly WordMerges[] | undefined> {
  const { mergesOf } = await import('./merges.ts');
  return mergesOf(lane.model.tokenizer, text);
}

export async function neighbours(lane: Lane, token: number, near: number, signal: AbortSignal): Promise<Neighbour[]> {
  const { neighboursOf } = await import('./spaces.ts');
  return neighboursOf(lane.placement.model, token, near, pauses(signal));
}

export async function words(
  lane: Lane,
  texts: readonly [string, string],
  word: string,
  signal: AbortSignal,
): Promise<WordPaths> {
  const { wordPaths } = await import('./spaces.ts');
  return lane.turn(signal, () => wordPaths(lane.model, texts, word));
}

export async function plan(lane: Lane): Promise<PlanRow[]> {
  const { session } = lane.model;
  const [{ planRows }, plan] = await Promise.all([import('../session/inspect.ts'), session.plan()]);
  return planRows(plan, session.layout);
}

export async function kernel(lane: Lane, index: number): Promise<KernelSource> {
  const { session } = lane.model;
  const [{ kernelSource }, plan] = await Promise.all([import('../session/inspect.ts'), session.plan()]);
  return kernelSource(plan, index, session.kernels.variants);
}

export async function trace(lane: Lane, prompt: Prompt, signal: AbortSignal): Promise<Trace> {
  const [{ traceOf }] = await Promise.all([import('./tracing.ts'), completeOps()]);
  const position = Math.min(lane.tokensOf(prompt).length, lane.model.context) - 1;
  const pause = pauses(signal);
  return lane.turn(signal, () => traceOf(lane.model.session, { position, pause }));
}

export async function device(lane: Lane): Promise<Omit<DeviceReport, 'losses'>> {
  const { model } = lane;
  const [{ chosenVariants }, plan] = await Promise.all([import('../session/inspect.ts'), model.session.plan()]);
  const { facts, counters } = model.engine;
  const { f16, subgroups, timestamps, limits } = facts;
  return {
    features: [
      ...(f16 ? ['shader-f16'] : []),
      ...(subgroups ? ['subgroups'] : []),
      ...(timestamps ? ['timestamp-query'] : []),
    ],
    variants: chosenVariants(plan, model.session.kernels.table),
    arenas: await model.memory(),
    allocated: counters.bytesAllocated,
    limit: limits.maxBufferSize,
  };
}

/** Checks what computes this lane, and moves it to what is right. */
export async function verify(lane: Lane, signal: AbortSignal): Promise<Verification> {
  const { verify: check } = await import('./verify.ts');
  const { model } = lane;
  const { elsewhere, variants = [] } = lane.options;
  const {
    verification,
    table,
    move: to,
    wrong,
  } = await check({
    placement: lane.placement,
    context: model.context,
    variants,
    elsewhere,
    turn: (work) => lane.turn(signal, work),
  });
  signal.throwIfAborted();
  if (!to && !table.length) return verification;
  const next = to && (await elsewhere(to.engine, to.storage));
  const { weights } = next?.value ?? lane.placement;
  const now = chosen(weights.engine, wrong === undefined ? model.reason : { code: 'wrong', what: wrong });
  await lane.turn(signal, () => model.move({ ...now, weights }, table));
  lane.moved(next);
  return verification;
}

/** The rows of an overview, one per query, side by side in one buffer. */
function rowsOf({ layers, heads, tokens, overview }: AttentionReading): Uint8Array<ArrayBuffer>[] {
  const each = layers * heads;
  const all = new Uint8Array((each * tokens * (tokens + 1)) / 2);
  let at = 0;
  return Array.from({ length: tokens }, (_, query) => {
    const keys = query + 1;
    const row = all.subarray(at, (at += each * keys));
    for (let head = 0; head < each; head++) {
      const from = (head * tokens + query) * tokens;
      row.set(overview.subarray(from, from + keys), head * keys);
    }
    return row;
  });
}

/** Vectors of any space on a plane. */
export async function projectVectors(vectors: Float32Array, dim: number, signal: AbortSignal): Promise<Projection> {
  const { project } = await import('./principal.ts');
  return project(vectors, dim, pauses(signal));
}
