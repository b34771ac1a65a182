/** What the page shows, event by event: what is no longer asked for changes nothing, and nothing is claimed that did not happen. */
import { describe, expect, test } from 'vitest';
import { linkOf, MOST_SEED, readLink } from '../../demo/link.ts';
import { type Answering, type Event, initial, keptOf, next, rate, type State } from '../../demo/state.ts';
import type { EngineReport, ModelReport, TrainingRecord } from '../../src/host/protocol.ts';
import type { GeneratedToken } from '../../src/session/records.ts';

const after = (events: readonly Event[], from: State = initial): State => events.reduce(next, from);

const engine = { kind: 'cpu', why: 'CPU, as you chose', bytesAllocated: 1 } as EngineReport;
const answering = (id: number, name: string, more: Partial<Answering> = {}): Answering => ({
  id,
  choice: name,
  address: name,
  preference: 'auto',
  model: { identity: name, title: name, context: 8, vocab: 10 } as ModelReport,
  engine,
  plan: '',
  ...more,
});
const token = (id: number, seconds = 0.01): GeneratedToken => ({
  position: 3,
  token: id,
  text: `<${id}>`,
  label: `<${id}>`,
  bytes: [],
  candidates: [],
  seconds,
  taps: {},
});
const opens = (id: number, name: string): Event[] => [
  { type: 'choose', choice: name },
  { type: 'opening', id, title: name, preference: 'auto' },
  { type: 'opened', id, answering: answering(id, name) },
];
const record = (id: number, n: number): Event => ({ type: 'record', id, record: { kind: 'token', token: token(n) } });
const textOf = ({ steps }: State) => steps.map((s) => s.text).join('');

describe('runs', () => {
  const running = after([...opens(1, 'a'), { type: 'run', id: 2, kind: 'run' }, record(2, 1), record(2, 2)]);

  test('its tokens, in order', () => {
    expect(textOf(running)).toBe('<1><2>');
    expect(running.status).toBe('Generating…');
  });

  test.each<[string, Event]>([
    ['the prompt is edited', { type: 'edit-prompt', prompt: 'other' }],
    ['it starts over', { type: 'clear' }],
    ['another engine opens', { type: 'opening', id: 9, title: 'a', preference: 'gpu' }],
    ['another run begins', { type: 'run', id: 3, kind: 'run' }],
  ])('late tokens, errors and ends change nothing once %s', (_, event) => {
    const state = next(running, event);
    expect(next(state, record(2, 7))).toBe(state);
    expect(next(state, { type: 'run-failed', id: 2, message: 'late' })).toBe(state);
    expect(next(state, { type: 'ended', id: 2 })).toBe(state);
    expect(
      next(state, { type: 'record', id: 2, record: { kind: 'begin', tokens: 9, cut: { tokens: 1, characters: 1 } } }),
    ).toBe(state);
  });

  test('a look ahead is no token of the text, and no time is claimed for it', () => {
    const state = after([
      ...opens(1, 'a'),
      { type: 'run', id: 2, kind: 'peek' },
      record(2, 4),
      { type: 'ended', id: 2 },
    ]);
    expect([textOf(state), state.peek?.token, state.firstToken, rate(state.steps)]).toEqual(['', 4, 0, 0]);
    expect(state.status).toBe('a is ready.');
  });

  test('how it ended', () => {
    const end = { tokens: 2, seconds: 1 };
    expect(next(running, { type: 'ended', id: 2 }).status).toBe('Stopped.');
    expect(next(running, { type: 'ended', id: 2, end: { ...end, reason: 'length' } }).status).toBe('Done.');
    expect(next(running, { type: 'ended', id: 2, end: { ...end, reason: 'end of text' } }).status).toBe(
      'The text has ended.',
    );
  });

  test('a lost device is told in one sentence, for the model that answers alone', () => {
    const lost = next(running, { type: 'engine', id: 1 });
    expect(lost.status).toBe('The GPU was lost; the text continues.');
    expect(textOf(lost)).toBe('<1><2>');
    const why = 'CPU, because …';
    expect(next(lost, { type: 'engine', id: 1, engine: { ...engine, why } }).answering?.engine.why).toBe(why);
    expect(next(running, { type: 'engine', id: 77 })).toBe(running);
  });
});

describe('models', () => {
  const first = after([...opens(1, 'a'), { type: 'run', id: 2, kind: 'step' }, record(2, 1)]);

  test('nothing is loading before something is chosen', () => {
    for (const choice of ['files', 'url']) expect(next(initial, { type: 'choose', choice }).opening).toBeUndefined();
  });

  test('the text of another model goes when that is there, not before', () => {
    const opening = after(
      [
        { type: 'choose', choice: 'b' },
        { type: 'opening', id: 3, title: 'b', preference: 'auto' },
      ],
      first,
    );
    expect([opening.answering?.choice, textOf(opening)]).toEqual(['a', '<1>']);
    const there = next(opening, { type: 'opened', id: 3, answering: answering(3, 'b') });
    expect([there.answering?.choice, textOf(there), there.status]).toEqual(['b', '', 'b is ready.']);
    const same = { ...answering(3, 'b'), model: first.answering!.model };
    expect(textOf(next(opening, { type: 'opened', id: 3, answering: same }))).toBe('<1>');
  });

  test('a model that does not open: the one before is chosen again and answers; its engine too', () => {
    const failed = after(
      [
        { type: 'choose', choice: 'b' },
        { type: 'opening', id: 3, title: 'b', preference: 'gpu' },
        { type: 'open-failed', id: 3, message: 'no GPU here' },
      ],
      first,
    );
    expect(failed).toMatchObject({ choice: 'a', preference: 'auto', opening: undefined, error: 'no GPU here' });
    expect([textOf(failed), failed.status]).toEqual(['<1>', 'a still answers, on the CPU.']);
  });

  test('an address that does not open stays to be mended', () => {
    const failed = after(
      [
        { type: 'choose', choice: 'url', address: 'https://example.org/' },
        { type: 'opening', id: 3, title: 'x', preference: 'auto' },
        { type: 'open-failed', id: 3, message: 'no answer' },
      ],
      first,
    );
    expect(failed).toMatchObject({ choice: 'url', address: 'https://example.org/', error: 'no answer' });
  });

  test('what an opening says after another has begun changes nothing', () => {
    const state = after([{ type: 'opening', id: 3, title: 'b', preference: 'auto' }], first);
    expect(next(state, { type: 'open-failed', id: 2, message: 'late' })).toBe(state);
    expect(next(state, { type: 'opened', id: 2, answering: answering(2, 'c') })).toBe(state);
    expect(next(state, { type: 'progress', id: 2, progress: { phase: 'engine', loaded: 1, total: 1 } })).toBe(state);
  });
});

describe('settings and links', () => {
  test.each([-5, 1e20, 1.5, NaN, MOST_SEED + 1])('a seed of %f is refused, with the range', (seed) => {
    const state = next(initial, { type: 'sampling', sampling: { seed } });
    expect(state.sampling.seed).toBe(1);
    expect(state.error).toBe('A seed is a whole number from 0 to 4,294,967,295; the seed stays 1.');
  });

  test('a link holds model, engine, prompt and settings', () => {
    const sampling = { temperature: 0.35, topK: 7, topP: 0.9, seed: MOST_SEED };
    const state = after([
      ...opens(1, 'tang'),
      { type: 'edit-prompt', prompt: 'a & b #1 床前' },
      { type: 'sampling', sampling },
      { type: 'max-tokens', maxTokens: 60 },
    ]);
    const link = linkOf(keptOf(state));
    expect(readLink(link)).toEqual({ model: 'tang', engine: 'auto', prompt: 'a & b #1 床前', maxTokens: 60, sampling });
    expect(linkOf({ ...keptOf(state), prompt: 'x'.repeat(9000) }).length).toBeLessThan(300);
  });

  test('what makes no sense in a link is dropped', () => {
    expect(readLink('#engine=tpu&seed=-1&topK=1.5&temperature=&topP=2&maxTokens=1e9&other=1')).toEqual({
      sampling: {},
    });
    expect(readLink('')).toEqual({ sampling: {} });
  });
});

describe('training', () => {
  const train = (id: number, trained: TrainingRecord): Event => ({ type: 'train-record', id, record: trained });
  const step = (n: number) =>
    ({
      kind: 'step',
      record: { step: n, loss: 3 - n / 100, progress: n / 100, seconds: n },
      saved: n > 1,
    }) as TrainingRecord;
  const going = after([{ type: 'train-start', id: 5 }, ...[1, 2, 3, 4].map((n) => train(5, step(n)))]);

  test('records of an earlier training change nothing', () => {
    expect(next(going, train(4, step(9))).training).toBe(going.training);
    expect(next(going, { type: 'train-failed', id: 4, message: 'late' }).training).toBe(going.training);
  });

  test('a lost device: what was learned after the checkpoint is forgotten, and it is said', () => {
    const state = after(
      [train(5, { kind: 'lost', reason: 'reset' }), train(5, { kind: 'recovered', engine, step: 2 })],
      going,
    );
    expect(state.training.points.map((p) => p.step)).toEqual([1, 2]);
    expect(state.training.message).toBe('The GPU was lost; training continues from step 2.');
  });

  test('a training that cannot begin says why, and can be started again', () => {
    const state = after([
      { type: 'train-start', id: 6 },
      { type: 'train-failed', id: 6, message: 'no WebGPU here' },
    ]);
    expect(state.training).toMatchObject({ status: 'failed', message: 'no WebGPU here', saved: false });
    expect(next(going, train(5, { kind: 'end', reason: 'stopped' })).training).toMatchObject({
      status: 'ended',
      saved: true,
    });
  });
});
