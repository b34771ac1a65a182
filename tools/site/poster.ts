/** The first picture of `<next-token>` as HTML: what its element will show of a recorded run, in the same place. */
import { html, type TemplateResult } from 'lit';
import { count, day } from '../../src/elements/core/format.ts';
import { icon } from '../../src/elements/core/icon.ts';
import { run as runIcon, step as stepIcon } from '../../src/elements/core/icons.gen.ts';
import { base, block } from '../../src/elements/core/styles.ts';
import { settingsTemplate } from '../../src/elements/next-token/settings.ts';
import { styles } from '../../src/elements/next-token/styles.ts';
import { english, type NextTokenTexts } from '../../src/elements/next-token/texts.ts';
import chinese from '../../src/elements/next-token/texts.zh.ts';
import { faceOf, lineTemplate, rowsTemplate, sentenceOf } from '../../src/elements/next-token/views.ts';
import { ABOVE, listOf, scaleOf, type WheelRow, wheelOf } from '../../src/elements/next-token/wheel.ts';
import { vars } from '../../src/elements/core/vars.ts';
import { readRunFile, type RunFile, writeRunFile } from '../../src/run/file.ts';
import { Rules, textOf } from './lit_text.ts';

/** Candidates in the wheel, and in the list of a narrow page. */
const [WHEEL, LIST] = [8, 8];

const TEXTS: Readonly<Record<string, NextTokenTexts>> = { en: english, zh: chinese };

/** The first `steps` tokens of a recording, as a file: the next one is what it expects. */
export function beginning(text: string, steps: number): string {
  const { attention: _, ...file } = readRunFile(text);
  const shown = file.tokens.length + steps;
  return writeRunFile({
    ...file,
    steps: file.steps.slice(0, steps),
    peek: file.steps[steps] ?? file.peek,
    ...(file.lens && { lens: { ...file.lens, columns: file.lens.columns.slice(0, shown) } }),
  });
}

/** HTML of one recording, and the rules that its widths need. */
export function posterOf(text: string, lang: 'en' | 'zh', rules: Rules): string {
  const file = readRunFile(text);
  const t = TEXTS[lang];
  return `<div class="poster" slot="poster" lang="${lang === 'zh' ? 'zh-Hans' : lang}">${textOf(picture(file, t, lang), rules)}</div>`;
}

function picture(file: RunFile, t: NextTokenTexts, lang: string): TemplateResult {
  const step = file.peek!;
  const wheel = wheelOf(step, WHEEL);
  const list = listOf(step, LIST);
  const { face } = faceOf(step.label, step.bytes);
  const tokens = [...file.tokens.map((token) => ({ ...token, by: 'prompt' as const })), ...file.steps.map(asToken)];
  const listed = (rows: readonly WheelRow[], scale: number, kind: string, more: unknown) => {
    const share = rows.reduce((sum, row) => sum + row.candidate.probability, 0);
    return html`<div class=${`list ${kind}`}>
      <ol class="wheel">
        ${rowsTemplate(rows, { t, lang, scale, by: step.by, cursor: -1, pick: () => {}, preview: () => {} })} ${more}
      </ol>
      <p class="sentence">
        ${sentenceOf(share, rows.length, file.model.vocab, scale, step.draw !== undefined, t, lang)}
      </p>
    </div>`;
  };
  const skipped =
    wheel.skipped > 0
      ? html`<li class="row" ${vars({ '--at': ABOVE - 1 })}>
          <span class="skipped">${t.more(count(wheel.skipped, lang))}</span>
        </li>`
      : '';
  const largest = Math.max(...list.map((row) => Math.max(row.candidate.probability, row.final ?? 0)));
  return html`<div class="stage">
    <div class="linebox">
      <div class="fade"><div class="run">${lineTemplate(tokens, undefined)}</div></div>
      <span class=${`slot ${face.length > 7 ? 'small' : ''}`} translate="no">${face}</span>
    </div>
    <div class="rail"><i></i></div>
    ${listed(wheel.rows, wheel.scale, 'wide', skipped)} ${listed(list, scaleOf(largest), 'narrow', '')}
    <div part="controls">
      <button class="main" disabled>${icon(stepIcon)}${t.next}</button>
      <button disabled>${icon(runIcon)}${t.run}</button>
    </div>
    <div class="wide">${settingsTemplate(t, file.sampling, lang, true, () => {})}</div>
    <div class="foot-line">
      <span><strong>${file.model.title}</strong> ${t.recorded(day(file.date, lang))}</span>
    </div>
  </div>`;
}

const asToken = ({ token, text, label, bytes, probability, by }: RunFile['steps'][number]) => ({
  id: token,
  text: text || label,
  bytes,
  from: 0,
  to: 0,
  by,
  ...(probability !== undefined && { bits: -Math.log2(probability) }),
});

/** The element's own styles for its first picture, and what the element does by script. */
export function posterStyles(rules: Rules): string {
  const own = [base, block, styles]
    .map((sheet) => sheet.cssText.replace(/:host\(((?:[^()]|\([^()]*\))*)\)/g, '&$1'))
    .join('\n');
  const nested = own.replace(/:host\b/g, '&');
  return `.poster{${nested}
  & { block-size: 100%; border: 0; background: none; }
  button[disabled].main { background: var(--nt-ink); color: var(--nt-sheet); border-color: var(--nt-ink); }
  button[disabled] { color: var(--nt-ink); border-color: var(--nt-ink); }
  .list { margin: 0; }
  .wide { display: none; }
  .linebox { display: flex; justify-content: flex-end; padding-inline-end: 14px; }
  .fade { position: static; display: contents; }
  .run { position: static; flex: none; margin-block-start: 12px; }
  .slot { position: static; flex: none; margin-block-start: 12px; }
  @container (min-width: 860px) {
    .wide { display: block; }
    .narrow { display: none; }
    .linebox { padding: 0; }
    .fade { display: block; position: absolute; inset: 0; }
    .run { position: absolute; inset-inline: auto 0; margin: 0; }
    .slot { position: absolute; margin: 0; }
  }
  ${rules.css}
}`;
}

export { Rules };
