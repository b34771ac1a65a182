// Header, footer and head of every page. `~/` is the site's root. Pages that do not exist yet are not linked.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const { version } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../../package.json'), 'utf8'));
const icons = readFileSync(resolve(import.meta.dirname, '../../src/elements/core/icons.gen.ts'), 'utf8');

/** Where the source is: the repository that publishes the site, else the package. */
const source = process.env.GITHUB_REPOSITORY
  ? `https://github.com/${process.env.GITHUB_REPOSITORY}`
  : 'https://www.npmjs.com/package/nextoken';

const LINKS = [
  ['predict', 'Predict', '预测'],
  ['playground', 'Playground', '实验台'],
  ['bench', 'Bench', '测速'],
  ['course', 'Course', '课程'],
  ['elements', 'Elements', '元件'],
  ['models', 'Models', '模型'],
];

/** An icon of src/elements/core/icons.gen.ts. */
const icon = (name) => {
  const path = new RegExp(`export const ${name} = '([^']*)'`).exec(icons)?.[1];
  if (!path) throw new Error(`there is no icon ${name}`);
  return `<svg width="16" height="16" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2.25" stroke-linecap="square" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;
};

function header({ path, exists, status }) {
  const links = LINKS.filter(([folder]) => exists(folder));
  const list = links
    .map(
      ([folder, en, zh]) =>
        `<a href="~/${folder}/"${path === `${folder}/index.html` ? ' aria-current="page"' : ''}>{{${en}|${zh}}}</a>`,
    )
    .join('\n');
  return `<a class="skip" href="#main">{{Skip to the content|跳到正文}}</a>
<header class="head">
  <a class="wordmark" href="~/" aria-label="{{nextoken, home|nextoken 首页}}" translate="no">nex<b>t</b>oken</a>
  <nav class="links" aria-label="{{Pages|页面}}">${list}</nav>
  <div class="chip">${status ? `<nt-device-status for="${status}"></nt-device-status>` : ''}<span class="offline" hidden>{{ready offline|可离线使用}}</span></div>
  <button type="button" class="tool language" aria-label="{{中文|EN, English}}"><span lang="en">中文</span><span lang="zh-Hans">EN</span></button>
  <button type="button" class="tool theme" aria-label="{{Light or dark|浅色或深色}}" title="{{Light or dark|浅色或深色}}">${icon('theme')}</button>
  <button type="button" class="tool menu" aria-haspopup="dialog" aria-label="{{Menu|菜单}}">${icon('menu')}</button>
</header>
<dialog class="sheet" aria-label="{{Menu|菜单}}"><nav aria-label="{{Pages|页面}}">${list}</nav>
  <button type="button" class="help">{{Keys|按键}}</button><button type="button" class="close">{{Close|关闭}}</button></dialog>
<p class="update" hidden>{{A newer version of this site is here.|有新版本。}} <button type="button">{{Reload|重新加载}}</button></p>`;
}

const footer = () => `<footer class="site-foot">
  <p>{{Nothing leaves this device.|一切都在本机运行。}}</p>
  <p>{{Code and models: MIT licence; texts in the public domain.|代码和模型：MIT 许可；文本属于公有领域。}}</p>
  <p><a href="${source}">{{Source|源代码}}</a> · nextoken ${version} · <button type="button" class="help plain">{{Keys|按键}} (?)</button></p>
</footer>`;

const head = () => `<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="color-scheme" content="light dark" />
<link rel="icon" href="/icon.svg" type="image/svg+xml" />
<link rel="preload" href="/fonts/newsreader.woff2" as="font" type="font/woff2" crossorigin />
<script src="/early.js"></script>`;

/** Where to go from home, besides Predict. */
const FURTHER = [
  [
    'playground',
    'Playground',
    '实验台',
    'Change a kernel, and see whether it is right and fast.',
    '改一个核函数，看它对不对、快不快。',
  ],
  ['bench', 'Bench', '测速', 'What this device can do, kernel by kernel.', '逐个核函数看本机能做到什么。'],
  [
    'course',
    'Course',
    '课程',
    'From counting pairs to a GPT, one machine a chapter.',
    '从数词对到 GPT，每章一台机器。',
  ],
  ['elements', 'Elements', '元件', 'Each picture as a tag for your own page.', '每一种图都是可以放进你网页的标签。'],
  ['models', 'Models', '模型', 'What the models learned from, and how well.', '这些模型学过什么，学得怎么样。'],
];
const further = (exists) =>
  FURTHER.filter(([folder]) => exists(folder))
    .map(([folder, en, zh, what, whatZh]) => `<p><a href="~/${folder}/">{{${en}|${zh}}}</a> {{${what}|${whatZh}}}</p>`)
    .join('\n');

/** @param {{ path: string, up: string, exists: (folder: string) => boolean }} page */
export function chrome(html, page) {
  return html
    .replace('<!-- head -->', head)
    .replace(/<!-- header(?: of (\w+))? -->/, (_, status) => header({ ...page, status }))
    .replace('<!-- footer -->', footer)
    .replace('<!-- further -->', () => further(page.exists))
    .replace(/<!-- icon (\w+) -->/g, (_, name) => icon(name))
    .replaceAll('"~/', `"${page.up}`);
}
