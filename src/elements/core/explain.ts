/** What the engine tells, as sentences in the reader's language; words that only it has come after, marked as English. */
import { html, type TemplateResult } from 'lit';
import type { HostPlace } from '../../host/client.ts';
import type { Check, DeviceReport, EngineReport, StepDown } from '../../run/types.ts';
import type { EngineTexts } from './engine_texts.ts';

/** A sentence, and what a browser, a file's reader or a kernel said in its own words; '' where that adds nothing. */
export interface Said {
  readonly text: string;
  readonly original: string;
}

const own = (texts: object, key: unknown): string | undefined =>
  typeof key === 'string' && Object.hasOwn(texts, key) ? (texts as Readonly<Record<string, string>>)[key] : undefined;

/** An error, or what a Run keeps of one. */
export function explain(failure: unknown, t: EngineTexts): Said {
  const { error = failure, message = String(failure) } = Object(failure) as { error?: unknown; message?: string };
  const { name, kind, missing } = Object(error) as { name?: unknown; kind?: unknown; missing?: unknown };
  if (name === 'NeedsModelError') return { text: t.errors.NeedsModelError, original: '' };
  const lack = name === 'GpuUnavailableError' ? own(t.missing, missing) : undefined;
  if (lack !== undefined) return { text: t.noGpu(lack), original: isClear(missing) ? '' : message };
  const file = name === 'DownloadError' ? own(t.download, kind) : undefined;
  return { text: file ?? own(t.errors, name) ?? t.unknown, original: message };
}

/** Nothing more is known than the word says. */
const isClear = (missing: unknown): boolean => missing === 'webgpu' || missing === 'adapter';

/** Why this engine. A recording has only the sentence of its time. */
export function whyEngine({ why, reason }: Pick<EngineReport, 'why' | 'reason'>, t: EngineTexts): Said {
  if (!reason) return { text: '', original: why };
  const say = t.reasons[reason.code] as (r: typeof reason) => string;
  const more = 'detail' in reason && !('missing' in reason && isClear(reason.missing));
  return { text: say(reason), original: more ? reason.detail : '' };
}

/** Where it computes; '' for a worker. */
export function whyPlace({ why, reason }: Pick<HostPlace, 'why' | 'reason'>, t: EngineTexts): Said {
  if (!reason) return { text: '', original: why };
  const say = t.places[reason.code] as (r: typeof reason) => string;
  return { text: say(reason), original: reason.code === 'failed' ? reason.detail : '' };
}

/** Why this kernel. */
export function whyKernel({ why, by }: DeviceReport['variants'][number], t: EngineTexts): string {
  return t.native || by === undefined ? why : t.chosen[by];
}

/** What was checked: a kernel's name, or the golden tokens. */
export const checkName = (what: string, t: EngineTexts): string => (what === 'golden tokens' ? t.goldenTokens : what);

export function checkNote({ note, told, tokens = 0 }: Check, t: EngineTexts): Said {
  const text = told ? t.checks[told](tokens) : '';
  return { text, original: text ? '' : note };
}

export const stepDown = ({ from, to, problem }: StepDown, t: EngineTexts): Said => ({
  text: `${checkName(from, t)} → ${to}`,
  original: problem,
});

/** As plain text, for a name, a title or a table. */
export const plain = ({ text, original }: Said): string => [text, original].filter(Boolean).join(' ');

/** `bold`: the part of the original words to set in bold: a file, an address. */
export function said({ text, original }: Said, bold = ''): TemplateResult {
  if (!original) return html`${text}`;
  const at = bold ? original.indexOf(bold) : -1;
  const words =
    at < 0
      ? original
      : html`${original.slice(0, at)}<strong class="cause">${bold}</strong>${original.slice(at + bold.length)}`;
  return html`${text} <span class="original" lang="en" translate="no">${words}</span>`;
}
