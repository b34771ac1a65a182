/** The line's buttons, settings and sentences: what the page shows of its Run, and what a person does with it. */
import { html, nothing, render } from 'lit';
import { type EngineTexts, english as engineEnglish } from '../../src/elements/core/engine_texts.ts';
import { explain, plain } from '../../src/elements/core/explain.ts';
import { registry } from '../../src/elements/core/registry.ts';
import { count } from '../../src/elements/core/format.ts';
import { controls, message, type Scene, standing } from '../../src/elements/next-token/frame.ts';
import type { NextToken } from '../../src/elements/next-token/next-token.class.ts';
import { settingsTemplate } from '../../src/elements/next-token/settings.ts';
import { english, type NextTokenTexts } from '../../src/elements/next-token/texts.ts';
import type { LiveRun } from '../../src/run/services.ts';
import type { Run, RunChange } from '../../src/run/types.ts';
import type { EnginePreference } from '../../src/session/choose_engine.ts';
import { MOST_SEED, type Shared, writeLink } from '../shell/link.ts';
import { isChinese, say } from '../shell/words.ts';
import { keepSoon, stateOf } from './keep.ts';

const one = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!;

/** Tokens per second from which there is no pace any more. */
const FREE = 64;

export class Desk {
  readonly line: NextToken;
  /** The Run that computes; it stays while a recording is shown. */
  live: LiveRun | undefined;
  #run: Run | undefined;
  #t: NextTokenTexts = english;
  #words: EngineTexts = engineEnglish;
  #engine: EnginePreference;
  /** A link's tokens, until they have been taken. */
  #tokens: readonly number[];
  #shared: Shared;
  #told = '';
  #size = 0;
  readonly #change = (event: Event) => this.#changed((event as RunChange).keys);

  constructor(line: HTMLElement, shared: Shared) {
    this.line = line as NextToken;
    this.#shared = shared;
    this.#engine = shared.engine ?? 'auto';
    this.#tokens = shared.tokens ?? [];
    registry.changes.addEventListener('change', () => this.#look());
    addEventListener('language', () => void this.#speak());
    this.#listen();
    this.#look();
    void this.#speak();
  }

  /** A sentence beside the line. */
  tell(words: string): void {
    this.#told = words;
    this.#render();
  }

  /** Shows a recording; undefined: what computes again. */
  show(recorded: Run | undefined): void {
    this.line.run = recorded ?? this.live;
    this.tell('');
  }

  async #speak(): Promise<void> {
    const chinese = isChinese();
    this.#t = chinese ? (await import('../../src/elements/next-token/texts.zh.ts')).default : english;
    this.#words = chinese ? (await import('../../src/elements/core/engine_texts.zh.ts')).default : engineEnglish;
    this.#render();
  }

  #look(): void {
    const run = this.line.shown;
    if (run === this.#run) return;
    this.#run?.removeEventListener('change', this.#change);
    this.#run = run;
    run?.addEventListener('change', this.#change);
    if (run && 'open' in run) {
      this.live = run as LiveRun;
      // what a link names is asked nothing before a press
      const asked = this.line.reveal === 'auto' ? registry.services?.facts(this.live.source) : undefined;
      void asked?.then(
        ({ bytes }) => {
          this.#size = bytes;
          this.#render();
        },
        () => undefined, // the button then names no size
      );
    }
    this.#render();
  }

  #changed(keys: RunChange['keys']): void {
    const { live } = this;
    if (live && this.#run === live) {
      if (live.state === 'ready' && this.#tokens.length) void this.#follow(live);
      if (keys.has('prompt') || keys.has('sampling') || keys.has('model') || keys.has('selection'))
        keepSoon(() => stateOf(this.line, live, this.#engine));
      // a recording or a model that comes is no answer to what was said
      const written = keys.has('prompt') || keys.has('steps');
      if (written && !live.recorded && !keys.has('model')) this.#told = '';
    }
    this.#render();
  }

  /** A link's text, token by token: drawn ones as they are drawn here, chosen ones as chosen. */
  async #follow(live: LiveRun): Promise<void> {
    const tokens = this.#tokens;
    this.#tokens = [];
    const { prompt } = live;
    for (const token of tokens) {
      while (!live.peek && live.prompt === prompt)
        await new Promise((next) => live.addEventListener('change', next, { once: true }));
      if (live.prompt !== prompt) return; // the person has begun another text
      await (live.peek!.token === token ? live.step() : live.pick(token));
    }
    const { selection } = this.#shared;
    if (selection && Object.keys(selection).length) live.select('pin', selection);
  }

  #listen(): void {
    const prompt = one<HTMLTextAreaElement>('#prompt');
    prompt.addEventListener('input', () => {
      if (this.#run !== this.live) this.show(undefined);
      this.line.value = prompt.value;
    });
    addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
      event.preventDefault();
      this.#start();
    });
    const engine = one<HTMLSelectElement>('.engine select');
    engine.addEventListener('change', () => void this.#choose(engine.value as EnginePreference));
    one('.settings-place').addEventListener(
      'change',
      (event) => this.#checkSeed(event.target as HTMLInputElement),
      true,
    );
    one('.share').addEventListener('click', () => void this.#share());
    document.addEventListener('model-pick', ({ target }) => {
      one('.model').removeAttribute('open');
      if ((target as Element).localName === 'nt-train-panel') prompt.focus(); // what it learned answers there
    });
    document.addEventListener('keydown', ({ key }) => {
      const model = one<HTMLDetailsElement>('.model[open]');
      if (key !== 'Escape' || !model) return;
      model.removeAttribute('open');
      model.querySelector('summary')!.focus();
    });
  }

  async #choose(engine: EnginePreference): Promise<void> {
    const { live } = this;
    const before = this.#engine;
    if (!live) return;
    this.#engine = engine;
    await live.open(undefined, engine);
    if (live.failure && this.#engine === engine) this.#engine = before;
    keepSoon(() => stateOf(this.line, live, this.#engine));
    this.#render();
  }

  #checkSeed(field: HTMLInputElement): void {
    if (field.type !== 'number' || (field.value !== '' && field.checkValidity())) return;
    const { seed } = this.line;
    const most = count(MOST_SEED, document.documentElement.lang);
    this.tell(
      say(
        `A seed is a whole number from 0 to ${most}; the seed stays ${seed}.`,
        `种子是 0 到 ${most} 的整数；仍为 ${seed}。`,
      ),
    );
  }

  #start(): void {
    const run = this.#run;
    if (run?.state === 'running') run.stop();
    else void run?.run(this.line.maxTokens);
  }

  async #share(): Promise<void> {
    const { live } = this;
    if (!live) return;
    const tokens = live.steps.map((step) => step.token);
    const link = await writeLink({ ...stateOf(this.line, live, this.#engine), tokens });
    if (!link) {
      this.tell(say('This text is too long for a link; it can be a file.', '文本太长，放不进链接；可以存成文件。'));
      document.querySelector<HTMLElement>('.record')!.click();
      return;
    }
    history.replaceState(history.state, '', link);
    await navigator.clipboard.writeText(location.href).then(
      () => this.tell(say('The link is copied.', '链接已复制。')),
      () => this.tell(say('The link is in the address bar.', '链接在地址栏里。')),
    );
  }

  #pace(times: number): void {
    const now = Number(this.line.pace) || FREE;
    const next = Math.max(1, now * times);
    this.line.pace = next >= FREE ? 'free' : next;
  }

  #render(): void {
    const { line } = this;
    const run = this.#run;
    const lang = document.documentElement.lang;
    const t = this.#t;
    const scene: Scene = {
      t,
      words: this.#words,
      lang,
      run,
      title: '',
      live: true,
      size: this.#size,
      disabled: false,
      at: undefined,
      settings: false,
      wide: true,
    };
    const idle = !run?.steps.length;
    render(
      html`${controls(scene, {
        next: () => run?.step(),
        run: () => this.#start(),
        stop: () => run?.stop(),
        load: () => line.load(),
        cancel: () => line.cancel(),
        slower: () => this.#pace(1 / 2),
        faster: () => this.#pace(2),
        settings: () => undefined,
      })}`,
      one('.controls'),
    );
    render(
      html`${standing(scene)}<button
          type="button"
          class="plain reset"
          aria-disabled=${idle ? 'true' : 'false'}
          @click=${() => !idle && run?.reset()}
        >
          ${t.reset}
        </button>`,
      one('.standing'),
    );
    render(
      run?.state === 'failed' || run?.state === 'recovering' ? message(scene) : this.#notice(run),
      one('.line .notice'),
    );
    render(
      settingsTemplate(t, run?.sampling ?? line, lang, run !== this.live || run === undefined, (change) =>
        Object.assign(line, change),
      ),
      one('.settings-place'),
    );
    const title = run?.model?.title;
    if (title) one('.model .title').textContent = title;
    one<HTMLSelectElement>('.engine select').value = this.#engine;
    const prompt = one<HTMLTextAreaElement>('#prompt');
    if (run && document.activeElement !== prompt && prompt.value !== run.prompt) prompt.value = run.prompt;
  }

  #notice(run: Run | undefined) {
    const { failure } = run ?? {};
    const words = [this.#told];
    if (failure) words.push(plain(explain(failure, this.#words)));
    if (failure?.what === 'model' && run?.model && run.engine)
      words.push(
        say(
          `${run.model.title} still answers, on the ${run.engine.kind.toUpperCase()}.`,
          `${run.model.title} 仍在 ${run.engine.kind.toUpperCase()} 上回答。`,
        ),
      );
    if (run && run.cut > 0) words.push(this.#t.cutAt(count(run.cut, document.documentElement.lang)));
    const line = words.filter(Boolean).join(' ');
    return line ? html`<span title=${line}>${line}</span>` : nothing;
  }
}
