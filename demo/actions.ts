/** What a person can do, as calls on the worker. The worker owns the engine and the model; this side owns the state. */
import type { EnginePreference } from '../src/session/choose_engine.ts';
import type { Sampling } from '../src/sample/sampling.ts';
import { shippedModels } from '../src/session/shipped.ts';
import type { FileSource, Reply, Request, TrainSize } from './protocol.ts';
import { type Event, initial, next, type State } from './state.ts';

/** Bars that are shown. */
const CANDIDATES = 10;

/** How long typing must rest before the next token is predicted. */
const TYPING_MS = 180;

export interface Actions {
  start(): Promise<void>;
  chooseModel(model: string): void;
  openFiles(files: readonly File[]): void;
  openUrl(url: string): void;
  chooseEngine(engine: EnginePreference): void;
  editPrompt(prompt: string): void;
  sampling(sampling: Partial<Sampling>): void;
  maxTokens(n: number): void;
  run(): void;
  step(): void;
  stop(): void;
  clear(): void;
  pick(token: number): void;
  clearCache(): void;
  trainText(text: string): void;
  /** Loads a text that comes with the page. */
  trainExample(file: string): Promise<void>;
  trainSize(size: TrainSize): void;
  train(): void;
  trainPause(): void;
  trainResume(): void;
  trainStop(): void;
  trainSave(): void;
}

/** Starts the worker; `show` gets every new state, at most once a frame. */
export function connect(show: (state: State) => void): Actions {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  const post = (request: Request) => worker.postMessage(request);
  let state = initial;
  let source: FileSource | undefined;
  let frame = 0;
  let peeking = false;
  let typing: ReturnType<typeof setTimeout> | undefined;

  const send = (event: Event) => {
    state = next(state, event);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      show(state);
    });
  };

  const open = () => {
    if (source) post({ type: 'open', source, engine: state.enginePreference });
  };

  const predict = (maxTokens: number, peek: boolean) => {
    if (!state.report) return;
    const id = state.runId + 1;
    peeking = peek;
    send({ type: 'run', id, peek });
    post({
      type: 'predict',
      id,
      text: state.prompt,
      more: state.steps.map((s) => s.token),
      sampling: state.sampling,
      maxTokens,
      candidates: CANDIDATES,
    });
  };

  /** Shows what would come next, without taking it. */
  const peek = () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      if (!state.running) predict(1, true);
    }, TYPING_MS);
  };

  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    send({ type: 'reply', reply: data, peek: peeking });
    if (data.type === 'opened') {
      peek();
      post({ type: 'cache-list' });
    }
    if (data.type === 'train-file') save(data.name, data.data);
  });
  worker.addEventListener('error', (event) =>
    send({ type: 'error', message: `The worker failed: ${event.message || 'its code could not be loaded'}` }),
  );

  const actions: Actions = {
    async start() {
      show(state);
      send({ type: 'models', models: shippedModels });
      const language = /^zh\b/.test(navigator.language) ? 'zh' : 'en';
      actions.chooseModel(shippedModels.find((m) => m.language.startsWith(language))!.name);
    },
    chooseModel(model) {
      const shipped = state.models.find((m) => m.name === model);
      if (model === 'trained') source = { kind: 'trained' };
      else if (shipped) source = { kind: 'shipped', name: model };
      else {
        send({ type: 'choose-model', model });
        return;
      }
      send({ type: 'choose-model', model, ...(shipped && { prompt: shipped.prompt }) });
      open();
    },
    openFiles(files) {
      source = { kind: 'files', files };
      send({ type: 'choose-model', model: 'files' });
      open();
    },
    openUrl(url) {
      source = { kind: 'url', url };
      send({ type: 'choose-model', model: 'url' });
      open();
    },
    chooseEngine(engine) {
      send({ type: 'choose-engine', engine });
      open();
    },
    editPrompt(prompt) {
      if (state.running) post({ type: 'stop' });
      send({ type: 'edit-prompt', prompt });
      peek();
    },
    sampling(sampling) {
      send({ type: 'sampling', sampling });
      peek();
    },
    maxTokens: (maxTokens) => send({ type: 'max-tokens', maxTokens }),
    run: () => predict(state.maxTokens, false),
    step: () => predict(1, false),
    stop: () => post({ type: 'stop' }),
    clear() {
      post({ type: 'stop' });
      send({ type: 'clear' });
      peek();
    },
    /** Takes a candidate of the person's own choice instead of the drawn one. */
    pick(token) {
      const from = state.peek ?? state.steps.at(-1);
      const candidate = from?.candidates.find((c) => c.token === token);
      if (!from || !candidate || state.running) return;
      const replaced = state.peek ? state.steps : state.steps.slice(0, -1);
      state = { ...state, steps: replaced };
      send({ type: 'take', step: { ...from, token, text: candidate.text } });
      peek();
    },
    clearCache: () => post({ type: 'cache-clear' }),
    trainText: (text) => send({ type: 'train-text', text }),
    async trainExample(file) {
      const response = await fetch(new URL(`./texts/${file}`, document.baseURI));
      if (response.ok) send({ type: 'train-text', text: await response.text() });
      else send({ type: 'error', message: `The example text answered ${response.status}` });
    },
    trainSize: (size) => send({ type: 'train-size', size }),
    train() {
      send({ type: 'train-status', status: 'starting' });
      post({ type: 'train', text: state.trainText, size: state.trainSize, engine: state.enginePreference });
    },
    trainPause() {
      send({ type: 'train-status', status: 'paused' });
      post({ type: 'train-pause' });
    },
    trainResume() {
      send({ type: 'train-status', status: 'running' });
      post({ type: 'train-resume' });
    },
    trainStop: () => post({ type: 'train-stop' }),
    trainSave: () => post({ type: 'train-save' }),
  };
  return actions;
}

/** Hands a file to the browser's downloads. */
function save(name: string, data: ArrayBuffer): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([data]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
