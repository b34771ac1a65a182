/**
 * The public face of the package: engines that run Plans, the kernels behind them, models, tokenizers and text generation.
 * Everything else may change without notice.
 */

// What a plan is, and what runs it
export type {
  Arena,
  CompilerMessage,
  Counters,
  Dims,
  Elem,
  Engine,
  Facts,
  KernelText,
  Limits,
  LoadOptions,
  Options,
  Pass,
  Plan,
  PlanStep,
  Region,
  Runner,
  RunOptions,
  Scalars,
  Scope,
} from './plan/types.ts';
export { ClosedError, DeviceLostError, OutOfMemoryError } from './plan/errors.ts';
export { SettingsError } from './plan/settings.ts';
export {
  GpuError,
  type GpuEntry,
  type GpuUnavailable,
  GpuUnavailableError,
  type OpenDeviceOptions,
  ShaderError,
} from './gpu/types.ts';
export { openGpuEngine } from './gpu/open.ts';
export { openCpuEngine } from './cpu/open.ts';
export type { CpuEngineOptions } from './cpu/types.ts';
export {
  adapterName,
  chooseEngine,
  type ChosenEngine,
  type EngineOptions,
  type EnginePreference,
} from './session/choose_engine.ts';

// Kernels as data
export type { CpuVariant, GpuVariant, Knobs, Op, Port, Tolerance, Variant } from './kernels/op.ts';
export { findOp, ops } from './kernels/registry.ts';
export { choose, type Choice, type ChosenBy, type Table, type TableEntry } from './kernels/choose.ts';
export { describePlan } from './graph/describe.ts';

// Models
export { makeConfig, presets, type ModelConfig } from './model/config.ts';
export { configFromHub, configToHub } from './model/hub_config.ts';
export type { Json } from './model/hub_reader.ts';
export type { RopeScaling } from './model/rope.ts';
export type { Layout } from './graph/layout.ts';
export type { PlacedWeights } from './model/placed_weights.ts';
export type { Storage } from './model/places.ts';
export { type NamedTensor, type Weights, WeightsError } from './model/weights.ts';
export { fromHub, toHub } from './model/hub_weights.ts';

// Text
export { openTokenizer } from './tokens/open.ts';
export {
  type BpeFile,
  type BytesFile,
  type CharactersFile,
  type EncodeOptions,
  type HuggingFaceFile,
  type SentencePieceFile,
  type Special,
  type TextStream,
  TokenizerError,
  type Tokenizer,
  type TokenizerFile,
  type TokenizerKind,
} from './tokens/types.ts';
export type { BpeTokenizer, MergeStep } from './tokens/bpe.ts';
export { type BpeOptions, type LearnedMerge, trainBpe } from './tokens/train.ts';
export { type CharacterOptions, trainCharacters } from './tokens/train_characters.ts';

// Generation
export {
  type ModelInMemory,
  type ModelSource,
  openModel,
  type OpenedModel,
  type OpenOptions,
  type OpenProgress,
} from './session/open_model.ts';
export { type ShippedModel, shippedModels } from './session/shipped.ts';
export { Model, type ModelOptions, type ModelParts, type Reopened, type WarmOptions } from './session/model.ts';
export {
  DownloadError,
  type DownloadFailure,
  type DownloadOptions,
  type Progress as DownloadProgress,
} from './files/transfer.ts';
export type { Store } from './files/store.ts';
export { FileFormatError, type Where } from './files/types.ts';
export { NotFiniteError } from './session/errors.ts';
export type { EngineReason } from './session/reason.ts';
export type { AttentionReading, AttentionRow } from './session/attention.ts';
export type { Draw, DrawnCandidate } from './sample/draw.ts';
export type { Sampling } from './sample/sampling.ts';
export type {
  Candidate,
  GenerateOptions,
  GeneratedToken,
  Lens,
  LensColumn,
  ScoredToken,
  Tap,
} from './session/records.ts';
