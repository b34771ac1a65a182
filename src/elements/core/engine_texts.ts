/**
 * What the engine has to say, in the reader's language: why it is this one, why it runs where it does, what was checked, what went wrong.
 * The engine gives a code with its parameters beside an English sentence. A code or an error's class without a text does not compile.
 */
import type { DownloadFailure } from '../../files/transfer.ts';
import type { GpuUnavailable } from '../../gpu/types.ts';
import type { SentName } from '../../host/errors.ts';
import type { PlaceReason } from '../../host/refusal.ts';
import type { CheckTold } from '../../host/verification.ts';
import type { ChosenBy } from '../../kernels/choose.ts';
import type { EngineReason } from '../../session/reason.ts';

/** Every error of ours that can reach an element, and those of browsers that do. */
export type ErrorName =
  | SentName
  | 'AbortError'
  | 'CpuPlanError'
  | 'NeedsModelError'
  | 'NotAllowedError'
  | 'RecordError'
  | 'RunFileError'
  | 'TimeoutError'
  | 'UnknownOpError';

/** A sentence for each code, with what belongs to it. */
type ByCode<R extends { readonly code: string }> = {
  readonly [C in R['code']]: (reason: Extract<R, { code: C }>) => string;
};

export interface EngineTexts {
  /** English is the reader's language: what kernels say about themselves is shown as it is. */
  readonly native: boolean;
  readonly reasons: ByCode<EngineReason>;
  readonly places: ByCode<PlaceReason>;
  readonly missing: Readonly<Record<GpuUnavailable, string>>;
  /** There is no GPU, because of that. */
  readonly noGpu: (missing: string) => string;
  readonly chosen: Readonly<Record<ChosenBy, string>>;
  readonly checks: Readonly<Record<CheckTold, (tokens: number) => string>>;
  readonly goldenTokens: string;
  /** What happened and what can be done, by class. */
  readonly errors: Readonly<Record<ErrorName, string>>;
  /** The same for a file that did not come. */
  readonly download: Readonly<Record<DownloadFailure, string>>;
  /** An error of no class of ours. */
  readonly unknown: string;
}

const missing: EngineTexts['missing'] = {
  webgpu: 'this browser has no WebGPU, or the page was not opened over HTTPS',
  adapter: 'the browser has WebGPU but found no GPU for it',
  'adapter-refused': 'the browser refuses the GPU',
  'device-refused': 'the GPU gave no device',
  failed: 'the GPU could not be set up',
};

export const english: EngineTexts = {
  native: true,
  reasons: {
    'cpu-chosen': () => 'CPU, as you chose.',
    'handed-in': () => 'The page has chosen this engine.',
    'gpu-chosen': ({ name, software }) =>
      software ? `${name}, as you chose: a CPU that plays a GPU.` : `${name}, as you chose.`,
    gpu: ({ name }) => `${name}, this machine’s GPU.`,
    'only-software': ({ name }) => `CPU: the only GPU here (${name}) is software, and WebAssembly is faster.`,
    'no-gpu': ({ missing: what }) => `CPU: ${missing[what]}.`,
    'one-thread': () => 'CPU on one thread: the page does not let it start others.',
    memory: () => 'CPU: the GPU’s memory is too small for this model.',
    lost: ({ times }) => `CPU: the GPU was lost ${times} times in a row.`,
    'lost-opening': ({ times }) => `CPU: the GPU was lost ${times} times while the model opened.`,
    'lost-no-gpu': ({ missing: what }) => `CPU: the GPU was lost, and ${missing[what]}.`,
    wrong: ({ what }) => `CPU: ${what} gives wrong numbers on this GPU.`,
  },
  places: {
    asked: () => 'On the page’s own thread, as the page asks.',
    'no-workers': () => 'On the page’s own thread: there are no workers here.',
    'trusted-types': ({ directive }) =>
      `On the page’s own thread: the page’s Content-Security-Policy (${directive}) refuses a worker. Add nextoken to its trusted-types.`,
    policy: ({ directive, source }) =>
      `On the page’s own thread: the page’s Content-Security-Policy (${directive}) refuses a worker. Add worker-src ${source}.`,
    failed: () => 'On the page’s own thread: the worker did not start.',
  },
  missing,
  noGpu: (what) => `There is no GPU to use: ${what}. The CPU works too.`,
  chosen: {
    rule: 'the best one for these sizes, by the rules',
    tuner: 'measured as the fastest on this device',
    check: 'another one gives wrong numbers here',
  },
  checks: {
    case: () => '',
    wrong: () => '',
    elsewhere: () => 'a kernel of another engine',
    'no-case': () => 'nothing to compare it with',
    golden: (tokens) => `${tokens} tokens`,
  },
  goldenTokens: 'golden tokens',
  errors: {
    AbortError: 'It was cancelled.',
    CheckpointError: 'What was learned cannot be continued. Start the training again.',
    ClosedError: 'It is closed already. Open the model again.',
    CpuPlanError: 'The CPU engine cannot run this model. Choose another one.',
    DeviceLostError: 'The GPU was lost. Try again.',
    DownloadError: 'The file did not come. Try again.',
    FileFormatError: 'These files do not make a model. Choose others.',
    GpuError: 'The GPU refused a command. Try again, or choose the CPU.',
    GpuUnavailableError: 'There is no GPU to use here. The CPU works too.',
    HostError: 'Nothing can compute in this page any more. Load the page again.',
    NeedsModelError: 'This needs the model. Load it first.',
    NotAllowedError: 'The browser does not allow it.',
    NotFiniteError: 'The model gives no numbers: its weights are broken. Choose another file.',
    OutOfMemoryError: 'The memory does not suffice. Choose a smaller model, or close other pages.',
    RangeError: 'A number is out of its range.',
    RecordError: 'This is no record of measurements. Choose another file.',
    RunFileError: 'This is no recorded run. Choose another file.',
    SettingsError: 'A setting is out of its range.',
    ShaderError: 'The kernel does not compile.',
    TimeoutError: 'It took too long. Try again.',
    TokenizerError: 'The tokenizer cannot be read. Choose another file.',
    TrainingError: 'There is nothing to train on. Give it more text.',
    TypeError: 'Something is wrong in the program, or the network did not answer. Try again.',
    UnknownOpError: 'There is no such kernel.',
    WeightsError: 'The weights do not fit the model. Choose another file.',
  },
  download: {
    http: 'The server did not give the file. Check the address.',
    network: 'The connection broke. Check the network and try again.',
    length: 'The file came incomplete. Try again.',
    hash: 'The file is not the published one. Try again.',
    storage: 'The browser has no room to keep the file. Free some and try again.',
  },
  unknown: 'Something did not work.',
};
