/** What stands beside or below the map: the nearest as a list, the curve of a word's distance, the two texts to be asked for. */
import { html, svg, type TemplateResult } from 'lit';
import { fixed } from '../core/format.ts';
import { named, shown } from '../core/token-text.ts';
import type { Texts } from './texts.ts';

/** A point near the chosen one; `index` is its place on the map, if it is there. */
export interface Beside {
  readonly name: string;
  readonly cosine: number;
  readonly index: number | undefined;
}

export function nearList(name: string, near: readonly Beside[], all: string, t: Texts, lang: string): TemplateResult {
  return html`<div class="side">
    <h3>${t.nearest(named(name))}</h3>
    <ol>
      ${near.map(
        (one) =>
          html`<li>
            <span translate="no">${shown(one.name)}</span><span>${fixed(one.cosine, 2, lang)}</span>
            <span class="off">${one.index === undefined ? t.offMap : ''}</span>
          </li>`,
      )}
    </ol>
    ${all}
  </div>`;
}

/** Of the curve; as wide as there is room beside the numbers. */
const CURVE = { least: 80, most: 240, words: 150, height: 40 };

/** 1 − cosine of a word in two texts, per layer. */
export function apartCurve(
  distances: readonly number[],
  layer: number,
  room: number,
  t: Texts,
  lang: string,
): TemplateResult {
  const width = Math.max(CURVE.least, Math.min(CURVE.most, room - CURVE.words));
  const most = Math.max(...distances, 1e-6);
  const x = (i: number) => (distances.length > 1 ? (i / (distances.length - 1)) * width : width / 2);
  const y = (d: number) => 2 + (1 - d / most) * CURVE.height;
  const d = distances.map((far, i) => `${i ? 'L' : 'M'}${x(i).toFixed(1)} ${y(far).toFixed(1)}`).join('');
  return html`<div class="apart" part="path">
    <span>${t.apart(fixed(distances[0], 2, lang), fixed(distances.at(-1)!, 2, lang))}</span>
    <svg aria-hidden="true" width=${width} height=${CURVE.height + 4}>
      <path class="axis" d=${`M0 ${CURVE.height + 2}H${width}`} />
      <path class="curve" d=${d} />
      ${distances.map((far, i) => svg`<circle class="dot" cx=${x(i)} cy=${y(far)} r=${i === layer ? 4 : 2} />`)}
    </svg>
  </div>`;
}

/** The two texts that the paths are of. */
export function textList(texts: readonly string[], t: Texts): TemplateResult {
  return html`<div class="side">
    ${texts.map(
      (text, i) =>
        html`<h3>
            <span class=${i ? 'two-mark' : 'one-mark'} aria-hidden="true">${i ? '■' : '●'}</span> ${t.text(i + 1)}
          </h3>
          <p>${text}</p>`,
    )}
  </div>`;
}

/** Asks for a word and two texts. */
export function askWords(t: Texts, begin: string, follow: (words: string) => void): TemplateResult {
  const [word = '', first = '', second = ''] = begin.split('|');
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const of = (name: string) => {
      const value = data.get(name);
      return typeof value === 'string' ? value.replaceAll('|', ' ') : '';
    };
    follow([of('word'), of('first'), of('second')].join('|'));
  };
  return html`<form class="ask" part="controls" @submit=${submit}>
    <label><span>${t.word}</span><input name="word" required autocomplete="off" .value=${word} /></label>
    <label
      ><span><span class="one-mark" aria-hidden="true">●</span> ${t.first}</span
      ><input name="first" required .value=${first}
    /></label>
    <label
      ><span><span class="two-mark" aria-hidden="true">■</span> ${t.second}</span
      ><input name="second" required .value=${second}
    /></label>
    <button type="submit" class="main">${t.follow}</button>
  </form>`;
}
