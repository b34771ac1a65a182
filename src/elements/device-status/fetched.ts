/** What the status asks of its Run and the page once it is open: what the engine holds, and which models are kept. */
import type { CachedFile } from '../../files/download.ts';
import type { HostPlace } from '../../host/client.ts';
import type { DeviceReport, Run } from '../../run/types.ts';
import { registry } from '../core/registry.ts';

export class Fetched {
  report: DeviceReport | undefined;
  cached: readonly CachedFile[] | undefined;
  place: HostPlace | undefined;
  readonly #changed: () => void;
  #of: unknown;
  #asking = false;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Asks again when model, engine or checks have changed. */
  look(run: Run | undefined): void {
    const of =
      run &&
      `${run.model?.identity} ${run.engine?.bytesAllocated} ${run.verification?.seconds} ${run.state === 'recovering'}`;
    const there = run?.model && run.recorded === undefined && ['ready', 'running', 'paused'].includes(run.state);
    if (!there || of === this.#of || this.#asking) return;
    this.#of = of;
    void this.#ask(run);
  }

  async #ask(run: Run): Promise<void> {
    this.#asking = true;
    // each is told as far as it is known
    const { services } = registry;
    const [report, cached, place] = await Promise.allSettled([
      run.device(),
      services?.cached() ?? [],
      services?.place(),
    ]);
    this.#asking = false;
    if (report.status === 'fulfilled') this.report = report.value;
    if (cached.status === 'fulfilled') this.cached = cached.value;
    if (place.status === 'fulfilled') this.place = place.value;
    this.#changed();
  }
}
