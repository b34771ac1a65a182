/** HTML that the build writes: texts are escaped, and stand in both languages where they are the page's own. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

/** Both languages; the shell shows that of the page. */
export const both = (english: string, chinese: string): string =>
  `<span lang="en">${escaped(english)}</span><span lang="zh-Hans">${escaped(chinese)}</span>`;

/** An attribute in both languages. */
export const bothIn = (name: string, english: string, chinese: string): string =>
  `${name}="${escaped(english)}" data-zh-${name}="${escaped(chinese)}"`;

/** A text of one language that both readers see: not `en` itself, which the shell hides from readers of Chinese. */
export const english = (text: string): string => `<span lang="en-GB">${text}</span>`;

/** Text of a doc comment: what stands in backticks is code. */
export const prose = (text: string): string =>
  escaped(text.replace(/\s+/g, ' ').trim()).replace(/`([^`]+)`/g, '<code translate="no">$1</code>');

export const code = (text: string): string => `<code translate="no">${escaped(text)}</code>`;

/** A text to copy. `id` is the text's. */
export const copied = (id: string, text: string, icon = ''): string =>
  `<div class="code"><button type="button" class="plain copy" data-copy="${id}">${icon} ${both('Copy', '复制')}</button>
<pre translate="no" tabindex="0"><code id="${id}">${escaped(text)}</code></pre></div>`;

/** A page of the site; `<!-- … -->` are filled by the shell. */
export const page = (of: {
  readonly title: readonly [string, string];
  readonly description: string;
  readonly styles: readonly string[];
  readonly script: string;
  readonly body: string;
}): string => `<!doctype html>
<html lang="en">
  <head>
    <!-- head -->
    <title data-zh="${escaped(of.title[1])}">${escaped(of.title[0])}</title>
    <meta name="description" content="${escaped(of.description)}" />
    ${of.styles.map((address) => `<link rel="stylesheet" href="${address}" />`).join('\n    ')}
    <script type="module" src="${of.script}"></script>
  </head>
  <body>
    <!-- header -->
    ${of.body}
    <!-- footer -->
  </body>
</html>
`;
