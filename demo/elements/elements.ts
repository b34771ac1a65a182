/** START READING HERE: what the pages of elements do by script: search, the live example and its text, its states and widths. */
import { startElements } from '../shell/live.ts';
import { startShell } from '../shell/shell.ts';
import { isChinese, say } from '../shell/words.ts';
import { type Pose, RECORDED, RECORDED_CHINESE } from './about.ts';
import { Stage, type Tags } from './stage.ts';

/** Milliseconds after the last key before a text is shown: a live model is not opened for each letter. */
const REST = 250;

/** Characters of a text that still fit into an address everywhere. */
const LONGEST = 6000;

const find = <T extends HTMLElement>(selector: string, from: ParentNode = document): T =>
  from.querySelector<T>(selector)!;

function search(): void {
  const field = find<HTMLInputElement>('.tags input');
  const items = [...document.querySelectorAll<HTMLElement>('.tags li')];
  const none = find('.tags .nothing');
  field.closest<HTMLElement>('.search')!.hidden = false;
  field.addEventListener('input', () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) {
      const text = `${item.textContent} ${item.dataset['words']}`.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
    none.hidden = items.some((item) => !item.hidden);
  });
}

/** The recording of the page's language. */
const inLanguage = (text: string): string =>
  isChinese() ? text.replaceAll(RECORDED, RECORDED_CHINESE) : text.replaceAll(RECORDED_CHINESE, RECORDED);

function live(section: HTMLElement): void {
  const tags = JSON.parse(find('#tag-attributes').textContent) as Tags;
  const stage = new Stage(find('#stage', section), tags);
  const field = find<HTMLTextAreaElement>('textarea', section);
  const box = find('.box', section);
  const wide = find('.wide', section);
  const measure = find('.measure', section);
  const note = find('.left-out', section);
  const link = find<HTMLAnchorElement>('.own', section);
  const own = link.href;
  let written = field.defaultValue;
  let pose: Pose = 'written';
  let timer = 0;

  const show = async () => {
    const fits = field.value.length <= LONGEST;
    if (fits) link.href = `${own}#${encodeURIComponent(field.value)}`;
    else link.removeAttribute('href');
    try {
      const dropped = await stage.show(field.value, pose);
      note.textContent = dropped.length ? say(`Left out: ${dropped.join(', ')}`, `已略去：${dropped.join('、')}`) : '';
    } catch (error) {
      note.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  const translate = () => {
    const untouched = field.value === written;
    written = inLanguage(field.defaultValue);
    if (untouched) field.value = written;
    void show();
  };
  field.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void show(), REST);
  });
  for (const radio of section.querySelectorAll<HTMLInputElement>('input[name=state]'))
    radio.addEventListener('change', () => {
      pose = radio.value as Pose;
      void show();
    });
  for (const radio of section.querySelectorAll<HTMLInputElement>('input[name=width]'))
    radio.addEventListener('change', () => {
      box.style.inlineSize = radio.value === 'free' ? '' : `${radio.value}px`;
    });
  const measured = () => {
    const over = wide.scrollWidth > wide.clientWidth;
    const more = over ? say('; it scrolls sideways here', '；这里放不下，可以横向滚动') : '';
    measure.textContent = `${box.clientWidth} px${more}`;
  };
  new ResizeObserver(measured).observe(box);
  addEventListener('language', measured);
  const copy = find('.copy-text', section);
  const label = [...copy.childNodes];
  copy.addEventListener('click', async () => {
    await navigator.clipboard.writeText(field.value).then(
      () => copy.replaceChildren(say('Copied', '已复制')),
      () => field.select(), // a browser that refuses: the person copies it
    );
    setTimeout(() => copy.replaceChildren(...label), 2000);
  });
  find('.again', section).addEventListener('click', () => {
    field.value = written;
    void show();
  });
  addEventListener('language', translate);
  translate();
}

startShell();
search();
const section = document.querySelector<HTMLElement>('.live');
if (section) live(section); // takes away what kept its place, before elements of the page are looked for
startElements();
