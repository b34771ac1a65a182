/** The command line of the bench: all that can be known without an engine is checked before one is opened, in one line. */
import { expect, test, vi } from 'vitest';
import { parseArguments } from '../../bench/arguments.ts';
import { main } from '../../bench/cli.ts';
import { UsageError } from '../../tools/command_line.ts';

const measuring = (...argv: string[]) => {
  const request = parseArguments(argv);
  if (request.kind !== 'measure') throw new Error(request.kind);
  return request.how;
};

test('targets, sizes and options; batches are 1 where --dims leaves them out', () => {
  const how = measuring('matmul/quad', '--dims', 'M=64,N=32,K=16', '--knobs=WG=8', '--quick', '--json', 'x.json');
  expect(how).toMatchObject({ engine: 'gpu', knobs: { WG: 8 }, quick: true, json: 'x.json', samples: 7, budget: 8 });
  const [target] = how.targets;
  if (target.kind !== 'kernels') throw new Error(target.kind);
  expect(target.variant).toBe('quad');
  expect(target.cases.map((c) => c.dims)).toEqual([{ Z: 1, M: 64, N: 32, K: 16 }]);
});

test('without a target every op at its usual sizes', () => {
  const { targets, samples, budget } = measuring('--engine', 'cpu');
  expect(targets.length).toBeGreaterThan(25);
  expect(targets.every((t) => t.kind === 'kernels' && t.cases.length > 0 && t.variant === undefined)).toBe(true);
  expect([samples, budget]).toEqual([20, 60]);
  expect(measuring('roofs', 'model/mini', 'train', 'bars/rows', '--budget', '2.5')).toMatchObject({
    targets: [{ kind: 'roofs' }, { kind: 'model', name: 'mini' }, { kind: 'train' }, { kind: 'bars', name: 'rows' }],
    budget: 2.5,
  });
});

const refused: [string[], RegExp][] = [
  [['matmull'], /^there is no op "matmull"; there are .*matmul, /],
  [['matmul/fastest'], /^op matmul has no variant "fastest" on the GPU engine; it has naive, /],
  [['matmul/wasm'], /^op matmul has no variant "wasm" on the GPU engine/],
  [['matmul/naive', '--engine', 'cpu'], /on the CPU engine; it has wasm/],
  [['matmul/a/b'], /^target matmul\/a\/b: <op>\/<variant> was expected$/],
  [['matmul', '--dims', 'M=0,N=4,K=4'], /^M of matmul \(dims Z M N K\) is 0; a whole number from 1/],
  [['matmul', '--dims', 'M=4,N=4'], /^K of matmul \(dims Z M N K\) is missing/],
  [['matmul', '--dims', 'M:64'], /^--dims M:64: "M:64" is not of the form NAME=number$/],
  [['matmul', '--options', 'TC=1'], /^op matmul has no option TC; it has /],
  [['matmul', '--options', 'TB=7'], /^option TB of matmul is 7; 0 or 1 was expected$/],
  [['matmul/naive', '--knobs', 'XX=1'], /^matmul\/naive has no knob XX; there are WG$/],
  [['matmul', '--knobs', 'XX=1'], /^no variant of matmul has a knob XX; there are WG, /],
  [['--dims', 'M=4'], /^--dims, --options and --knobs are those of an op: name it$/],
  [['bars/fun'], /^there is no part fun of the bars; there are matmul, rows/],
  [['--engine', 'tpu'], /^--engine is tpu; gpu or cpu was expected$/],
  [['--samples', '0'], /^--samples is 0; a whole number from 1 on was expected$/],
  [['--fast'], /^there is no option --fast; there are --dims .* --adapter; npm run bench -- --help explains them$/],
  [['--json'], /^--json needs a value; npm run bench -- --help explains them$/],
  [['--json', 'no/such/folder/x.json'], /there is no folder no\/such\/folder$/],
  [['compare'], /^compare takes two records: npm run bench -- compare before\.json after\.json$/],
  [['compare', 'package.json', 'nowhere.json'], /^compare: there is no file nowhere\.json$/],
];
test.each(refused)('%j is refused', (argv, message) => {
  expect(() => parseArguments(argv)).toThrow(UsageError);
  expect(() => parseArguments(argv)).toThrow(message);
  expect(() => parseArguments(argv)).not.toThrow(/\n/);
});

test('a model that is none, and a record that is none, are said before anything is measured', async () => {
  await expect(main(['model/huge'])).rejects.toThrow(/^there is no model huge; there are "char-mini", /);
  await expect(main(['compare', 'package.json', 'package.json'])).rejects.toThrow(
    new UsageError('package.json is not a record of the bench: schema: "nextoken-bench" was expected, found undefined'),
  );
});

test('--help lists every option and opens nothing', async () => {
  const lines = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  expect(await main(['--help'])).toBe(0);
  const text = lines.mock.calls.join('\n');
  lines.mockRestore();
  for (const name of 'dims options knobs engine adapter threads samples budget json quick anyway'.split(' '))
    expect(text).toContain(`--${name}`);
});
