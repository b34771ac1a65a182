/** The command line of the training: both forms of an option, one line about what it does not understand. */
import { describe, expect, test, vi } from 'vitest';
import { UsageError } from '../../../tools/command_line.ts';
import { shipArguments, trainArguments } from '../../../tools/train/arguments.ts';
import { main } from '../../../tools/train/cli.ts';
import { progressLine } from '../../../tools/train/run.ts';

describe('npm run train', () => {
  test('reads options in both forms', () => {
    expect(trainArguments(['austen', '--engine=gpu', '--threads', '2', '--resume', '--minutes', '1.5'])).toEqual({
      preset: 'austen',
      engine: 'gpu',
      threads: 2,
      resume: true,
      fresh: false,
      minutes: 1.5,
      steps: undefined,
      out: undefined,
    });
    expect(shipArguments(['tang', '--out', 'x', '--note=yes'])).toEqual({
      preset: 'tang',
      from: undefined,
      out: 'x',
      note: 'yes',
    });
  });

  test.each<[string[], string]>([
    [[], 'which preset? One of austen, char-mini, tang, or a file; npm run train -- --help explains more'],
    [['a', 'b'], 'two presets: a and b; one was expected'],
    [['a', '--engine', 'tpu'], '--engine is tpu; cpu or gpu was expected'],
    [['a', '--steps=-3'], '--steps is -3; a whole number from 1 on was expected'],
    [['a', '--steps', '2.5'], '--steps is 2.5; a whole number from 1 on was expected'],
    [['a', '--minutes', 'ten'], '--minutes is ten; a number above 0 was expected'],
    [['a', '--threads='], '--threads is empty; a whole number from 1 on was expected'],
    [['a', '--steps', '5', '--minutes', '1'], '--steps and --minutes both plan the end: choose one'],
    [['a', '--resume', '--fresh'], '--resume goes on with the run and --fresh begins again: choose one'],
    [
      ['a', '--fast'],
      'there is no option --fast; there are --engine --threads --steps --minutes --resume --fresh --out --adapter; npm run train -- --help explains them',
    ],
    [['a', '--out'], '--out needs a value; npm run train -- --help explains them'],
    [['a', '--resume=yes'], '--resume takes no value; npm run train -- --help explains them'],
    [
      ['a', '--steps', '-3'],
      '--steps needs a value; one that begins with - is written --steps=-…; npm run train -- --help explains them',
    ],
  ])('%j is refused in one line', (argv, message) => {
    expect(() => trainArguments(argv)).toThrow(UsageError);
    expect(() => trainArguments(argv)).toThrow(new UsageError(message));
  });

  test('--help lists every option and starts nothing', async () => {
    const lines = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    expect(await main(['--help'])).toBe(0);
    const text = lines.mock.calls.join('\n');
    lines.mockRestore();
    for (const option of ['--engine', '--threads', '--steps', '--minutes', '--resume', '--fresh', '--out'])
      expect(text).toContain(option);
  });

  test('shows progress, speed and time left', () => {
    const line = progressLine({
      step: 50,
      epoch: 0,
      progress: 0.25,
      seconds: 60,
      tokens: 1000,
      tokensPerSecond: 1234.5,
      loss: 2.5,
      gradNorm: 1,
      learningRate: 1e-3,
      validationLoss: 2.4,
      best: true,
    });
    expect(line).toContain('[#####···············] 25 %');
    expect(line).toContain('1235 tokens/s');
    expect(line).toContain('3:00 left');
    expect(line).toContain('validation 2.4000 (best)');
  });
});
