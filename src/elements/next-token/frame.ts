/** What stands around the line and the wheel: sentences, buttons, and how things stand, as templates of the Run's state. */
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Run } from '../../run/types.ts';
import type { EngineTexts } from '../core/engine_texts.ts';
import { explain, plain, said, whyEngine } from '../core/explain.ts';
import { bytes, count, day, significant } from '../core/format.ts';
import { icon } from '../core/icon.ts';
import { run as runIcon, step as stepIcon, stop as stopIcon } from '../core/icons.gen.ts';
import type { NextTokenTexts } from './texts.ts';

export interface Scene {
  readonly t: NextTokenTexts;
  /** What the engine tells. */
  readonly words: EngineTexts;
  readonly lang: string;
  readonly run: Run | undefined;
  /** Live models can be opened on this page. */
  readonly live: boolean;
  /** Of a shipped model, before it is loaded. */
  readonly title: string;
  /** Bytes of the model; 0 while they are not known. */
  readonly size: number;
  readonly disabled: boolean;
  /** Step that is looked at; undefined: the newest. */
  readonly at: number | undefined;
  /** The settings are shown in place of the list. */
  readonly settings: boolean;
  readonly wide: boolean;
}

export interface Acts {
  readonly next: () => unknown;
  readonly run: () => unknown;
  readonly stop: () => unknown;
  readonly load: () => unknown;
  readonly cancel: () => unknown;
  readonly slower: () => unknown;
  readonly faster: () => unknown;
  readonly settings: () => unknown;
}

/** Under hatched rows: what is missing. */
export function waiting({ t, lang, run }: Scene): string {
  if (run?.state === 'ready' || run?.state === 'running') return '';
  if (run?.state !== 'loading') return t.idle;
  const left = (run.progress?.total ?? 0) - (run.progress?.loaded ?? 0);
  return left > 0 ? t.coming(bytes(left, lang)) : t.comingSoon;
}

/** In place of the candidates. */
export function message({ t, words, run, live }: Scene): TemplateResult {
  if (!run) return html`<p class="message">${live ? t.idle : t.noServices}</p>`;
  if (run.state === 'recovering') {
    const last = run.tokens.slice(-2).map((token) => token.text);
    return html`<p class="message">${t.lost(last.join('').trim())}</p>`;
  }
  return html`<p class="message">${t.failed}<br />${said(explain(run.failure, words), run.failure?.cause)}</p>`;
}

/** What went wrong, beside what still works. */
export function notice({ t, words, lang, run }: Scene): TemplateResult | typeof nothing {
  const failure = run?.state === 'failed' ? undefined : run?.failure;
  const cut = run && run.cut > 0 ? t.cutAt(count(run.cut, lang)) : '';
  if (!failure && !cut) return nothing;
  return html`<p class="notice" role="status">${failure ? said(explain(failure, words)) : nothing} ${cut}</p>`;
}

interface Button {
  /** The same in two states: the same button, which keeps the focus. */
  readonly key: 'main' | 'run' | 'third';
  readonly part: string;
  readonly words: string;
  readonly press: () => unknown;
  readonly main?: boolean;
  readonly icon?: string;
  readonly off?: boolean;
}

/** What can be pressed in this state. */
function buttonsOf(scene: Scene, act: Acts): readonly Button[] {
  const { t, lang, run, wide, size } = scene;
  const off = run?.state !== 'ready' && !run?.peek;
  const next: Button = { key: 'main', part: 'step', words: t.next, press: act.next, main: true, icon: stepIcon, off };
  const start: Button = { key: 'run', part: 'run', words: t.run, press: act.run, icon: runIcon, off };
  const load: Button = {
    key: 'main',
    part: 'load',
    words: size > 0 ? t.load(bytes(size, lang)) : t.loadPlain,
    press: act.load,
    main: true,
    off: !scene.live,
  };
  const more: readonly Button[] = wide
    ? []
    : [{ key: 'third', part: 'more', words: scene.settings ? t.back : t.settings, press: act.settings }];
  switch (run?.state ?? 'idle') {
    case 'running':
      return [
        // three again, so that they stay where they are
        { key: 'main', part: 'slower', words: t.slower, press: act.slower },
        { key: 'run', part: 'stop run', words: t.stop, press: act.stop, main: true, icon: stopIcon },
        { key: 'third', part: 'faster', words: t.faster, press: act.faster },
      ];
    case 'failed':
      return [{ key: 'main', part: 'retry', words: t.again, press: act.load, main: true }];
    case 'recovering':
      return [
        { ...next, off: true },
        { key: 'run', part: 'stop', words: t.stop, press: act.stop },
      ];
    case 'loading': {
      const cancel = { part: 'cancel', words: t.cancel, press: act.cancel };
      return off ? [{ ...cancel, key: 'main' }] : [next, start, { ...cancel, key: 'third' }];
    }
    case 'poster':
      return [
        { ...next, main: false },
        { ...load, key: 'run' },
      ];
    case 'idle':
    case 'unbound':
      return [load];
    default:
      return [next, start, ...more];
  }
}

export function controls(scene: Scene, act: Acts): TemplateResult {
  return html`${repeat(
    buttonsOf(scene, act),
    (button) => button.key,
    ({ part, words, press, main, icon: path, off }) =>
      html`<button
        part=${`button ${part}`}
        type="button"
        class=${main ? 'main' : ''}
        ?disabled=${scene.disabled || off === true}
        @click=${press}
      >
        ${path ? icon(path) : nothing}${words}
      </button>`,
  )}`;
}

/** How things stand, in one line: what runs it on the left, how far it is on the right. */
export function standing({ t, words, lang, run, at, title: name }: Scene): TemplateResult {
  const title = run?.model?.title ?? name;
  if (run?.state === 'failed') return html`<strong>${t.notLoaded}</strong>`;
  if (run?.state === 'recovering') return html`<strong>${t.recovering}</strong>`;
  if (run?.state === 'loading' && run.progress) {
    const { phase, loaded, total } = run.progress;
    const counted = phase === 'download' && total > 0;
    return html`<strong>${title}</strong
      ><span>${counted ? t.bytesOf(bytes(loaded, lang), bytes(total, lang)) : t.phase[phase]}</span>`;
  }
  if (run?.recorded)
    return html`<span><strong>${title}</strong> ${t.recorded(day(run.recorded, lang))}</span
      ><span>${run.state === 'poster' ? t.notYet : ''}</span>`;
  if (!run?.engine) return html`<span>${t.idle}</span>`;
  const all = run.tokens.length;
  const here = at === undefined ? all : all - run.steps.length + at;
  const place = at === undefined ? t.position(count(all, lang)) : t.walking(count(here, lang), count(all, lang));
  const rate = run.rate > 0 ? ` · ${t.rate(significant(run.rate, lang))}` : '';
  const why = whyEngine(run.engine, words);
  // where it is not what was asked for, or what is usual, the line says why
  const surprising = !['cpu-chosen', 'gpu-chosen', 'gpu', 'handed-in'].includes(run.engine.reason?.code ?? 'gpu');
  return html`<span class="engine" title=${plain(why)}
      ><strong>${run.engine.kind.toUpperCase()}</strong>
      ${surprising ? html`<span part="why">${why.text}</span>` : nothing}
      ${run.verification?.ok ? t.verified : ''}</span
    ><span>${place}${rate}</span>`;
}
