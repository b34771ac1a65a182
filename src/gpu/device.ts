/** Opens a WebGPU device with everything its adapter grants, and describes it in plain facts. */
import type { Facts, Limits } from '../plan/types.ts';
import { GpuUnavailableError, type OpenDeviceOptions } from './types.ts';

const LIMIT_NAMES = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const satisfies readonly (keyof Limits)[];

const WANTED_FEATURES = ['shader-f16', 'subgroups', 'timestamp-query', 'subgroup-size-control'] as const;

/** The browser's adapter. Throws GpuUnavailableError with the reason why there is none. */
export async function openAdapter(options: OpenDeviceOptions = {}): Promise<GPUAdapter> {
  const gpu = (options.gpu as GPU | undefined) ?? globalThis.navigator?.gpu;
  if (!gpu)
    throw new GpuUnavailableError('navigator.gpu is missing: a browser with WebGPU and HTTPS or localhost is needed', {
      missing: 'webgpu',
    });
  const request = options.powerPreference ? { powerPreference: options.powerPreference } : {};
  const adapter = await gpu.requestAdapter(request).catch((error: unknown) => {
    throw new GpuUnavailableError(`the browser refused to give an adapter: ${reason(error)}`, {
      missing: 'adapter-refused',
      cause: error,
    });
  });
  if (!adapter)
    throw new GpuUnavailableError('this browser has WebGPU but no adapter for it: no GPU, or a blocked driver', {
      missing: 'adapter',
    });
  return adapter;
}

/** An open device and what it is. */
export interface OpenDevice {
  readonly device: GPUDevice;
  readonly facts: Facts;
}

/** Opens a device with the adapter's own limits and every feature our kernels can use. Throws GpuUnavailableError with the reason. */
export async function openDevice(adapter: GPUAdapter): Promise<OpenDevice> {
  const features = WANTED_FEATURES.filter((f) => adapter.features.has(f)) as GPUFeatureName[];
  const limits: Record<string, number> = {};
  for (const name of LIMIT_NAMES) limits[name] = adapter.limits[name];
  const device = await adapter
    .requestDevice({ requiredFeatures: features, requiredLimits: limits, label: 'nextoken' })
    .catch((error: unknown) => {
      throw new GpuUnavailableError(`the adapter gave no device: ${reason(error)}`, {
        missing: 'device-refused',
        cause: error,
      });
    });
  return { device, facts: describe(adapter, device) };
}

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Older browsers have no `adapter.info`; unknown fields are ''. */
function infoOf(adapter: GPUAdapter): Partial<GPUAdapterInfo> {
  return (adapter as { readonly info?: GPUAdapterInfo }).info ?? {};
}

/** True if a CPU emulates the GPU. */
function isSoftware(info: Partial<GPUAdapterInfo>): boolean {
  if (info.isFallbackAdapter) return true;
  return /swiftshader|llvmpipe|lavapipe|software|basic render|warp/i.test(
    [info.vendor, info.architecture, info.device, info.description].join(' '),
  );
}

function describe(adapter: GPUAdapter, device: GPUDevice): Facts {
  const info = infoOf(adapter);
  const subgroups = device.features.has('subgroups' as GPUFeatureName);
  const l = device.limits;
  return {
    engine: 'gpu',
    vendor: info.vendor ?? '',
    architecture: info.architecture ?? '',
    device: info.device ?? '',
    description: info.description ?? '',
    software: isSoftware(info),
    f16: device.features.has('shader-f16'),
    subgroups,
    subgroupMin: subgroups ? (info.subgroupMinSize ?? 4) : 0,
    subgroupMax: subgroups ? (info.subgroupMaxSize ?? 128) : 0,
    timestamps: device.features.has('timestamp-query'),
    limits: {
      maxStorageBufferBindingSize: l.maxStorageBufferBindingSize,
      maxBufferSize: l.maxBufferSize,
      maxStorageBuffersPerShaderStage: l.maxStorageBuffersPerShaderStage,
      maxComputeWorkgroupStorageSize: l.maxComputeWorkgroupStorageSize,
      maxComputeInvocationsPerWorkgroup: l.maxComputeInvocationsPerWorkgroup,
      maxComputeWorkgroupSizeX: l.maxComputeWorkgroupSizeX,
      maxComputeWorkgroupsPerDimension: l.maxComputeWorkgroupsPerDimension,
      minStorageBufferOffsetAlignment: l.minStorageBufferOffsetAlignment,
      minUniformBufferOffsetAlignment: l.minUniformBufferOffsetAlignment,
    },
  };
}
