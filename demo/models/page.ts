/** The pages of models as HTML, from their cards. The build loads this; no page does. */
import { Marked } from 'marked';
import { both, bothIn, code, copied, escaped, page } from '../elements/html.ts';
import { writeLink } from '../shell/link.ts';
import { CHINESE, TITLES } from './chinese.ts';

interface Losses {
  readonly natsPerToken: number;
  readonly bitsPerCharacter: number;
  readonly bitsPerByte: number;
}

interface TextCount {
  readonly documents: number;
  readonly targets: number;
  readonly characters: number;
  readonly bytes: number;
}

/** What tools/train writes of a model. */
export interface Card {
  readonly name: string;
  readonly title: string;
  readonly language: string;
  readonly text: { readonly source: string; readonly licence: string; readonly training: TextCount; readonly validation: TextCount };
  readonly tokenizer: { readonly kind: string; readonly tokens: number };
  readonly config: { readonly layers: number; readonly heads: number; readonly width: number; readonly context: number; readonly vocab: number; readonly family: string };
  readonly parameters: number;
  readonly bytes: number;
  readonly training: {
    readonly seed: number;
    readonly steps: number;
    readonly epochs: number;
    readonly tokens: number;
    readonly hours: number;
    readonly engine: string;
    readonly device: string;
    readonly settings: unknown;
    readonly notes: readonly string[];
  };
  readonly loss: { readonly training: Losses; readonly validation: Losses };
  readonly ngrams: readonly (Losses & { readonly tokens: string; readonly order: number; readonly smoothing: string })[];
  readonly samples: readonly { readonly temperature: number; readonly prompt: string; readonly text: string }[];
  readonly weaknesses: readonly string[];
  readonly command: string;
}

export interface CardFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Markdown within a line; HTML in it is text. */
const marked = new Marked({ renderer: { html: ({ text }) => escaped(text), link: ({ text }) => escaped(text), image: ({ text }) => escaped(text) } });
const inline = (text: string): string => marked.parseInline(text, { async: false });

/** A sentence of a card. */
const said = (text: string): string => {
  const chinese = CHINESE[text];
  if (chinese === undefined) return `<span lang="en-GB">${inline(text)}</span>`;
  return `<span lang="en">${inline(text)}</span><span lang="zh-Hans">${inline(chinese)}</span>`;
};

const number = (n: number): string => n.toLocaleString('en');
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Languages as the shell does not hide them. */
const langOf = (card: Card): string => (card.language.startsWith('zh') ? 'zh-CN' : 'en-GB');

export const titleOf = (card: Card): readonly [string, string] => TITLES[card.name] ?? [card.title, card.title];

const KINDS: Readonly<Record<string, readonly [string, string]>> = {
  bpe: ['byte pairs (BPE)', '字节对（BPE）'],
  characters: ['one for each character', '一个字符一个词元'],
};

/** One line for each model. */
export function modelList(cards: readonly Card[]): string {
  const items = cards.map((card) => {
    const bits = card.loss.validation.bitsPerCharacter.toFixed(2);
    const parameters = number(card.parameters);
    return `<li><span><a href="~/models/${card.name}/" class="title">${both(...titleOf(card))}</a> ${code(card.name)}</span>
<span>${said(card.text.source)}</span>
<span class="size">${megabytes(card.bytes)} MB<br />${both(`${parameters} parameters`, `${parameters} 个参数`)}<br />${both(`${bits} bits per character`, `每字符 ${bits} 比特`)}</span></li>`;
  });
  return `<ul class="rows">${items.join('\n')}</ul>`;
}

const fact = (en: string, zh: string, value: string): string => `<tr><th scope="row">${both(en, zh)}</th><td>${value}</td></tr>`;

const columns = (labels: readonly (readonly [string, string])[]): string =>
  `<thead><tr><td></td>${labels.map(([en, zh]) => `<th scope="col">${both(en, zh)}</th>`).join('')}</tr></thead>`;

const LOSS_COLUMNS = [
  ['nats per token', '奈特/词元'],
  ['bits per character', '比特/字符'],
  ['bits per byte', '比特/字节'],
] as const;

const lossRow = (head: string, { natsPerToken, bitsPerCharacter, bitsPerByte }: Losses): string =>
  `<tr><th scope="row">${head}</th>${[natsPerToken, bitsPerCharacter, bitsPerByte].map((n) => `<td>${n.toFixed(3)}</td>`).join('')}</tr>`;

function losses({ loss, ngrams }: Card): string {
  const best = (of: (tokens: string) => boolean) =>
    ngrams.filter(({ tokens }) => of(tokens)).toSorted((a, b) => a.bitsPerCharacter - b.bitsPerCharacter)[0];
  const words = best((tokens) => tokens !== 'characters');
  const characters = best((tokens) => tokens === 'characters');
  const name = (of: (typeof ngrams)[number], en: string, zh: string) =>
    both(`best n-gram over ${en} (${of.smoothing}, n = ${of.order})`, `最好的 n-gram，按${zh}（${of.smoothing}，n = ${of.order}）`);
  const lead = words ? words.bitsPerCharacter - loss.validation.bitsPerCharacter : 0;
  return `<section><h2 id="loss">${both('What it learned', '学到了什么')}</h2>
<p>${both(
    `On text it never saw: ${loss.validation.bitsPerCharacter.toFixed(3)} bits per character, ${lead.toFixed(3)} below the best model that only counts.`,
    `在没见过的文本上：每字符 ${loss.validation.bitsPerCharacter.toFixed(3)} 比特，比只会计数的最好模型低 ${lead.toFixed(3)}。`,
  )}</p>
<nt-loss-chart></nt-loss-chart>
<noscript><img vite-ignore src="curves.svg" width="720" height="360" ${bothIn('alt', 'Loss over the steps of the training', '训练各步的损失')} /></noscript>
<table class="numbers" aria-labelledby="loss"><colgroup><col class="name" /></colgroup>${columns(LOSS_COLUMNS)}<tbody>
${lossRow(both('training text', '训练文本'), loss.training)}
${lossRow(both('validation text', '验证文本'), loss.validation)}
${words ? lossRow(name(words, 'its own tokens', '它自己的词元'), words) : ''}
${characters ? lossRow(name(characters, 'characters', '字符'), characters) : ''}
</tbody></table>
<p class="note">${both('Measured on the shipped 16-bit weights, in windows of the context length, each moved on by half of it.', '用随包提供的 16 位权重测得：窗口为上下文长度，每次移动半个窗口。')}</p></section>`;
}

const written = (card: Card, samples: Card['samples']): string =>
  samples
    .map(({ prompt, text }) => `<blockquote lang="${langOf(card)}"><p><b>${escaped(prompt)}</b>${escaped(text).replaceAll('\n', '<br />')}</p></blockquote>`)
    .join('\n');

function sampleList(card: Card): string {
  const temperatures = [...new Set(card.samples.map(({ temperature }) => temperature))].toSorted((a, b) => b - a);
  const groups = temperatures.map((t, i) => {
    const name = both(`Temperature ${t}`, `温度 ${t}`);
    const texts = written(card, card.samples.filter(({ temperature }) => temperature === t));
    return `<details${i === 0 ? ' open' : ''}><summary>${name}</summary>${texts}</details>`;
  });
  return `<section><h2 id="samples">${both('What it writes', '它写的文字')}</h2>
<p>${both('A recorded text; the bar under a token is how surprised the model was.', '一段记录下来的文本；词元下的横条是模型的惊讶度。')}</p>
<nt-token-strip src="../../recorded/${card.name}.json"></nt-token-strip>
<p>${both('Unedited, top-p 0.95, seed 1. What was given is bold.', '未经修改，top-p 0.95，种子 1。粗体是给出的开头。')}</p>
${groups.join('\n')}</section>`;
}

function texts({ text }: Card): string {
  const row = (en: string, zh: string, count: TextCount) =>
    `<tr><th scope="row">${both(en, zh)}</th>${[count.documents, count.targets, count.characters].map((n) => `<td>${number(n)}</td>`).join('')}</tr>`;
  return `<section><h2 id="text">${both('Text', '文本')}</h2>
<p>${said(text.source)}${both('. Licence: ', '。许可：')}${said(text.licence)}${both('.', '。')}</p>
<table class="numbers" aria-labelledby="text"><colgroup><col class="name" /></colgroup>${columns([['documents', '篇'], ['tokens', '词元'], ['characters', '字符']])}<tbody>
${row('training', '训练', text.training)}
${row('validation, never seen', '验证（没有见过）', text.validation)}</tbody></table></section>`;
}

function fileList(files: readonly CardFile[]): string {
  const rows = files.map(
    ({ name, bytes, sha256 }) =>
      `<tr><th scope="row"><a href="${name}" download="${name}" translate="no">${name}</a><small>${number(bytes)} ${both('bytes', '字节')}</small></th><td><code translate="no" class="hash">${sha256}</code></td></tr>`,
  );
  return `<section><h2 id="files">${both('Files', '文件')}</h2>
<table class="facts" aria-labelledby="files"><colgroup><col class="name" /><col /></colgroup><thead class="hidden"><tr><th scope="col">${both('Name and size', '名称和大小')}</th><th scope="col">SHA-256</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>
<p>${both('The licence of code and weights is MIT.', '代码和权重采用 MIT 许可。')} <a href="card.md" download="card.md">${both('This card as Markdown', '这张卡片的 Markdown 文件')}</a> · <a href="card.json" download="card.json">JSON</a></p></section>`;
}

/** One model's page. `prompt`: a beginning that it continues well. */
export async function modelPage(card: Card, { files, prompt }: { readonly files: readonly CardFile[]; readonly prompt: string }): Promise<string> {
  const { config, training, tokenizer } = card;
  const [en, zh] = titleOf(card);
  const kind = KINDS[tokenizer.kind] ?? [tokenizer.kind, tokenizer.kind];
  const link = (await writeLink({ page: 'predict', model: card.name, prompt })) ?? '';
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  return page({
    title: [`${en} · nextoken`, `${zh} · nextoken`],
    description: `${en}: a GPT of ${number(card.parameters)} parameters that runs in a page.`,
    styles: ['/shell/shell.css', '/elements/elements.css', '/models/models.css'],
    script: '/models/models.ts',
    body: `<main id="main" tabindex="-1" class="docs card" data-model="${card.name}">
<article>
<p class="up"><a href="~/models/">${both('Models', '模型')}</a></p>
<h1>${both(en, zh)}</h1>
<p>${both(`A GPT of ${number(card.parameters)} parameters, trained by this project with its own kernels.`, `一个有 ${number(card.parameters)} 个参数的 GPT，由本项目用自己的核函数训练。`)}</p>
<p class="open"><a class="button" href="~/predict/${link}">${both('Open in Predict', '在“预测”里打开')}</a> <span>${both(`${megabytes(total)} MB`, `${megabytes(total)} MB`)}</span></p>
<section><h2 id="model">${both('Model', '模型')}</h2>
<table class="facts" aria-labelledby="model"><colgroup><col class="name" /><col /></colgroup><tbody>
${fact('Name', '名称', code(card.name))}
${fact('Layers, heads, width', '层、头、宽度', `${config.layers}, ${config.heads}, ${config.width}`)}
${fact('Context', '上下文', both(`${config.context} tokens`, `${config.context} 个词元`))}
${fact('Tokens', '词元', `${number(tokenizer.tokens)}, ${both(...kind)}`)}
${fact('Architecture', '结构', both('Llama: rotary positions, RMSNorm, gated SiLU; the head is the embedding', 'Llama：旋转位置编码、RMSNorm、门控 SiLU；输出层与词嵌入共用'))}
${fact('Weights', '权重', both(`${number(card.bytes)} bytes, 16 bits each`, `${number(card.bytes)} 字节，每个 16 位`))}
</tbody></table>
${copied('use-code', `<next-token model="${card.name}" prompt="${escaped(prompt)}"></next-token>`, '<!-- icon copy -->')}</section>
${losses(card)}
${sampleList(card)}
<section><h2 id="bad">${both('What it is bad at', '它不擅长什么')}</h2>
<ul>${card.weaknesses.map((line) => `<li>${said(line)}</li>`).join('')}</ul></section>
${texts(card)}
<section><h2 id="training">${both('Training', '训练')}</h2>
<table class="facts" aria-labelledby="training"><colgroup><col class="name" /><col /></colgroup><tbody>
${fact('Steps', '步数', number(training.steps))}
${fact('Tokens read', '读过的词元', `${number(training.tokens)} (${training.epochs.toFixed(1)} ×)`)}
${fact('Time', '时间', both(`${training.hours.toFixed(2)} hours`, `${training.hours.toFixed(2)} 小时`))}
${fact('On', '运行在', `${said(training.engine)}; ${said(training.device)}`)}
</tbody></table>
${training.notes.map((line) => `<p>${said(line)}</p>`).join('\n')}
${copied('train-code', card.command, '<!-- icon copy -->')}
<details><summary>${both('All settings', '全部设置')}</summary><pre tabindex="0" translate="no"><code>${escaped(JSON.stringify(training.settings, undefined, 1))}</code></pre></details></section>
${fileList(files)}
</article>
</main>`,
  });
}
