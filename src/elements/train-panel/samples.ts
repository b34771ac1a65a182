/** What a model wrote while it learned, newest on top: each token a block, with its surprise as a foot. */
import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { hex, isWhole, shown } from '../core/token-text.ts';
import { vars } from '../core/vars.ts';
import type { Sample, TrainingLog } from './log.ts';
import type { Texts } from './texts.ts';

/** Older ones are in the table. */
const MOST = 24;

/** A foot is cut here. */
const MOST_BITS = 12;

/** Places are given by transform: a new sample moves those below it without a new layout. */
export function samplesTemplate({ samples, phase }: TrainingLog, t: Texts, language: string): TemplateResult {
  const newest = samples.slice(-MOST).toReversed();
  const training = phase === 'running' || phase === 'stopping';
  return html`<div
    part="samples"
    class="samples"
    role="log"
    aria-live=${training ? 'off' : 'polite'}
    aria-label=${t.samples}
    tabindex="0"
  >
    ${repeat(
      newest,
      ({ step }) => step,
      ({ step, sample }, i) =>
        html`<div class="entry" ${vars({ '--i': i })}>
          <div class="when">${t.step(step, language)}</div>
          <div class="tokens" aria-hidden="true">${guard([sample], () => blocks(sample))}</div>
          <span class="hidden">${sample.prompt}${sample.text}</span>
        </div>`,
    )}
    <div class="end" ${vars({ '--n': newest.length })}></div>
    ${newest.length ? nothing : html`<div class="none"><p>${t.none}</p></div>`}
  </div>`;
}

function blocks({ prompt, text, tokens }: Sample) {
  if (!tokens) return html`<span class="token" translate="no">${shown(prompt + text)}</span>`;
  return tokens.map(({ bytes, text: name, bits }) => {
    const whole = isWhole(bytes);
    const words = whole ? shown(new TextDecoder().decode(Uint8Array.from(bytes))) || name : hex(bytes);
    return html`<span class="token ${bits === undefined ? 'by-prompt' : ''} ${whole ? '' : 'part'}" translate="no"
      >${words}${
        bits === undefined
          ? nothing
          : html`<i
              class="foot ${bits > MOST_BITS ? 'cut' : ''}"
              ${vars({ '--bits': Math.min(bits, MOST_BITS).toFixed(2) })}
            ></i>`
      }</span
    >`;
  });
}
