/** A recorded run as one HTML file with all that shows it: it opens from a disk, without a network, and asks for nothing. */
import { say } from './words.ts';

/** Built beforehand by tools/site/stand_alone.mjs, beside the site's pages. */
const SCRIPT = 'stand-alone.js';

const STYLE = `:root{color-scheme:light dark;--nt-ground:light-dark(#e8ebe9,#0c0f11)}
body{margin:0 auto;max-width:1440px;padding:24px max(16px,4vw);background:var(--nt-ground);color:light-dark(#14171a,#eff1ec);font:16px/1.5 system-ui,sans-serif}
body>*{display:block;margin-block:0 32px}`;

/** Text that no HTML parser takes for the end of a script, or for a comment in one. */
export const inScript = (json: string): string =>
  json.replace(/[<\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

async function hash(text: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return `'sha256-${btoa(String.fromCharCode(...digest))}'`;
}

/** `script`: what shows the run; `run`: the recording as JSON. */
export async function pageOf(script: string, run: string, title: string, lang: string): Promise<string> {
  const code = script.replace(/<\/script/gi, '<\\/script').replaceAll('<!--', '<\\!--');
  const policy = `default-src 'none'; script-src ${await hash(code)}; style-src ${await hash(STYLE)}`;
  return `<!doctype html>
<html lang="${escaped(lang)}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
<next-token id="run"></next-token>
<nt-token-strip for="run"></nt-token-strip>
<nt-attention-map for="run"></nt-attention-map>
<nt-layer-lens for="run"></nt-layer-lens>
<script type="application/json" id="recording">${inScript(run)}</script>
<script>${code}</script>
`;
}

/** The page of a recording. */
export async function standAlone(run: string): Promise<string> {
  const root = document.querySelector<HTMLAnchorElement>('.wordmark')!.href;
  const response = await fetch(new URL(SCRIPT, root));
  if (!response.ok) throw new Error(say('The page’s script could not be fetched.', '无法取得网页所需的脚本。'));
  const { lang } = document.documentElement;
  return pageOf(await response.text(), run, say('A recorded run · nextoken', '一次运行的记录 · nextoken'), lang);
}
