/** Progress of the bench: one line that changes on a terminal, a line now and then elsewhere; what the machine does besides. */
import { expect, test } from 'vitest';
import { isBusy } from '../../bench/host.ts';
import { openProgress, progressText } from '../../bench/progress.ts';

const check = { phase: 'check', name: 'matmul/quad', done: 2, of: 12 } as const;

test('says what is done and how much is left', () => {
  expect(progressText(check)).toBe('checking matmul/quad (3 of 12)');
  expect(progressText({ phase: 'measure', done: 3, of: 20 })).toBe('round 4 of 20');
});

test('one line on a terminal; elsewhere a line in ten seconds', () => {
  const written: string[] = [];
  let now = 0;
  const out = (isTTY: boolean) => ({ isTTY, write: (text: string) => written.push(text) });
  const terminal = openProgress(out(true), () => now);
  terminal.show(check);
  terminal.clear();
  expect(written.splice(0)).toEqual(['\r\x1b[Kchecking matmul/quad (3 of 12)', '\r\x1b[K']);
  const file = openProgress(out(false), () => now);
  for (now = 0; now < 25; now++) file.show({ phase: 'measure', done: now, of: 60 });
  file.clear();
  expect(written).toEqual(['… round 1 of 60\n', '… round 11 of 60\n', '… round 21 of 60\n']);
});

test('a machine is busy when others want every core', () => {
  expect(isBusy({ load: 13.2, cores: 2 })).toBe(true);
  expect(isBusy({ load: 1.9, cores: 2 })).toBe(false);
  expect(isBusy({ load: 1.2, cores: 1 })).toBe(false);
});
