/** START READING HERE: what every page has: language, theme, menu, keys, copying, presenting, and being there offline. */
import { keepOffline } from './offline.ts';
import { openHelp } from './help.ts';
import { present } from './present.ts';
import { isChinese, kept, say, translateAttributes } from './words.ts';

const on = (selector: string, act: (element: HTMLElement) => void) => {
  for (const element of document.querySelectorAll<HTMLElement>(selector))
    element.addEventListener('click', () => act(element));
};

function nextTheme(): void {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const shown = root.dataset['theme'] ?? (dark ? 'dark' : 'light');
  root.dataset['theme'] = shown === 'dark' ? 'light' : 'dark';
  kept.set('theme', root.dataset['theme']);
}

function otherLanguage(): void {
  const lang = isChinese() ? 'en' : 'zh-Hans';
  document.documentElement.lang = lang;
  kept.set('lang', lang);
  const address = new URL(location.href);
  if (address.searchParams.has('lang')) {
    address.searchParams.set('lang', lang); // else the address would win again after a reload
    history.replaceState(history.state, '', address);
  }
  translateAttributes();
  dispatchEvent(new Event('language'));
}

async function copy(button: HTMLElement): Promise<void> {
  const text = document.getElementById(button.dataset['copy'] ?? '')?.textContent ?? '';
  const before = [...button.childNodes];
  await navigator.clipboard.writeText(text).then(
    () => button.replaceChildren(say('Copied', '已复制')),
    () => button.replaceChildren(say('Select the text to copy it', '请选中文字后复制')),
  );
  setTimeout(() => button.replaceChildren(...before), 2000);
}

const typing = (event: KeyboardEvent): boolean =>
  event
    .composedPath()
    .some((node) => node instanceof Element && node.matches('input, textarea, select, [contenteditable]'));

/** Starts what all pages share. `keys`: the page's own, for its list. */
export function startShell(keys: readonly (readonly [string, string, string])[] = []): void {
  translateAttributes();
  const sheet = document.querySelector<HTMLDialogElement>('.sheet')!;
  on('.head .menu', () => sheet.showModal());
  on('.sheet .close', () => sheet.close());
  on('.head .theme', nextTheme);
  on('.head .language', otherLanguage);
  on('.help', () => {
    sheet.close();
    openHelp(keys);
  });
  on('[data-copy]', (button) => void copy(button));
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    if (event.key === '?') openHelp(keys);
    else if (event.key === 'P' && event.shiftKey) present();
    else return;
    event.preventDefault();
  });
  if (new URLSearchParams(location.search).has('present')) present();
  keepOffline();
}
