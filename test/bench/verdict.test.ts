/** How a number is shown: digits by the interval, ranges, and sentences where there is none. */
import { describe, expect, test } from 'vitest';
import {
  digitsOf,
  drift,
  inSeconds,
  inUnit,
  judge,
  ratioText,
  REFUSALS,
  shareText,
  significant,
} from '../../src/bench/verdict.ts';

/** A median with `percent` around it. */
const around = (median: number, percent: number) => ({
  median,
  interval: [median * (1 - percent / 100), median * (1 + percent / 100)] as const,
});

test('significant digits, never in exponents', () => {
  const shown = [1.7654, 12.345, 123.4, 1234, 0.0012345, 9.996, 0].map((x) => significant(x));
  expect(shown.join(' ')).toBe('1.77 12.3 123 1230 0.00123 10.0 0');
  expect([1.44, 2.25, 144, 0.96, 99.7].map((x) => significant(x, 2))).toEqual(['1.4', '2.3', '140', '0.96', '100']);
  expect([undefined, NaN, Infinity].map((x) => significant(x))).toEqual(['–', '–', '–']);
});

test('digits end where the interval begins: two or three', () => {
  expect([0, 0.1, 2, 5, 9.5, 10].map((percent) => digitsOf(around(1.77, percent)))).toEqual([3, 3, 3, 3, 2, 2]);
  expect([1, 9, 11].map((percent) => digitsOf(around(9.5, percent)))).toEqual([3, 2, 2]);
});

describe('times', () => {
  test.each([
    [around(1.7654e-3, 2), '1.77 ms ± 2 %'],
    [around(1.7654e-3, 0.2), '1.77 ms ± <1 %'],
    [around(1.7654e-3, 9.9), '1.8 ms ± 10 %'],
    [{ median: 1.8e-3, interval: [1.4e-3, 2.25e-3] as const }, '≈ 1.8 ms (1.4–2.3)'],
    [around(3.1e-6, 1), '3.10 µs ± 1 %'],
    [around(0.9996, 3), '1.00 s ± 3 %'],
    [around(2.5, 12), '≈ 2.5 s (2.2–2.8)'],
  ])('%j is %s', (times, text) => {
    expect(judge({ times })).toMatchObject({ text });
  });

  test('of a busy machine are ranges at best, and nothing has more than three digits', () => {
    expect(judge({ times: around(1.7654e-3, 2), busy: true })).toEqual({ kind: 'range', text: '≈ 1.8 ms (1.7–1.8)' });
    for (let percent = 0; percent < 100; percent += 7)
      for (const number of JSON.stringify(judge({ times: around(1.23456e-3, percent) })).match(/\d+\.\d+/g) ?? [])
        expect(number.replace(/^0\.0*|\./g, '').length, number).toBeLessThanOrEqual(3);
  });

  test('rates keep their unit', () => {
    expect(judge({ times: around(1234.5, 3) }, inUnit('tokens/s'))).toEqual({
      kind: 'number',
      text: '1230 tokens/s ± 3 %',
    });
    expect(inSeconds(0.5)).toEqual({ factor: 1e3, unit: 'ms' });
  });
});

describe('there is no number, but a sentence and a way out', () => {
  const times = { ...around(2e-3, 2), samples: Array.from({ length: 20 }, () => 2e-3) };
  test.each([
    [{ times, check: 'out[3] is wrong' }, 'wrong', 'a wrong kernel has no speed'],
    [{ times, lost: 7 }, 'lost', 'the device was lost in round 7'],
    [{ times, hidden: true }, 'hidden', 'the page was hidden while measuring'],
    [{ tooShort: 10_000 }, 'clock', "one run is shorter than this clock's step even 10,000 times"],
    [
      { times: { median: 2e-3, interval: [1.43e-3, 2.88e-3] as const } },
      'busy',
      'this machine is too busy: 1.4–2.9 ms',
    ],
    [
      { times: { ...around(2e-3, 2), samples: Array.from({ length: 21 }, (_, i) => 2e-3 * (1 + i / 100)) } },
      'drift',
      'it slows down as it gets warm',
    ],
  ])('%j', (measured, reason, sentence) => {
    const verdict = judge(measured);
    expect(verdict).toMatchObject({ kind: 'refused', reason, sentence });
    expect(verdict).toMatchObject({ wayOut: REFUSALS[reason as keyof typeof REFUSALS].wayOut });
  });

  test('what is wrong is never a matter of noise, and ±109 % is never a number', () => {
    expect(judge({ times: around(1, 109), check: 'NaN' })).toMatchObject({ reason: 'wrong' });
    expect(judge({ times: around(1, 25) })).toMatchObject({ kind: 'range' });
    expect(judge({ times: around(1, 26) })).toMatchObject({ reason: 'busy', range: '0.74–1.3 s' });
    expect(judge({ times: { median: NaN, interval: [NaN, NaN] } })).toMatchObject({ reason: 'busy' });
  });

  test('noise is no drift', () => {
    expect(drift([1, 2, 3])).toBe(0);
    expect(drift([1, 1, 1, 2, 2, 2, 3, 3, 3])).toBe(2);
    const noisy = [1, 1.1, 1.2, 1, 1.3, 1.1, 1.2, 1.3, 1.1];
    expect(judge({ times: { ...around(1.1, 12), samples: noisy } })).toMatchObject({ kind: 'range' });
  });
});

test('ratios carry their interval in their own digits', () => {
  expect(ratioText({ ratio: 1.143, interval: [1.11, 1.17] })).toBe('1.14× (1.11–1.17)');
  expect(ratioText({ ratio: 0.5, interval: [0.4, 0.6] })).toBe('≈ 0.50× (0.40–0.60)');
  expect(ratioText({ ratio: 12.31, interval: [11.6, 13.1] })).toBe('12.3× (11.6–13.1)');
});

test('shares of a roof: no decimals above 10 %, a range where the interval is wide', () => {
  const share = (value: number, low: number, high: number) => shareText({ value, interval: [low, high] });
  expect(share(0.523, 0.51, 0.53)).toBe('52 %');
  expect(share(0.0292, 0.029, 0.0295)).toBe('2.9 %');
  expect(share(0.00385, 0.0038, 0.0039)).toBe('0.39 %');
  expect(share(0.5, 0.42, 0.58)).toBe('≈ 50 %');
  expect(share(0.5, 0.3, 0.7)).toBe('30–70 %');
  expect(share(1.11, 1.1, 1.12)).toBe('111 %');
});
