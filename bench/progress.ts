/** Progress of the bench: one line that changes on a terminal, an occasional line elsewhere. It goes to stderr; stdout has the tables. */
import type { Progress } from '../src/bench/index.ts';

/** Seconds between two lines if the output is not a terminal. */
const QUIET_SECONDS = 10;

const PHASES = { roofs: 'measuring the roof', check: 'checking', warm: 'warming up', measure: 'round' } as const;

/** `checking matmul/quad (3 of 12)`, `round 4 of 20` */
export function progressText({ phase, name, done, of }: Progress): string {
  return name === undefined
    ? `${PHASES[phase]} ${done + 1} of ${of}`
    : `${PHASES[phase]} ${name} (${done + 1} of ${of})`;
}

export interface ProgressLine {
  show(progress: Progress): void;
  /** Clears the line before something else is printed. */
  clear(): void;
}

export function openProgress(
  out: { readonly isTTY?: boolean; write(text: string): unknown } = process.stderr,
  now: () => number = () => performance.now() / 1000,
): ProgressLine {
  let shown = -Infinity;
  return {
    show(progress) {
      if (out.isTTY) out.write(`\r\x1b[K${progressText(progress)}`);
      else if (now() - shown >= QUIET_SECONDS) {
        shown = now();
        out.write(`… ${progressText(progress)}\n`);
      }
    },
    clear() {
      if (out.isTTY) out.write('\r\x1b[K');
    },
  };
}
