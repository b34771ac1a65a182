/** GPU memory: counted buffers, and staging buffers that are reused. */
import { DeviceLostError, OutOfMemoryError } from '../plan/errors.ts';
import type { Counters, Region } from '../plan/types.ts';

/** Reads past the end of an arena never happen: arenas are whole 256-byte blocks. */
const ARENA_USAGE = 0x80 /* STORAGE */ | 0x4 /* COPY_SRC */ | 0x8; /* COPY_DST */
const STAGING_USAGE = 0x1 /* MAP_READ */ | 0x8; /* COPY_DST */

/** Throws OutOfMemoryError when one buffer of this device cannot be so large. */
export function createBuffer(
  device: GPUDevice,
  counters: Counters,
  label: string,
  size: number,
  usage: GPUBufferUsageFlags,
): GPUBuffer {
  if (size > device.limits.maxBufferSize)
    throw new OutOfMemoryError(
      `${label}: ${size} bytes asked, one buffer of this device holds ${device.limits.maxBufferSize}; use a smaller model, batch or context`,
    );
  const buffer = device.createBuffer({ label, size, usage });
  counters.buffers++;
  counters.bytesAllocated += size;
  return buffer;
}

export function destroyBuffer(counters: Counters, buffer: GPUBuffer): void {
  counters.bytesAllocated -= buffer.size;
  buffer.destroy();
}

/** A zero-filled storage buffer of whole 256-byte blocks. */
export function createArena(device: GPUDevice, counters: Counters, label: string, bytes: number): GPUBuffer {
  return createBuffer(device, counters, label, Math.max(256, Math.ceil(bytes / 256) * 256), ARENA_USAGE);
}

/** Staging buffers for readbacks. Each is reused once its data has been copied out, so reading allocates nothing in the long run. */
export class Staging {
  readonly #free: GPUBuffer[] = [];
  readonly #device: GPUDevice;
  readonly #counters: Counters;

  constructor(device: GPUDevice, counters: Counters) {
    this.#device = device;
    this.#counters = counters;
  }

  /** Encodes copies of the regions; the returned function, called after submit, maps and returns their bytes. */
  encode(
    encoder: GPUCommandEncoder,
    sources: readonly { buffer: GPUBuffer; region: Region }[],
  ): () => Promise<ArrayBuffer[]> {
    const places: { at: number; bytes: number }[] = [];
    let size = 0;
    for (const { region } of sources) {
      places.push({ at: size, bytes: region.bytes });
      size += Math.ceil(region.bytes / 4) * 4;
    }
    const buffer = this.#take(size);
    sources.forEach(({ buffer: from, region }, i) =>
      encoder.copyBufferToBuffer(from, region.offset, buffer, places[i].at, Math.ceil(region.bytes / 4) * 4),
    );
    return async () => {
      try {
        await buffer.mapAsync(1 /* READ */, 0, size);
      } catch (error) {
        destroyBuffer(this.#counters, buffer);
        throw new DeviceLostError(
          `readback of ${size} bytes failed: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      const mapped = buffer.getMappedRange(0, size);
      const result = places.map(({ at, bytes }) => mapped.slice(at, at + bytes));
      buffer.unmap();
      this.#free.push(buffer);
      this.#counters.readbacks++;
      this.#counters.bytesRead += size;
      return result;
    };
  }

  #take(size: number): GPUBuffer {
    const i = this.#free.findIndex((b) => b.size >= size);
    if (i >= 0) return this.#free.splice(i, 1)[0];
    let rounded = 256;
    while (rounded < size) rounded *= 2;
    return createBuffer(
      this.#device,
      this.#counters,
      `staging ${rounded}`,
      Math.min(rounded, this.#device.limits.maxBufferSize),
      STAGING_USAGE,
    );
  }

  /** Frees the buffers that no readback is using. */
  trim(): void {
    for (const buffer of this.#free.splice(0)) destroyBuffer(this.#counters, buffer);
  }
}
