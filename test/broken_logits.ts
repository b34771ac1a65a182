/** Logits that say nothing, down to the bits of every kind of NaN, through each kernel of `sample` that an engine has. */
import { expect } from 'vitest';
import { planOf } from '../src/bench/one_step.ts';
import { runnable } from '../src/bench/roofs.ts';
import { stateWords } from '../src/kernels/cases/fills.ts';
import { findOp } from '../src/kernels/registry.ts';
import type { Engine } from '../src/plan/types.ts';
import { NO_TOKEN, STATE } from '../src/plan/state.ts';

/** x86 makes the second kind, ARM and JavaScript the first. */
const BROKEN = { 'quiet NaN': 0x7fc00000, '−NaN': 0xffc00000, 'signalling NaN': 0x7f800001, '+∞': 0x7f800000 };
const MINUS_INFINITY = 0xff800000;

const settings = [{ temperature: 0 }, { temperature: 1 }, { temperature: 0.7, topK: 5, topP: 0.9 }];

export async function provesBrokenLogits(engine: Engine): Promise<void> {
  const op = findOp('sample');
  const dims = { R: 1, V: 37, H: 4 };
  for (const variant of runnable(op, dims, {}, engine.facts)) {
    const plan = planOf({ op, dims, facts: engine.facts, variant });
    const runner = await engine.open(variant.name).load(plan);
    const { logits, state, history } = plan.values;
    /** Token in the history, token and position in the state. */
    const draw = async (words: Uint32Array<ArrayBuffer>, setting: (typeof settings)[number]) => {
      runner.write(logits, words);
      runner.write(state, Uint32Array.from(stateWords({ ...setting, pos: 6, count: 5, token: 3 })));
      runner.run();
      const [after, ring] = (await runner.read(state, history)).map((bytes) => new Uint32Array(bytes));
      expect([after[STATE.POS], after[STATE.COUNT]]).toEqual([7, 6]);
      return { token: after[STATE.TOKEN], stored: ring[1] };
    };
    const sound = () => new Uint32Array(Float32Array.from({ length: dims.V }, (_, v) => Math.sin(v * v)).buffer);
    for (const setting of settings) {
      for (const [what, bits] of Object.entries(BROKEN))
        for (const place of [0, 18, 36]) {
          const words = sound();
          words[place] = bits;
          const where = `${variant.name}: ${what} at ${place}, temperature ${setting.temperature}`;
          expect(await draw(words, setting), where).toEqual({ token: 0, stored: NO_TOKEN });
        }
      const none = new Uint32Array(dims.V).fill(MINUS_INFINITY);
      expect(await draw(none, setting), `${variant.name}: all −∞`).toEqual({ token: 0, stored: NO_TOKEN });
      none[30] = sound()[30];
      expect(await draw(none, setting), `${variant.name}: all but one −∞`).toEqual({ token: 30, stored: 30 });
    }
    runner.close();
  }
}
