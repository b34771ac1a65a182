/**
 * Training for a page or for node, package entry `nextoken/train`: text and a preset go in, records come out. The generator runs
 * wherever it is called: in a page, call it in a worker.
 */
export { type Sample, type SampleToken, train, type TrainOptions, type TrainRecord } from './train.ts';
export type { TrainSettings } from './settings.ts';
export { CheckpointError, TrainingError } from './errors.ts';
export type { Schedule } from './schedule.ts';
export type { Preset, TokenizerChoice } from './preset.ts';
export { makeCorpus, makeTokenizer, prepare, type Prepared, targetCount, textSize } from './prepare.ts';
export type { Corpus } from './batches.ts';
export { documentsBetween, joinLines, type Split, splitDocuments } from './documents.ts';
export { type Memory, planTraining, type PlannedTraining, type TrainerOptions } from './planning.ts';
export { initialWeights, lastLayers } from './trainer.ts';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type Progress } from './checkpoint.ts';
export { type Lab, type LabOptions, openLab, type Running, type Training, type TrainingSettings } from './lab.ts';
export type { Feeds } from './feeds.ts';
export type { Hyper, StepResult } from './step.ts';
export type { Build, Constant, Input, Program } from '../model/program.ts';
export type { Parameter } from '../model/parameter.ts';
export type { Graph } from '../graph/graph.ts';
export type { AttentionShape } from '../graph/attention.ts';
export type { Node, NodeRequest, Tensor } from '../graph/tensor.ts';
export type { FileData } from '../files/source.ts';
export { clock } from './clock.ts';
export { countText, inUnits, type Loss, type NgramRow, ngramTable, type TextCounts } from './measure.ts';

// The yardstick beside every model
export {
  compareNgrams,
  countNgrams,
  type CountOptions,
  type NgramLoss,
  ngramLoss,
  ngramModel,
  type NgramModel,
  type NgramOptions,
  type NgramScore,
  type Smoothing,
} from '../model/ngram/ngram.ts';
export {
  type Count,
  countAfter,
  type CountTable,
  countTable,
  frequentContexts,
  type TokenCount,
} from '../model/ngram/counts.ts';
export type { Level, NgramTrie } from '../model/ngram/trie.ts';
export { type NgramSampling, sampleNgram } from '../model/ngram/sample.ts';
