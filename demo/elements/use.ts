/** How elements are put into a page: the text of /elements/ itself. The build loads this; no page does. */
import { ABOUT, nameOf } from './about.ts';
import { both, code, copied, english, escaped, prose } from './html.ts';
import { type Declaration, isPart, kilobytes, type Sizes } from './page.ts';

const TAG = `<script type="module" src="nextoken.js"></script>
<next-token prompt="It was a" id="demo"></next-token>
<nt-attention-map for="demo"></nt-attention-map>`;

const NPM = `npm install nextoken

import 'nextoken/elements/next-token.js';
import 'nextoken/elements/attention-map.js';   // each one alone, or all:
import 'nextoken/elements';`;

const RUN = `<!-- anywhere in the same document or shadow root -->
<next-token id="demo" prompt="It was a"></next-token>
<nt-layer-lens for="demo"></nt-layer-lens>

<!-- inside; view="none" shows only what is inside -->
<next-token model="tang" view="none"><nt-layer-lens></nt-layer-lens></next-token>

<!-- a recorded run: no model is loaded -->
<nt-layer-lens src="run.json"></nt-layer-lens>`;

const RECORDS = `const bars = document.querySelector('nt-candidate-bars');
bars.candidates = [
  { token: 0, text: ' very', probability: 0.12 },
  { token: 1, text: ' great', probability: 0.05 },
];
bars.addEventListener('candidate-pick', (event) => console.log(event.detail.token));`;

const POLICY = `Content-Security-Policy:
  default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self';
  worker-src 'self'; connect-src 'self'; font-src 'self';
  require-trusted-types-for 'script'; trusted-types lit-html nextoken`;

const WITHOUT = `<next-token prompt="It was a">
  <p slot="poster">It was a very good thing.</p>
</next-token>
<link rel="stylesheet" href="nextoken.css">   <!-- keeps each element's place before its script has come -->`;

function elementList(all: readonly Declaration[], sizes: Sizes | undefined): string {
  const size = (tag: string) => {
    if (!sizes) return '';
    const more = sizes.elements[nameOf(tag)] ?? 0;
    const text =
      tag === 'next-token'
        ? both(`${kilobytes(sizes.first)} kB in all`, `共 ${kilobytes(sizes.first)} kB`)
        : isPart(more)
          ? both('part of it', '已包含')
          : `+ ${kilobytes(more)} kB`;
    return `<span class="size">${text}</span>`;
  };
  const items = all.map(({ tagName, description }) => {
    const { zh } = ABOUT[tagName] ?? {};
    const [first] = prose(description).split(/(?<=\.) (?=[A-Z])/);
    const about = zh ? `<span lang="en">${first}</span><span lang="zh-Hans">${escaped(zh)}</span>` : english(first);
    return `<li><a href="~/elements/${nameOf(tagName)}/" translate="no">${tagName}</a> <span>${about}</span> ${size(tagName)}</li>`;
  });
  return `<ul class="rows">${items.join('\n')}</ul>`;
}

/** What stands beside the list on /elements/. `icon`: for buttons that copy. */
export function useText(all: readonly Declaration[], sizes: Sizes | undefined, icon: string): string {
  const copy = (id: string, text: string) => copied(id, text, icon);
  return `<h1>${both('One tag in your page', '一行代码放进你的网页')}</h1>
<p>${both(
    'A small GPT as custom elements, on any static host: no server, no bundler, no headers. The model comes when it is looked at; nothing leaves the visitor’s device.',
    '把一个小 GPT 作为自定义元素放进任何静态网页：不需要服务器、打包工具或特殊响应头。模型在看到它时才下载；访问者的数据不会离开他的设备。',
  )}</p>
<section><h2 id="script">${both('As a script', '作为脚本')}</h2>
<p>${both('Put the folder dist/tag of the npm package on your host; nextoken.js finds everything else beside it.', '把 npm 包里的 dist/tag 目录放到你的网站上；其余文件由 nextoken.js 在同一目录里找到。')}</p>
${copy('tag-code', TAG)}</section>
<section><h2 id="npm">${both('From npm', '通过 npm')}</h2>
<p>${both('With a bundler, one by one. A class without its tag is at …/attention-map.class.js.', '配合打包工具，可以逐个引入。只要类、不要标签时用 …/attention-map.class.js。')}</p>
${copy('npm-code', NPM)}</section>
<section><h2 id="elements">${both('The elements', '全部元件')}</h2>
<p class="note">${
    sizes
      ? both(
          'Sizes: compressed by gzip, measured on the files of this version.',
          '大小：gzip 压缩后，按这个版本的文件测得。',
        )
      : both('Sizes were not measured in this build.', '这次构建没有测量大小。')
  }</p>
${elementList(all, sizes)}</section>
<section><h2 id="which">${both('Which text an element shows', '元件显示哪一段文本')}</h2>
<p>${both(
    'The first that there is: records or a run set as properties; src, a recorded run; for, the id of a <next-token>; the <next-token> around it; the only one beside it. Order in the document does not matter.',
    '按下面的顺序，取第一个有的：作为属性设置的记录或 run；src，一份记录；for，某个 <next-token> 的 id；包住它的 <next-token>；旁边唯一的一个。在文档里的先后无关紧要。',
  )}</p>
${copy('run-code', RUN)}
<h3>${both('Your own numbers', '你自己的数字')}</h3>
<p>${both('An element draws records that you set, whatever they come from.', '元件画出你设置的记录，不管它们来自哪里。')}</p>
${copy('records-code', RECORDS)}</section>
<section><h2 id="without">${both('Without JavaScript', '没有 JavaScript 时')}</h2>
<p>${both('What is in the slot poster is shown, and stays in place until the first picture is there.', '会显示 poster 插槽里的内容；有了第一幅图之后才被替换。')}</p>
${copy('without-code', WITHOUT)}</section>
<section><h2 id="policy">${both('Content security policy', '内容安全策略（CSP）')}</h2>
<p>${both(
    'Nothing inline is used. This is the strictest policy under which everything works; without wasm-unsafe-eval there is only the GPU. From another origin the script also needs worker-src blob:, else the engine runs on the page’s own thread.',
    '没有任何内联脚本或样式。下面是一切仍能工作的最严格策略；去掉 wasm-unsafe-eval 就只能用 GPU。脚本来自其他源时还需要 worker-src blob:，否则引擎在页面自己的线程里运行。',
  )}</p>
${copy('policy-code', POLICY)}</section>
<section><h2 id="theme">${both('Colours and type', '颜色和字体')}</h2>
<p>${both('Any of the custom properties that begin with --nt- can be set on an element or around it;', '以 --nt- 开头的自定义属性都可以设在元件上或它的外层；')} ${code('theme="inherit"')} ${both('takes the colours of the page.', '沿用网页自己的颜色。')}</p></section>
<section><h2 id="licence">${both('Licence', '许可')}</h2>
<p>${both('Code and models are under the MIT licence; the texts that the models learned from are named on their cards.', '代码和模型采用 MIT 许可；模型学过的文本写在各自的卡片上。')} <a href="~/models/">${both('Models', '模型')}</a></p></section>`;
}
