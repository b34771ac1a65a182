/** One model's weights on one engine, for all lanes that use them. When the device is lost they are placed again, once for all. */
import { type PlacedWeights, placeWeights } from '../model/placed_weights.ts';
import type { Storage } from '../model/places.ts';
import { DeviceLostError } from '../plan/errors.ts';
import type { LoadedModel } from '../session/load.ts';
import type { Reopened } from '../session/model.ts';
import type { Engines, Seat } from './engines.ts';

export class Placement {
  readonly model: LoadedModel;
  readonly #engines: Engines;
  readonly #storage: Storage | undefined;
  #seat: Seat;
  #weights: PlacedWeights;
  #replacing: Promise<void> | undefined;
  #closed = false;

  /** Takes over the seat. Throws OutOfMemoryError after giving the seat back. */
  constructor(engines: Engines, seat: Seat, model: LoadedModel, storage: Storage | undefined) {
    this.#engines = engines;
    this.#seat = seat;
    this.model = model;
    this.#storage = storage;
    try {
      this.#weights = this.#place();
    } catch (error) {
      engines.release(seat);
      throw error;
    }
  }

  #place(): PlacedWeights {
    return placeWeights(this.#seat.engine, this.model.config, this.model.weights, { storage: this.#storage });
  }

  get weights(): PlacedWeights {
    return this.#weights;
  }

  /** Engine and weights that replace those whose device was lost. */
  async replace(lost: PlacedWeights): Promise<Reopened> {
    if (lost === this.#weights)
      await (this.#replacing ??= this.#replace().finally(() => (this.#replacing = undefined)));
    const { engine, why, reason } = this.#seat;
    return { engine, why, reason, weights: this.#weights };
  }

  async #replace(): Promise<void> {
    const before = this.#weights;
    for (;;) {
      this.#seat = await this.#engines.replace(this.#seat);
      if (this.#closed) return this.#engines.release(this.#seat);
      try {
        this.#weights = this.#place();
        break;
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error; // else the new one is lost as well
      }
    }
    before.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#weights.close();
    this.#engines.release(this.#seat);
  }
}
