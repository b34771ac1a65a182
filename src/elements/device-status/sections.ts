/** What the open status tells, section by section. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CachedFile } from '../../files/download.ts';
import type { DeviceReport, EngineReport, Verification } from '../../run/types.ts';
import { bytes, count, significant } from '../core/format.ts';
import { icon } from '../core/icon.ts';
import { check, cross } from '../core/icons.gen.ts';
import { vars } from '../core/vars.ts';
import { slicesOf } from './memory.ts';
import type { Texts } from './texts.ts';

export interface Told {
  readonly engine: EngineReport | undefined;
  readonly report: DeviceReport | undefined;
  readonly verification: Verification | undefined;
  readonly cached: readonly CachedFile[] | undefined;
  /** The page itself is kept for use without a network. */
  readonly pageKept: boolean;
  readonly lang: string;
  readonly t: Texts;
}

const section = (name: string, body: TemplateResult | string): TemplateResult =>
  html`<dt>${name}</dt>
    <dd>${body}</dd>`;

export function sections(told: Told): TemplateResult {
  const { engine, report, verification, cached, t } = told;
  return html`<dl>
    ${engine?.why ? section(t.why, html`<span part="why">${engine.why}</span>`) : nothing}
    ${report ? section(t.features, report.features.length ? report.features.join(', ') : engine?.facts?.description || t.noFeatures) : nothing}
    ${report ? section(t.memory, memory(report, told)) : nothing}
    ${report?.variants.length ? section(t.variants, variants(report, told)) : nothing}
    ${section(t.checks, verification ? checks(verification, told) : t.notChecked)}
    ${
      verification?.steppedDown.length
        ? section(
            t.steppedDown,
            html`<ul>
              ${verification.steppedDown.map((step) => html`<li class="wrong" translate="no">${step}</li>`)}
            </ul>`,
          )
        : nothing
    }
    ${report ? section(t.losses, report.losses ? t.lostTimes(report.losses) : t.noLosses) : nothing}
    ${cached ? section(t.cached, kept(cached, told)) : nothing}
    ${cached ? section(t.offline, offlineOf(told)) : nothing}
  </dl>`;
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

const variants = ({ variants: all }: DeviceReport, { t }: Told): TemplateResult =>
  html`<ul part="list">
    ${all.map(
      ({ op, variant, why, steps }) =>
        html`<li><span translate="no">${op}/${variant}</span>, ${t.steps(steps)}: ${why}</li>`,
    )}
  </ul>`;

function checks({ checks: all, seconds }: Verification, { t, lang }: Told): TemplateResult {
  return html`<p>${t.checksTook(all.length, significant(seconds * 1000, lang))}</p>
    <ul part="check">
      ${all.map(
        ({ what, ok, note }) =>
          html`<li class=${ok ? '' : 'wrong'}>
            ${icon(ok ? check : cross)} <span translate="no">${what}</span>:
            ${ok ? t.right : t.bad}${note ? `, ${note}` : ''}
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
