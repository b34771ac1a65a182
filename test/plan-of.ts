export { GUARD_BYTES, type OneStep, planOf } from '../src/bench/one_step.ts';
