/** npm run train -- …: see arguments.ts. */
import { asksForHelp } from '../command_line.ts';
import { shipArguments, trainArguments, USAGE } from './arguments.ts';
import { runTraining } from './run.ts';
import { ship } from './ship.ts';

export async function main(argv: readonly string[]): Promise<number> {
  if (asksForHelp(argv)) {
    console.log(USAGE);
    return 0;
  }
  if (argv[0] === 'ship') return ship(shipArguments(argv.slice(1)));
  return runTraining(trainArguments(argv));
}
