/** What the open status tells, section by section. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CachedFile } from '../../files/download.ts';
import type { HostPlace } from '../../host/client.ts';
import type { DeviceReport, EngineReport, Verification } from '../../run/types.ts';
import type { EngineTexts } from '../core/engine_texts.ts';
import { checkName, checkNote, said, type Said, stepDown, whyEngine, whyKernel, whyPlace } from '../core/explain.ts';
import { bytes, count, significant } from '../core/format.ts';
import { icon } from '../core/icon.ts';
import { check, cross } from '../core/icons.gen.ts';
import { vars } from '../core/vars.ts';
import { slicesOf } from './memory.ts';
import type { Texts } from './texts.ts';

export interface Told {
  readonly engine: EngineReport | undefined;
  /** Where it computes. */
  readonly place: HostPlace | undefined;
  readonly report: DeviceReport | undefined;
  readonly verification: Verification | undefined;
  readonly cached: readonly CachedFile[] | undefined;
  /** The page itself is kept for use without a network. */
  readonly pageKept: boolean;
  readonly lang: string;
  readonly t: Texts;
  /** What the engine tells. */
  readonly words: EngineTexts;
}

/** Steps down in the reader's language; old recordings have their English alone. */
export const stepsOf = ({ steps, steppedDown }: Verification, words: EngineTexts): readonly Said[] =>
  steps?.map((step) => stepDown(step, words)) ?? steppedDown.map((original) => ({ text: '', original }));

const section = (name: string, body: TemplateResult | string): TemplateResult =>
  html`<dt>${name}</dt>
    <dd>${body}</dd>`;

export function sections(told: Told): TemplateResult {
  const { engine, place, report, verification, cached, t, words } = told;
  return html`<dl>
    ${engine?.why ? section(t.why, html`<span part="why">${said(whyEngine(engine, words))}</span>`) : nothing}
    ${place?.reason ? section(t.place, said(whyPlace(place, words))) : nothing}
    ${report ? section(t.features, features(report, told)) : nothing}
    ${report ? section(t.memory, memory(report, told)) : nothing}
    ${report?.variants.length ? section(t.variants, variants(report, told)) : nothing}
    ${section(t.checks, verification ? checks(verification, told) : t.notChecked)}
    ${
      verification?.steppedDown.length
        ? section(
            t.steppedDown,
            html`<ul>
              ${stepsOf(verification, words).map((step) => html`<li class="wrong" translate="no">${said(step)}</li>`)}
            </ul>`,
          )
        : nothing
    }
    ${report ? section(t.losses, report.losses ? t.lostTimes(report.losses) : t.noLosses) : nothing}
    ${cached ? section(t.cached, kept(cached, told)) : nothing}
    ${cached ? section(t.offline, offlineOf(told)) : nothing}
  </dl>`;
}

/** Names of WebGPU's features, or the CPU engine's own words about itself. */
function features({ features: names }: DeviceReport, { engine, t }: Told): TemplateResult | string {
  if (names.length) return html`<span translate="no">${names.join(', ')}</span>`;
  const own = engine?.facts?.description;
  return own ? html`<span lang="en" translate="no">${own}</span>` : t.noFeatures;
}

/** Can it be used without a network? */
export function offlineOf({ cached, pageKept, t }: Told): string {
  if (!cached?.length) return t.offlineNo;
  return pageKept ? t.offlineYes : t.offlineModel;
}

export function arenaName(name: string, t: Texts): string {
  if (!name) return t.rest;
  const work = /^work of (.+)$/.exec(name);
  return work ? t.work(work[1]) : (t.arenas[name] ?? name);
}

/** Inks of the slices, from the darkest; neighbours differ in more than their ink: each has its number beside its name. */
const INKS = ['100%', '65%', '40%', '25%', '12%'];

function memory(report: DeviceReport, { lang, t }: Told): TemplateResult {
  const { slices, held } = slicesOf(report);
  return html`<p>${t.memoryOf(bytes(held, lang), bytes(report.limit, lang))}</p>
    <div class="stack" aria-hidden="true">
      ${slices.map(({ share }, i) => html`<span class="slice" ${vars({ '--share': share, '--ink': INKS[i] })}></span>`)}
    </div>
    <p>
      ${slices.map(
        ({ name, bytes: n }, i) =>
          html`<span class="key" ${vars({ '--ink': INKS[i] })}>${arenaName(name, t)} ${bytes(n, lang)}</span>`,
      )}
    </p>
    <p>${t.allHeld(bytes(report.allocated, lang))}</p>`;
}

const variants = ({ variants: all }: DeviceReport, { t, words }: Told): TemplateResult =>
  html`<ul part="list">
    ${all.map(
      (one) =>
        html`<li>
          <span translate="no">${one.op}/${one.variant}</span>${t.kernelWhy(t.steps(one.steps), whyKernel(one, words))}
        </li>`,
    )}
  </ul>`;

function checks({ checks: all, seconds }: Verification, { t, words, lang }: Told): TemplateResult {
  return html`<p>${t.checksTook(all.length, significant(seconds * 1000, lang))}</p>
    <ul part="check">
      ${all.map(
        (one) =>
          html`<li class=${one.ok ? '' : 'wrong'}>
            ${icon(one.ok ? check : cross)} <span translate="no">${checkName(one.what, words)}</span>:
            ${one.ok ? t.right : t.bad} ${said(checkNote(one, words))}
          </li>`,
      )}
    </ul>`;
}

function kept(cached: readonly CachedFile[], { t, lang }: Told): TemplateResult | string {
  if (!cached.length) return t.noneCached;
  return html`<ul>
    ${cached.map(
      ({ url, bytes: n }) =>
        html`<li translate="no">
          ${new URL(url).pathname.split('/').slice(-2).join('/')} ${n ? bytes(n, lang) : count(0, lang)}
        </li>`,
    )}
  </ul>`;
}
