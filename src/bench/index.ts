/**
 * Measuring, package entry `nextoken/bench`: kernels of any engine against the measured roofs of the machine, the same in node and in a
 * page. Every number has its interval, and none is given for a kernel whose results are wrong.
 */
export { benchJobs, bestRoofs, type GroupResult, type Job, jobsOf } from './bench.ts';
export { compareRecords, type Compared, type Comparison, rowName } from './compare.ts';
export { instance, largestCase } from './instance.ts';
export type { Bench } from './kernel.ts';
export type { Case, Fill, Random } from '../kernels/cases/case.ts';
export {
  type Clock,
  type Contender,
  clockQuantum,
  measure,
  type MeasureOptions,
  type Progress,
  type Timing,
} from './measure.ts';
export * from './record.ts';
export { type BenchOptions, openBench } from './open.ts';
export { openRoofs, type Probe, type Roofs } from './roofs.ts';
export { median, medianInterval, pairedRatio } from './stats.ts';
export {
  digitsOf,
  type Estimate,
  filled,
  inSeconds,
  inUnit,
  judge,
  type Measured,
  ratioText,
  type Reason,
  REFUSALS,
  REMARKS,
  type Scale,
  shareText,
  significant,
  type Verdict,
} from './verdict.ts';
export { type Trace, type TraceOptions, type TraceRow, traceRunner, traceToken } from './trace.ts';
