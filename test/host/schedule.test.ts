/** Turns: one at a time, shares by attention, nobody starves, the hidden wait, the aborted leave. */
import { expect, test } from 'vitest';
import { type Attention, type Place, Schedule } from '../../src/host/schedule.ts';

const never = new AbortController().signal;

/** Takes turns until `end`; notes each in `log`. */
async function runner(schedule: Schedule, place: Place, name: string, log: string[], end: () => boolean) {
  while (!end()) await schedule.turn(place, never, async () => void log.push(name));
}

const at = (attention: Attention): Place => ({ attention });
const count = (log: readonly string[], name: string) => log.filter((n) => n === name).length;

test('one at a time; a focused one has four turns where a visible one has one', async () => {
  const schedule = new Schedule();
  const log: string[] = [];
  const end = () => log.length >= 120;
  const places = { focused: at('focused'), a: at('visible'), b: at('visible') };
  await Promise.all(Object.entries(places).map(([name, place]) => runner(schedule, place, name, log, end)));
  expect(count(log, 'focused')).toBeGreaterThanOrEqual(78);
  for (const name of ['a', 'b']) {
    expect(count(log, name)).toBeGreaterThanOrEqual(18);
    // never longer than a round without a turn
    const turns = log.flatMap((n, i) => (n === name ? [i] : []));
    expect(Math.max(...turns.slice(1).map((turn, i) => turn - turns[i]))).toBeLessThanOrEqual(7);
  }
});

test('turns do not overlap', async () => {
  const schedule = new Schedule();
  let inside = 0;
  let most = 0;
  const one = async (place: Place) => {
    for (let i = 0; i < 10; i++)
      await schedule.turn(place, never, async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 1));
        inside--;
      });
  };
  await Promise.all([one(at('visible')), one(at('focused')), one(at('visible'))]);
  expect(most).toBe(1);
});

test('who comes late does not make up for the time before', async () => {
  const schedule = new Schedule();
  const log: string[] = [];
  await runner(schedule, at('visible'), 'early', log, () => log.length >= 50);
  const more: string[] = [];
  const end = () => more.length >= 20;
  const early = at('visible');
  await Promise.all([runner(schedule, early, 'early', more, end), runner(schedule, at('visible'), 'late', more, end)]);
  expect(Math.abs(count(more, 'early') - count(more, 'late'))).toBeLessThanOrEqual(2);
});

test('a hidden one waits and goes on when it is seen; an aborted one leaves the queue', async () => {
  const schedule = new Schedule();
  const hidden = at('hidden');
  let done = false;
  const turn = schedule.turn(hidden, never, async () => void (done = true));
  const controller = new AbortController();
  const aborted = schedule.turn(at('hidden'), controller.signal, async () => 1);
  await schedule.turn(at('visible'), never, async () => undefined);
  expect(done).toBe(false);
  controller.abort(new Error('left'));
  await expect(aborted).rejects.toThrow('left');
  schedule.attend(hidden, 'visible');
  await turn;
  expect(done).toBe(true);
  await expect(schedule.turn(hidden, controller.signal, async () => 1)).rejects.toThrow('left');
});

test('a turn that fails gives its place to the next', async () => {
  const schedule = new Schedule();
  const place = at('visible');
  await expect(schedule.turn(place, never, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await schedule.turn(place, never, async () => 2)).toBe(2);
});
