/**
 * How a measured number is shown, and when there is none. The median comes first, then half the 95 % interval, with no more digits than
 * the interval allows: `1.77 ms ± 2 %`. Above 10 % it is a range, `≈ 1.8 ms (1.4–2.3)`; above 25 % a sentence. Pure, so that the page and
 * the command line say the same.
 */
import { median } from './stats.ts';

/** A median with its 95 % interval. */
export interface Estimate {
  readonly median: number;
  /** Low and high end, in the unit of the median. */
  readonly interval: readonly [number, number];
}

/** The widest half interval of a number, as a share of the median … */
const NUMBER = 0.1;
/** … and of a range. */
export const RANGE = 0.25;
/** A larger rise from the first third of the samples to the last is drift. */
const DRIFT = 0.1;
/** Digits of a number, and of a range. */
const MOST_DIGITS = 3;
const FEWEST_DIGITS = 2;

/** Why there is no number: one word, a sentence, and what helps. The first reason that holds counts. `{…}` is filled in. */
export const REFUSALS = {
  wrong: { word: 'wrong', sentence: 'a wrong kernel has no speed', wayOut: 'see what is wrong' },
  lost: { word: 'lost', sentence: 'the device was lost in round {round}', wayOut: 'measure again' },
  hidden: { word: 'hidden', sentence: 'the page was hidden while measuring', wayOut: 'measure again' },
  clock: {
    word: 'too short',
    sentence: "one run is shorter than this clock's step even {reps} times",
    wayOut: 'choose a larger size',
  },
  busy: { word: 'too busy', sentence: 'this machine is too busy: {range}', wayOut: 'measure again when it is quiet' },
  drift: { word: 'slows down', sentence: 'it slows down as it gets warm', wayOut: 'wait 20 s and measure again' },
} as const satisfies Readonly<Record<string, { word: string; sentence: string; wayOut: string }>>;

/** Why there is no number: a name of `REFUSALS`. */
export type Reason = keyof typeof REFUSALS;

/** Remarks beside a number that is shown nevertheless. */
export const REMARKS = {
  /** The f64 reference would take too long. */
  against: 'checked against {against}, not f64',
  software: 'software',
} as const;

/** How a measurement is shown: as a number, as a range, or as a sentence that refuses both. */
export type Verdict =
  | { readonly kind: 'number'; readonly text: string }
  /** Never ranked, never shared. */
  | { readonly kind: 'range'; readonly text: string }
  | {
      readonly kind: 'refused';
      readonly reason: Reason;
      readonly sentence: string;
      readonly wayOut: string;
      /** Shown only when asked for: never ranked, never shared. */
      readonly range?: string;
    };

/** The unit that suits a value, and what the value is multiplied by for it. */
export type Scale = (value: number) => { readonly factor: number; readonly unit: string };

/**
 * Seconds as s, ms or µs, as suits the value.
 *
 * @example
 * inSeconds(0.0018).unit; // 'ms'
 */
export const inSeconds: Scale = (value) => {
  const seconds = Number(value.toPrecision(MOST_DIGITS)); // 0.9996 is 1.00 s, not 1000 ms
  if (seconds < 1e-3) return { factor: 1e6, unit: 'µs' };
  return seconds < 1 ? { factor: 1e3, unit: 'ms' } : { factor: 1, unit: 's' };
};
/**
 * A unit that is always the same, such as tokens/s.
 *
 * @example
 * judge({ times: { median: 42, interval: [41, 43] } }, inUnit('tokens/s'));
 */
export const inUnit =
  (unit: string): Scale =>
  () => ({ factor: 1, unit });

/**
 * `x` with that many significant digits, never in exponents; – where there is none.
 *
 * @example
 * significant(1234.5); // '1230'
 * significant(0.0012345, 2); // '0.0012'
 */
export function significant(x: number | undefined, digits = MOST_DIGITS): string {
  if (x === undefined || !Number.isFinite(x)) return '–';
  if (x === 0) return '0';
  const rounded = Number(x.toPrecision(digits));
  return rounded.toFixed(Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(rounded)))));
}

/** Half the interval as a share of the median. */
export const spread = ({ median: middle, interval: [low, high] }: Estimate): number => (high - low) / 2 / middle;

/**
 * Digits down to the place of half the interval. Finer ones would mean nothing.
 *
 * @example
 * digitsOf({ median: 1.774, interval: [1.74, 1.81] });
 */
export function digitsOf(estimate: Estimate): number {
  const share = spread(estimate);
  if (!(share > 0)) return MOST_DIGITS;
  const place = (x: number) => Math.floor(Math.log10(Math.abs(x)));
  const digits = place(Number(estimate.median.toPrecision(MOST_DIGITS))) - place(share * estimate.median) + 1;
  return Math.min(MOST_DIGITS, Math.max(FEWEST_DIGITS, digits));
}

const percent = (share: number): string => (share < 0.005 ? '<1 %' : `${Math.round(100 * share)} %`);

/** `1.4–2.9`, two digits each. */
const ends = (low: number, high: number): string =>
  `${significant(low, FEWEST_DIGITS)}–${significant(high, FEWEST_DIGITS)}`;

/** `1.77 ms ± 2 %`, or `≈ 1.8 ms (1.4–2.3)` if the interval is wide or `coarse` asks for it. */
function numberOrRange(estimate: Estimate, scale: Scale, coarse: boolean): Verdict {
  const { factor, unit } = scale(estimate.median);
  const share = spread(estimate);
  const [low, high] = estimate.interval.map((x) => x * factor);
  if (coarse || share > NUMBER)
    return {
      kind: 'range',
      text: `≈ ${significant(estimate.median * factor, FEWEST_DIGITS)} ${unit} (${ends(low, high)})`,
    };
  const text = significant(estimate.median * factor, digitsOf(estimate));
  return { kind: 'number', text: `${text} ${unit} ± ${percent(share)}` };
}

/** How much longer the last third of the samples takes than the first, as a share. */
export function drift(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  if (third < 3) return 0;
  return median(samples.slice(-third)) / median(samples.slice(0, third)) - 1;
}

/** What is known of a measurement. */
export interface Measured {
  /** Median and interval, in the unit that the scale takes. Absent if there is no number: then `check`, `lost` or `tooShort` says why. */
  readonly times?: (Estimate & { readonly samples?: readonly number[] }) | undefined;
  /** What is wrong with the results; '' if nothing. */
  readonly check?: string;
  /** The round in which the device was lost. */
  readonly lost?: number;
  readonly hidden?: boolean;
  /** Repetitions after which the clock still showed nothing. */
  readonly tooShort?: number;
  /** Other programs keep the machine busy: a number is a range at best. */
  readonly busy?: boolean;
}

/**
 * How a measurement is shown.
 *
 * @param scale turns a value into the unit shown. Default: `inSeconds`, for times in seconds
 * @example
 * const verdict = judge({ times: { median: 0.00177, interval: [0.00175, 0.00179] } });
 * if (verdict.kind === 'number') console.log(verdict.text);
 */
export function judge(measured: Measured, scale: Scale = inSeconds): Verdict {
  const { times, check, lost, hidden, tooShort, busy = false } = measured;
  if (check) return refuse('wrong');
  if (lost !== undefined) return refuse('lost', { round: String(lost) });
  if (hidden) return refuse('hidden');
  if (tooShort !== undefined || !times) return refuse('clock', { reps: (tooShort ?? 1).toLocaleString('en') });
  if (!(spread(times) <= RANGE)) {
    const { factor, unit } = scale(times.median);
    const range = `${ends(times.interval[0] * factor, times.interval[1] * factor)} ${unit}`;
    return { ...refuse('busy', { range }), range };
  }
  // the difference of two thirds scatters √6 times as widely as the median of all
  if (drift(times.samples ?? []) > Math.max(DRIFT, Math.sqrt(6) * spread(times))) return refuse('drift');
  return numberOrRange(times, scale, busy);
}

function refuse(reason: Reason, values: Readonly<Record<string, string>> = {}): Extract<Verdict, { kind: 'refused' }> {
  const { sentence, wayOut } = REFUSALS[reason];
  return { kind: 'refused', reason, sentence: filled(sentence, values), wayOut };
}

/**
 * The template with its `{names}` filled in.
 *
 * @example
 * filled('lost in round {round}', { round: '3' }); // 'lost in round 3'
 */
export const filled = (template: string, values: Readonly<Record<string, string>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

/**
 * A paired ratio with its interval, in the ratio's digits: `1.14× (1.11–1.17)`.
 *
 * @example
 * ratioText({ ratio: 1.14, interval: [1.11, 1.17] }); // '1.14× (1.11–1.17)'
 */
export function ratioText({
  ratio,
  interval,
}: {
  readonly ratio: number;
  readonly interval: readonly [number, number];
}): string {
  const estimate = { median: ratio, interval };
  const [low, high] = interval;
  if (spread(estimate) > NUMBER) return `≈ ${significant(ratio, FEWEST_DIGITS)}× (${ends(low, high)})`;
  const decimals = Math.max(0, digitsOf(estimate) - 1 - Math.floor(Math.log10(ratio)));
  const text = (x: number) => x.toFixed(decimals);
  return `${text(ratio)}× (${text(low)}–${text(high)})`;
}

/**
 * A share of a roof as per cent, without decimals above 10 %; a range where the interval is wide.
 *
 * @example
 * shareText({ value: 0.734, interval: [0.72, 0.75] }); // '73 %'
 */
export function shareText(share: { readonly value: number; readonly interval: readonly [number, number] }): string {
  const shown = (x: number): string => (x > 0.1 ? String(Math.round(100 * x)) : significant(100 * x, FEWEST_DIGITS));
  const width = spread({ median: share.value, interval: share.interval });
  if (width > RANGE) return `${shown(share.interval[0])}–${shown(share.interval[1])} %`;
  return `${width > NUMBER ? '≈ ' : ''}${shown(share.value)} %`;
}
