/**
 * Clocks around a compute pass: the GPU's timestamps if they are plausible, else the wall clock. Every result says which one, and why.
 */
import type { GpuEngine } from '../gpu/engine.ts';
import { type Clock, clockQuantum } from './measure.ts';

export interface PassTime {
  /** Seconds between the timestamps; undefined without timestamps. May be zero or negative: the specification allows it. */
  readonly gpu: number | undefined;
  /** Seconds from the first command to the end of the work, as the caller waits. */
  readonly wall: number;
}

export interface GpuClock extends Clock {
  /** Times one pass on both clocks. */
  time(encode: (pass: GPUComputePassEncoder) => void): Promise<PassTime>;
}

interface Stamps {
  readonly set: GPUQuerySet;
  readonly resolved: GPUBuffer;
  readonly staging: GPUBuffer;
}

const QUERY_RESOLVE = 0x200;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const MAP_READ = 0x1;

function openStamps(device: GPUDevice): Stamps {
  return {
    set: device.createQuerySet({ label: 'bench stamps', type: 'timestamp', count: 2 }),
    resolved: device.createBuffer({ label: 'bench stamps', size: 256, usage: QUERY_RESOLVE | COPY_SRC }),
    staging: device.createBuffer({ label: 'bench stamps read', size: 16, usage: MAP_READ | COPY_DST }),
  };
}

/** The largest step that divides all these times (whole nanoseconds). */
export function commonStep(times: readonly bigint[]): bigint {
  let step = 0n;
  for (const time of times) {
    let [a, b] = [step, time < 0n ? -time : time];
    while (b) [a, b] = [b, a % b];
    step = a;
  }
  return step;
}

/** GPU and wall time of one long pass may differ by the time to start it and to learn of its end. */
export function agree(gpu: number, wall: number): boolean {
  return gpu > 0 && gpu <= wall * 1.02 + 1e-4 && wall - gpu < 0.15 * wall + 0.003;
}

/** Opens the clock of an engine. `probe` encodes some milliseconds of work, on which the timestamps are compared with the wall clock. */
export async function openGpuClock(engine: GpuEngine, probe: (pass: GPUComputePassEncoder) => void): Promise<GpuClock> {
  const { device, facts } = engine;
  const stamps = facts.timestamps ? openStamps(device) : undefined;
  const raw: bigint[] = [];
  const time = async (encode: (pass: GPUComputePassEncoder) => void): Promise<PassTime> => {
    engine.flush();
    const from = performance.now();
    const encoder = device.createCommandEncoder({ label: 'bench' });
    const writes = stamps && {
      timestampWrites: { querySet: stamps.set, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
    };
    const pass = encoder.beginComputePass({ label: 'bench', ...writes });
    encode(pass);
    pass.end();
    if (!stamps) {
      device.queue.submit([encoder.finish()]);
      await engine.idle();
      return { gpu: undefined, wall: (performance.now() - from) / 1000 };
    }
    encoder.resolveQuerySet(stamps.set, 0, 2, stamps.resolved, 0);
    encoder.copyBufferToBuffer(stamps.resolved, 0, stamps.staging, 0, 16);
    device.queue.submit([encoder.finish()]);
    await stamps.staging.mapAsync(1 /* READ */);
    const wall = (performance.now() - from) / 1000;
    const [begin, end] = new BigInt64Array(stamps.staging.getMappedRange().slice(0));
    stamps.staging.unmap();
    await engine.idle(); // an error of the pass must not go unnoticed
    raw.push(end - begin);
    return { gpu: Number(end - begin) / 1e9, wall };
  };
  const close = () => {
    stamps?.set.destroy();
    stamps?.resolved.destroy();
    stamps?.staging.destroy();
  };
  const wallClock = (why: string): GpuClock => ({ kind: 'wall', quantum: clockQuantum(), why, time, close });
  if (!stamps) return wallClock('this adapter has no timestamps: wall clock around work that is waited for');
  const tries: PassTime[] = [];
  for (let i = 0; i < 12; i++) tries.push(await time(probe));
  const quantum = Number(commonStep(raw)) / 1e9;
  const wrong = tries.filter(({ gpu, wall }) => !agree(gpu!, wall));
  if (wrong.length > tries.length / 2) {
    const { gpu, wall } = wrong[wrong.length - 1];
    return wallClock(
      `timestamps cannot be believed here (they show ${(gpu! * 1e3).toFixed(2)} ms for a pass that took ${(wall * 1e3).toFixed(2)} ms): wall clock`,
    );
  }
  return {
    kind: 'gpu',
    quantum,
    why: `GPU timestamps in steps of ${(quantum * 1e9).toFixed(0)} ns, which agree with the wall clock`,
    time,
    close,
  };
}
