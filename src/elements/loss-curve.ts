/** The geometry of a loss curve: which points are drawn, on which axes, and where. Pure. The element and tools/train share it. */

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** At most `most` points. Each has the mean loss of an equal run of points; its other fields are those of the run's last point. */
export function thin<P extends LossPoint>(points: readonly P[], most: number): readonly P[] {
  if (points.length <= most) return points;
  const size = points.length / most;
  return Array.from({ length: most }, (_, i) => {
    const run = points.slice(Math.floor(i * size), Math.floor((i + 1) * size));
    return Object.assign({}, ...run, { loss: run.reduce((sum, p) => sum + p.loss, 0) / run.length }) as P;
  });
}

export interface LossCurve {
  /** Losses at which a line helps the eye, from the bottom up. */
  readonly ticks: readonly number[];
  /** The step at the right edge. */
  readonly end: number;
  x(step: number): number;
  /** A loss above the picture is drawn at the upper edge. */
  y(loss: number): number;
}

/** Height of the picture in nats. The steep first steps of a model would flatten the rest. */
const MOST_NATS = 4;
const TICKS = 5;

/**
 * Axes that cover all finite losses, but at most `MOST_NATS` above the lowest, in a box with these borders.
 * @param baseline a loss to compare with, in nats per token
 */
export function lossCurve(
  points: readonly LossPoint[],
  box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number },
  baseline?: number,
): LossCurve {
  const losses = [...points.map((p) => p.loss), ...(baseline === undefined ? [] : [baseline])].filter(Number.isFinite);
  const low = losses.length ? Math.floor(Math.min(...losses) * 4) / 4 : 0;
  const top = losses.length ? Math.ceil(Math.min(Math.max(...losses), low + MOST_NATS) * 4) / 4 : 1;
  const high = Math.max(top, low + 0.25);
  const end = Math.max(1, ...points.map((p) => p.step));
  return {
    ticks: Array.from({ length: TICKS }, (_, i) => low + ((high - low) * i) / (TICKS - 1)),
    end,
    x: (step) => box.left + ((box.right - box.left) * step) / end,
    y: (loss) => box.bottom - ((box.bottom - box.top) * (Math.min(high, loss) - low)) / (high - low),
  };
}
