/** The CPU engine in plain facts. */
import type { Facts } from '../plan/types.ts';

/** What plans for the CPU engine are made against: the only limit that matters is what WebAssembly can address. */
export function cpuFacts(threads: number, fused: boolean): Facts {
  const bytes = 2 ** 32;
  return {
    engine: 'cpu',
    vendor: '',
    architecture: 'wasm',
    device: '',
    description: `WebAssembly SIMD${fused ? ' with fused multiply-add' : ''}, ${threads} thread${threads > 1 ? 's' : ''}`,
    software: true,
    f16: false,
    subgroups: false,
    subgroupMin: 0,
    subgroupMax: 0,
    timestamps: false,
    limits: {
      maxStorageBufferBindingSize: bytes,
      maxBufferSize: bytes,
      maxStorageBuffersPerShaderStage: 64,
      maxComputeWorkgroupStorageSize: bytes,
      maxComputeInvocationsPerWorkgroup: 1024,
      maxComputeWorkgroupSizeX: 1024,
      maxComputeWorkgroupsPerDimension: 65535,
      minStorageBufferOffsetAlignment: 256,
      minUniformBufferOffsetAlignment: 256,
    },
  };
}
