/** The pages of elements as HTML, from custom-elements.json. The build loads this; no page does. */
import { english as commonTexts } from '../../src/elements/core/texts.ts';
import chineseTexts from '../../src/elements/core/texts.zh.ts';
import { ABOUT, nameOf, type Pose, POSES, snippetOf } from './about.ts';
import { both, bothIn, code, english, escaped, page, prose } from './html.ts';

interface Entry {
  readonly name: string;
  readonly description?: string;
  readonly type?: { readonly text: string };
  readonly default?: string;
  readonly inheritedFrom?: unknown;
}

interface Member extends Entry {
  readonly kind: 'field' | 'method';
  readonly attribute?: string;
  readonly readonly?: boolean;
  readonly parameters?: readonly { readonly name: string; readonly type?: { readonly text: string } }[];
  readonly return?: { readonly type?: { readonly text: string } };
}

/** An element in custom-elements.json. */
export interface Declaration {
  readonly tagName: string;
  readonly name: string;
  readonly description: string;
  readonly attributes?: readonly (Entry & { readonly fieldName?: string })[];
  readonly members?: readonly Member[];
  readonly events?: readonly Entry[];
  readonly slots?: readonly Entry[];
  readonly cssParts?: readonly Entry[];
  readonly cssProperties?: readonly Entry[];
  readonly keys?: readonly Entry[];
}

/** Bytes over the wire: of nextoken.js and what it always loads, and of what each element adds; undefined where they were not built. */
export interface Sizes {
  readonly first: number;
  readonly elements: Readonly<Record<string, number>>;
}

export const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);

/** An element whose file only names what nextoken.js brings. */
export const isPart = (added: number): boolean => added < 300;

const POSE_NAMES: Readonly<Record<Pose, readonly [string, string]>> = {
  written: ['as written', '如代码所写'],
  empty: ['empty', '空'],
  loading: ['loading', '加载中'],
  running: ['running', '生成中'],
  failed: ['failed', '失败'],
  'no-webgpu': ['no WebGPU', '没有 WebGPU'],
  lost: ['GPU lost', 'GPU 丢失'],
};

const WIDTHS = ['320', '768', '1200', 'free'] as const;

/** Our tags with their attributes, for the page's script. It is data: no policy forbids it. */
export const tagAttributes = (all: readonly Declaration[]): string => {
  const tags = Object.fromEntries(
    all.map(({ tagName, attributes = [] }) => [tagName, attributes.map(({ name }) => name)]),
  );
  return `<script type="application/json" id="tag-attributes">${JSON.stringify(tags).replaceAll('<', '\\u003c')}</script>`;
};

/** The list of all elements. `here`: whose page this is. */
export const tagList = (
  all: readonly Declaration[],
  here?: string,
): string => `<nav class="tags" id="tags" ${bothIn('aria-label', 'Elements', '元件')}>
  <p class="search" hidden><label><span class="label">${both('Search', '搜索')}</span><input type="text" inputmode="search" autocomplete="off" spellcheck="false" /></label></p>
  <ul>
    <li data-words="install csp licence npm script"><a href="~/elements/"${here ? '' : ' aria-current="page"'}>${both('How to use them', '怎样使用')}</a></li>
    ${all
      .map(({ tagName, description }) => {
        const words = `${description.replace(/\s+/g, ' ')} ${ABOUT[tagName]?.zh ?? ''}`;
        const current = tagName === here ? ' aria-current="page"' : '';
        return `<li data-words="${escaped(words)}"><a href="~/elements/${nameOf(tagName)}/"${current} translate="no">${tagName}</a></li>`;
      })
      .join('\n    ')}
  </ul>
  <p class="nothing" hidden>${both('No element is called so.', '没有这样的元件。')}</p>
</nav>`;

const radios = (
  name: string,
  legend: readonly [string, string],
  options: readonly (readonly [string, string])[],
): string =>
  `<fieldset class="choice"><legend>${both(...legend)}</legend>${options
    .map(
      ([value, label], i) =>
        `<label><input type="radio" name="${name}" value="${value}"${i === 0 ? ' checked' : ''} />${label}</label>`,
    )
    .join('')}</fieldset>`;

function example(tag: string): string {
  const snippet = snippetOf(tag);
  const poses = ABOUT[tag]?.poses ?? POSES;
  const lines = snippet.split('\n').length;
  const states =
    poses.length > 1
      ? radios(
          'state',
          ['State', '状态'],
          poses.map((pose) => [pose, both(...POSE_NAMES[pose])]),
        )
      : '';
  const widths = radios(
    'width',
    ['Width', '宽度'],
    [...WIDTHS].reverse().map((width) => [width, width === 'free' ? both('free', '自由') : `<span>${width}</span>`]),
  );
  return `<section class="live" aria-labelledby="live">
  <h2 id="live" class="hidden">${both('Live example', '实时示例')}</h2>
  <div class="controls">${states}${widths}</div>
  <div class="try">
    <div class="shown">
      <p class="label measure" aria-hidden="true"></p>
      <div class="wide" tabindex="0" role="group" ${bothIn('aria-label', 'The example; it can be scrolled sideways', '示例，可以横向滚动')}><div class="box"><div id="stage" class="stage">${snippet.replaceAll(/ (?:src|model)="[^"]*"/g, '')}</div></div></div>
    </div>
    <div class="editor">
      <label class="label" for="snippet">${both('The example as HTML: change it', '示例的 HTML，可以修改')}</label>
      <textarea id="snippet" rows="${Math.max(5, lines + 2)}" spellcheck="false" autocapitalize="off" autocomplete="off" translate="no">
${escaped(snippet)}</textarea>
      <p class="left-out" role="status"></p>
      <p class="acts"><button type="button" class="copy-text">${both('Copy', '复制')}</button>
      <button type="button" class="again">${both('Reset', '复原')}</button>
      <a class="own" href="~/elements/own/" target="_blank" rel="noopener">${both('Open in own page', '在单独页面打开')}</a></p>
    </div>
  </div>
</section>`;
}

interface Row {
  readonly head: string;
  readonly under?: string | undefined;
  readonly text: string;
  readonly shared?: boolean;
}

const SHARED = both('On every element', '所有元件共有');

/** A table of two columns: what it is, and what it means. What all elements share stands below the rest. */
function table(id: string, title: readonly [string, string], rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  const row = ({ head, under, text }: Row) =>
    `<tr><th scope="row">${head}${under ? `<small>${under}</small>` : ''}</th><td>${text}</td></tr>`;
  const own = rows.filter((r) => !r.shared);
  const shared = rows.filter((r) => r.shared);
  const group = shared.length && own.length ? `<tr><th colspan="2" scope="rowgroup">${SHARED}</th></tr>` : '';
  return `<section><h2 id="${id}">${both(...title)}</h2>
<table aria-labelledby="${id}" class="api" data-kind="${id}">
<colgroup><col class="name" /><col /></colgroup>
<thead class="hidden"><tr><th scope="col">${both('Name', '名称')}</th><th scope="col">${both('Meaning', '含义')}</th></tr></thead>
${own.length ? `<tbody>${own.map(row).join('\n')}</tbody>` : ''}
${shared.length ? `<tbody class="shared">${group}${shared.map(row).join('\n')}</tbody>` : ''}
</table></section>`;
}

const typeOf = (text: string | undefined): string => code((text ?? '').replace(/\s*\|\s*undefined$/, ''));

function meaning({ description = '', default: value }: Entry): string {
  const standard =
    value === undefined || value === "''"
      ? ''
      : ` <span class="default">${both('Default:', '默认值：')} ${code(value)}</span>`;
  return english(prose(description)) + standard;
}

const plain = (entries: readonly Entry[] = [], mark = (name: string) => code(name)): Row[] =>
  entries.map((entry) => ({ head: mark(entry.name), text: meaning(entry), shared: entry.inheritedFrom !== undefined }));

function tables({
  attributes = [],
  members = [],
  events = [],
  slots,
  cssParts,
  cssProperties,
  keys = [],
}: Declaration): string {
  const typed = (entry: Entry & { readonly readonly?: boolean }): Row => ({
    head: code(entry.name),
    under: `${typeOf(entry.type?.text)}${entry.readonly ? ` ${both('read only', '只读')}` : ''}`,
    text: meaning(entry),
    shared: entry.inheritedFrom !== undefined,
  });
  const method = (member: Member): Row => {
    const asked = (member.parameters ?? [])
      .map(({ name, type }) => `${name}${type ? `: ${type.text}` : ''}`)
      .join(', ');
    return {
      head: code(`${member.name}(${asked})`),
      under: member.return?.type ? typeOf(member.return.type.text) : undefined,
      text: meaning(member),
      shared: member.inheritedFrom !== undefined,
    };
  };
  const event = (entry: Entry): Row => ({
    ...typed(entry),
    under: typeOf(entry.type?.text.replace(/^CustomEvent<([^]*)>$/, '$1')),
  });
  const common = commonTexts.commonKeys.map(([name, what], i) => ({
    head: `<kbd>${escaped(name)}</kbd>`,
    text: both(what, chineseTexts.commonKeys[i]![1]),
    shared: true,
  }));
  return [
    table('attributes', ['Attributes', '属性（attribute）'], attributes.map(typed)),
    table(
      'properties',
      ['Properties without an attribute', '没有 attribute 的属性'],
      members.filter((m) => m.kind === 'field' && m.attribute === undefined).map(typed),
    ),
    table('methods', ['Methods', '方法'], members.filter((m) => m.kind === 'method').map(method)),
    table('events', ['Events, with their detail', '事件及其 detail'], events.map(event)),
    table(
      'slots',
      ['Slots', '插槽'],
      plain(slots, (name) => (name ? code(name) : both('(default)', '（默认）'))),
    ),
    table('parts', ['Parts: ::part(…)', '部件：::part(…)'], plain(cssParts)),
    table('custom-properties', ['Custom properties', 'CSS 自定义属性'], plain(cssProperties)),
    table('keys', ['Keys', '按键'], [...plain(keys, (name) => `<kbd>${escaped(name)}</kbd>`), ...common]),
  ].join('\n');
}

/** One element's page. */
export function elementPage(declaration: Declaration, all: readonly Declaration[], sizes: Sizes | undefined): string {
  const { tagName: tag, name, description } = declaration;
  const zh = ABOUT[tag]?.zh;
  const added = sizes?.elements[nameOf(tag)];
  const own = tag === 'next-token';
  const size =
    added === undefined
      ? ''
      : own || isPart(added)
        ? both('Part of nextoken.js.', '已包含在 nextoken.js 中。')
        : both(
            `${kilobytes(added)} kB more than nextoken.js, compressed.`,
            `在 nextoken.js 之外压缩后再加 ${kilobytes(added)} kB。`,
          );
  return page({
    title: [`<${tag}> · nextoken`, `<${tag}> · nextoken`],
    description: description.replace(/\s+/g, ' '),
    styles: ['/shell/shell.css', '/elements/elements.css'],
    script: '/elements/elements.ts',
    body: `<main id="main" tabindex="-1" class="docs">
  ${tagList(all, tag)}
  <article>
    <h1 translate="no">&lt;${tag}&gt;</h1>
    <p class="about">${zh ? `<span lang="en">${prose(description)}</span><span lang="zh-Hans">${escaped(zh)}</span>` : english(prose(description))}</p>
    <p class="files">${code(`import 'nextoken/elements/${nameOf(tag)}.js'`)} ${both(`Class ${name}.`, `类名 ${name}。`)} ${size}</p>
    ${example(tag)}
    <p lang="zh-Hans" class="note">下面的说明取自源代码的文档，用英文写成。</p>
    ${tables(declaration)}
    <p class="to-list"><a href="#tags">${both('All elements', '全部元件')}</a></p>
  </article>
</main>
${tagAttributes(all)}`,
  });
}
