/**
 * What a person can do, as calls on the host. The host owns engines, models and trainings; this side owns what is shown. Over 300 lines,
 * because everything here shares what is open, what runs and what is shown.
 */
import type { HostClient, HostLane, HostTrainingLane } from '../src/host/client.ts';
import { openHost } from '../src/host/open_host.ts';
import type { HostSource } from '../src/host/protocol.ts';
import { recipeFor, type RecipeSize } from '../src/host/recipes.ts';
import type { EnginePreference } from '../src/session/choose_engine.ts';
import type { Sampling } from '../src/sample/sampling.ts';
import { shippedModels, type ShippedModel } from '../src/session/shipped.ts';
import { linkOf, readLink } from './link.ts';
import { type Event, initial, keptOf, next, type RunKind, type State } from './state.ts';

/** Number of bars shown. */
const CANDIDATES = 10;

/** Largest vocabulary for which the page explains how a token was drawn: that takes reading and sorting all logits. */
const MOST_DRAWN = 2 ** 14;

/** How long typing must pause before the next token is predicted. */
const TYPING_MS = 180;

/** How long changes must pause before they go into the address. */
const LINK_MS = 300;

export interface Actions {
  start(): void;
  choose(choice: string): void;
  openFiles(files: readonly File[]): void;
  openUrl(url: string): void;
  chooseEngine(engine: EnginePreference): void;
  /** Tries again to open what failed. */
  retry(): void;
  editPrompt(prompt: string): void;
  sampling(sampling: Partial<Sampling>): void;
  maxTokens(n: number): void;
  /** Runs, or stops what runs. */
  run(): void;
  step(): void;
  clear(): void;
  pick(token: number): Promise<void>;
  copyLink(): Promise<void>;
  clearCache(): Promise<void>;
  trainText(text: string): void;
  /** Loads a text that comes with the page. */
  trainExample(file: string): Promise<void>;
  trainSize(size: RecipeSize): void;
  /** Starts, pauses or resumes. */
  train(): void;
  trainStop(): void;
  trainSave(): Promise<void>;
  predictTrained(): Promise<void>;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const onPage = (path: string): URL => new URL(path, document.baseURI);

/** `show` gets every new state, at most once a frame, and why the host is not in a worker ('' where it is). */
export function connect(show: (state: State, place: string) => void): Actions {
  let state = initial;
  let host: HostClient | undefined;
  let lane: HostLane | undefined;
  let training: HostTrainingLane | undefined;
  let source:
    | { readonly from: HostSource; readonly choice: string; readonly title: string; readonly address: string }
    | undefined;
  let opening: AbortController | undefined;
  let running: AbortController | undefined;
  /** Numbers of openings, runs and trainings. */
  let last = 0;
  let frame = 0;
  let typing: ReturnType<typeof setTimeout> | undefined;
  let linking: ReturnType<typeof setTimeout> | undefined;

  const place = () => (host?.place.thread === 'page' ? host.place.why : '');
  const send = (event: Event) => {
    state = next(state, event);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      show(state, place());
    });
    clearTimeout(linking);
    linking = setTimeout(keep, LINK_MS);
  };
  const fail = (error: unknown) => send({ type: 'error', message: messageOf(error) });

  /** The address holds what fits in a link; its history entry holds the rest. */
  const keep = () => {
    const kept = keptOf(state);
    history.replaceState({ prompt: kept.prompt }, '', linkOf(kept));
  };

  const stop = () => {
    clearTimeout(typing);
    running?.abort();
    running = undefined;
  };

  /** Opens `source`; the current model keeps answering until the new one is ready. */
  const open = async (preference: EnginePreference): Promise<boolean> => {
    if (!source) return false;
    const { from, choice, title, address } = source;
    const id = ++last;
    stop();
    opening?.abort();
    const controller = (opening = new AbortController());
    send({ type: 'opening', id, title, preference });
    try {
      host ??= await openHost();
      const opened = await host.open(from, {
        engine: preference,
        attention: 'focused',
        warm: { candidates: CANDIDATES, taps: ['logits'] },
        signal: controller.signal,
        onProgress: (progress) => send({ type: 'progress', id, progress }),
        onEngine: (event) => send({ type: 'engine', id, ...(event.kind === 'recovered' && { engine: event.engine }) }),
      });
      if (controller.signal.aborted) {
        opened.close();
        return false;
      }
      lane?.close();
      lane = opened;
      const { model, engine } = opened;
      const plan = await opened.describe();
      send({ type: 'opened', id, answering: { id, choice, address, preference, model, engine, plan } });
      peek();
      void listCache();
      return true;
    } catch (error) {
      if (!controller.signal.aborted) send({ type: 'open-failed', id, message: messageOf(error) });
      return false;
    }
  };

  const predict = async (kind: RunKind): Promise<void> => {
    if (!lane || state.opening) return;
    stop();
    const id = ++last;
    const { signal } = (running = new AbortController());
    send({ type: 'run', id, kind });
    const { prompt: text, steps, sampling, maxTokens } = state;
    try {
      const run = lane.generate(
        { text, more: steps.map((s) => s.token) },
        {
          ...sampling,
          maxTokens: kind === 'run' ? maxTokens : 1,
          candidates: CANDIDATES,
          draw: lane.model.vocab <= MOST_DRAWN,
          signal,
        },
      );
      for (;;) {
        const { done, value } = await run.next();
        if (done) return send({ type: 'ended', id, end: value });
        send({ type: 'record', id, record: value });
      }
    } catch (error) {
      if (signal.aborted) send({ type: 'ended', id });
      else send({ type: 'run-failed', id, message: messageOf(error) });
    }
  };

  /** Shows what would come next, without taking it. */
  const peek = () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      if (!state.run || state.run.kind === 'peek') void predict('peek');
    }, TYPING_MS);
  };

  const listCache = async () => {
    const files = (await host?.cached().catch(() => [])) ?? [];
    send({ type: 'cached', bytes: files.reduce((sum, file) => sum + file.bytes, 0) });
  };

  const openShipped = ({ name, title, prompt }: ShippedModel) => {
    // keep a prompt that the person wrote
    if (!state.prompt || shippedModels.some((m) => m.prompt === state.prompt)) send({ type: 'edit-prompt', prompt });
    source = { from: name, choice: name, title, address: name };
    send({ type: 'choose', choice: name });
    void open(state.preference);
  };

  /** All records of one training, as long as it is the one shown. */
  const follow = async (id: number, text: string, size: RecipeSize): Promise<void> => {
    try {
      host ??= await openHost();
      training?.close();
      const begun = await host.train({ text, recipe: recipeFor(size), engine: state.preference });
      training = begun;
      for await (const record of begun.records) send({ type: 'train-record', id, record });
    } catch (error) {
      send({ type: 'train-failed', id, message: messageOf(error) });
    }
  };

  return {
    start() {
      const { prompt, ...given } = readLink(location.hash);
      const { prompt: long } = (history.state ?? {}) as { prompt?: string };
      const own = long ?? prompt;
      send({ type: 'restore', kept: { ...given, ...(own !== undefined && { prompt: own }) } });
      addEventListener('hashchange', () => location.reload()); // another link was pasted
      const language = /^zh\b/.test(navigator.language) ? 'zh' : 'en';
      const asked = shippedModels.find((m) => m.name === given.model);
      const first = shippedModels.find((m) => m.language.startsWith(language)) ?? shippedModels[0];
      if (given.model && !asked) send({ type: 'choose', choice: 'url', address: given.model }); // a link starts no download
      else openShipped(asked ?? first);
    },
    choose(choice) {
      const shipped = shippedModels.find((m) => m.name === choice);
      if (shipped) openShipped(shipped);
      else if (choice === 'trained') void this.predictTrained();
      else send({ type: 'choose', choice });
    },
    openFiles(files) {
      source = { from: files, choice: 'files', title: files.map((f) => f.name).join(', '), address: '' };
      send({ type: 'choose', choice: 'files' });
      void open(state.preference);
    },
    openUrl(url) {
      source = { from: url, choice: 'url', title: url, address: url };
      send({ type: 'choose', choice: 'url', address: url });
      void open(state.preference);
    },
    chooseEngine: (engine) => void open(engine),
    retry: () => void open(state.preference),
    editPrompt(prompt) {
      stop();
      send({ type: 'edit-prompt', prompt });
      peek();
    },
    sampling(sampling) {
      send({ type: 'sampling', sampling });
      peek();
    },
    maxTokens: (maxTokens) => send({ type: 'max-tokens', maxTokens }),
    run() {
      if (state.run && state.run.kind !== 'peek') stop();
      else void predict('run');
    },
    step: () => void predict('step'),
    clear() {
      stop();
      send({ type: 'clear' });
      peek();
    },
    /** Takes a candidate of the person's own choice instead of the drawn one. */
    async pick(token) {
      const { prompt, steps, peek: coming, run } = state;
      const from = coming ?? steps.at(-1);
      if (!lane || !from?.candidates.some((c) => c.token === token) || (run && run.kind !== 'peek')) return;
      stop();
      const before = coming ? steps : steps.slice(0, -1);
      try {
        // half a character adds no text yet: its label is not part of the text
        const texts = await lane.spell({ text: prompt, more: [...before.map((s) => s.token), token] });
        if (state.prompt !== prompt || state.steps !== steps) return;
        send({ type: 'take', steps: [...before, { ...from, token, text: texts.at(-1) ?? '' }] });
        peek();
      } catch (error) {
        fail(error);
      }
    },
    async copyLink() {
      keep();
      await navigator.clipboard.writeText(location.href).then(
        () => send({ type: 'status', status: 'Link copied. It holds model, engine, prompt and settings.' }),
        () => fail('This browser does not allow copying; the link is in the address bar.'),
      );
    },
    async clearCache() {
      await host?.clearCache().catch(fail);
      await listCache();
    },
    trainText: (text) => send({ type: 'train-text', text }),
    async trainExample(file) {
      const address = onPage(`./texts/${file}`);
      try {
        const response = await fetch(address);
        if (!response.ok) throw new Error(`the server answered ${response.status}`);
        send({ type: 'train-text', text: await response.text() });
      } catch (error) {
        fail(`Could not load the example from ${address} (${messageOf(error)}). Check the connection and try again.`);
      }
    },
    trainSize: (size) => send({ type: 'train-size', size }),
    train() {
      const { id, status } = state.training;
      if (status === 'running' || status === 'paused') {
        const paused = status === 'running';
        training?.pause(paused).catch(fail);
        return send({ type: 'train-status', id, status: paused ? 'paused' : 'running' });
      }
      if (status === 'starting' || status === 'stopping') return;
      const mine = ++last;
      send({ type: 'train-start', id: mine });
      void follow(mine, state.trainText, state.trainSize);
    },
    trainStop() {
      const { id, status } = state.training;
      if (status !== 'running' && status !== 'paused') return;
      training?.stop().catch(fail);
      send({ type: 'train-status', id, status: 'stopping' });
    },
    async trainSave() {
      if (training && state.training.saved) await training.save().then((file) => save('model.safetensors', file), fail);
    },
    async predictTrained() {
      if (!training || !state.training.saved) return;
      source = { from: training.source, choice: 'trained', title: 'Your text', address: '' };
      send({ type: 'choose', choice: 'trained' });
      const prompt = document.querySelector<HTMLElement>('#prompt');
      prompt?.scrollIntoView({ block: 'center' });
      prompt?.focus({ preventScroll: true });
      await open(state.preference);
    },
  };
}

/** Hands a file to the browser's downloads. */
function save(name: string, data: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([data]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
