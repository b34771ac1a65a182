/** Runs Plans on WebGPU: everything is created at load; a run only encodes, and all queued work goes out in one submit. */
import { ClosedError, DeviceLostError } from '../plan/errors.ts';
import { type Counters, type Engine, type Facts, newCounters, type Region, type Scope } from '../plan/types.ts';
import { type Binder, createBinder } from './binding.ts';
import { openAdapter, openDevice } from './device.ts';
import { destroyBuffer, Staging } from './memory.ts';
import { type GpuHost, GpuScope } from './scope.ts';
import { GpuError, type OpenDeviceOptions } from './types.ts';

export { GpuRunner } from './scope.ts';

/** Like `openGpuEngine` in open.ts, which returns only the contract; this one returns the whole class. */
export async function openGpuEngine(options: OpenDeviceOptions = {}): Promise<GpuEngine> {
  const { device, facts } = await openDevice(await openAdapter(options));
  return new GpuEngine(device, facts);
}

export class GpuEngine implements Engine, GpuHost {
  readonly device: GPUDevice;
  readonly facts: Facts;
  readonly counters: Counters = newCounters();
  readonly lost: Promise<string>;
  readonly binder: Binder;
  readonly #staging: Staging;
  readonly #scopes = new Set<GpuScope>();
  #pending: GPUCommandEncoder | undefined;
  #error: GpuError | undefined;
  #lostReason: string | undefined;
  #closed = false;

  constructor(device: GPUDevice, facts: Facts) {
    this.device = device;
    this.facts = facts;
    this.binder = createBinder(device, this.counters, facts);
    this.#staging = new Staging(device, this.counters);
    this.lost = device.lost.then((info) => (this.#lostReason = info.message || info.reason));
    device.onuncapturederror = (event) => {
      this.#error ??= new GpuError(event.error.message);
    };
  }

  open(name: string, lent: readonly Scope[] = []): GpuScope {
    this.check();
    const own = lent.map((scope) => {
      if (!(scope instanceof GpuScope) || scope.engine !== this)
        throw new GpuError(`scope "${scope.name}" cannot be lent to "${name}": it is of another engine`);
      return scope;
    });
    const scope = new GpuScope(this, name, own);
    this.#scopes.add(scope);
    return scope;
  }

  /** The encoder that collects work until something needs its result. Flushed at the end of the current task at the latest. */
  encoder(): GPUCommandEncoder {
    if (!this.#pending) {
      this.#pending = this.device.createCommandEncoder();
      queueMicrotask(() => this.flush());
    }
    return this.#pending;
  }

  /** Submits what is queued. */
  flush(): void {
    const encoder = this.#pending;
    if (!encoder) return;
    this.#pending = undefined;
    this.device.queue.submit([encoder.finish()]);
    this.counters.submits++;
  }

  async readRegions(sources: readonly { buffer: GPUBuffer; region: Region }[]): Promise<ArrayBuffer[]> {
    const finish = this.#staging.encode(this.encoder(), sources);
    this.flush();
    const result = await finish();
    this.check();
    return result;
  }

  async idle(): Promise<void> {
    this.check();
    this.flush();
    await this.device.queue.onSubmittedWorkDone();
    this.check();
  }

  check(): void {
    if (this.#closed) throw new ClosedError('this GPU engine was closed; open another');
    if (this.#lostReason !== undefined) throw new DeviceLostError(`the GPU device was lost: ${this.#lostReason}`);
    const error = this.#error;
    this.#error = undefined;
    if (error) throw error;
  }

  forget(scope: GpuScope): void {
    this.#scopes.delete(scope);
    if (this.#scopes.size === 0) this.#staging.trim();
  }

  close(): void {
    if (this.#closed) return;
    for (const scope of this.#scopes) scope.close();
    this.#closed = true;
    this.#pending = undefined;
    this.#staging.trim();
    destroyBuffer(this.counters, this.binder.absentRead);
    destroyBuffer(this.counters, this.binder.absentWrite);
    this.device.destroy();
  }
}
