/** Cases of one step of an LSTM and of its gradient. */
import type { Options } from '../op.ts';
import type { Case, Family, Fill, Random } from './case.ts';
import { coin, int } from './fills.ts';

// open and shut gates, where careless curves overflow
const TAILS: Fill = { kind: 'values', values: [0, -0.5, 0.5, -6, 6, -20, 20, -90, 90, 1e-20, -1e4, 1e4, 3] };

function forward(R: number, C: number, options: Options = {}, note?: string, gates?: Fill): Case {
  return {
    op: 'lstm_cell',
    dims: { R, C },
    options,
    ...(note ? { note } : {}),
    ...(gates ? { fills: { gates } } : {}),
  };
}

/** The state `c` need not be what the forward pass makes: the gradient is defined for any. */
const backward = (...given: Parameters<typeof forward>): Case => ({ ...forward(...given), op: 'lstm_cell_bwd' });

const cases: Case[] = [
  forward(1, 1),
  forward(5, 3),
  forward(32, 64),
  forward(9, 127),
  forward(3, 100),
  forward(1, 512, {}, 'one row'),
  forward(7, 5, { FIRST: 1 }),
  forward(6, 32, { FIRST: 1 }),
  forward(7, 5, {}, 'gates wide open and shut', TAILS),
  forward(7, 8, {}, 'gates wide open and shut', TAILS),

  backward(1, 1),
  backward(5, 3),
  backward(32, 64),
  backward(9, 127),
  backward(3, 100, { DC: 0 }),
  backward(7, 5, { FIRST: 1 }),
  backward(6, 32, { FIRST: 1, DC: 0 }),
  backward(4, 7, { FIRST: 1, DC: 0 }),
  backward(7, 5, {}, 'gates wide open and shut', TAILS),
  backward(7, 8, {}, 'gates wide open and shut', TAILS),
];

const size = (random: Random): [number, number] => [int(random, 1, 30), int(random, 1, 80)];

const random = {
  lstm_cell: (random: Random) => forward(...size(random), { FIRST: coin(random) }),
  lstm_cell_bwd: (random: Random) => backward(...size(random), { FIRST: coin(random), DC: coin(random) }),
};

export const family: Family = { cases, random };
