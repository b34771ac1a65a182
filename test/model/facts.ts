/** Facts of devices that no test needs at hand. */
import type { Facts } from '../../src/plan/types.ts';

const MiB = 2 ** 20;

/** The limits every WebGPU device grants at least, and the features asked for. */
export function gpuFacts(more: Partial<Facts>): Facts {
  return {
    engine: 'gpu',
    vendor: 'test',
    architecture: 'test',
    device: '',
    description: 'facts of a test',
    software: false,
    f16: false,
    subgroups: false,
    subgroupMin: 0,
    subgroupMax: 0,
    timestamps: false,
    limits: {
      maxStorageBufferBindingSize: 128 * MiB,
      maxBufferSize: 256 * MiB,
      maxStorageBuffersPerShaderStage: 8,
      maxComputeWorkgroupStorageSize: 16384,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupSizeX: 256,
      maxComputeWorkgroupsPerDimension: 65535,
      minStorageBufferOffsetAlignment: 256,
      minUniformBufferOffsetAlignment: 256,
    },
    ...more,
  };
}
