/** The page's language, chosen in public/early.js before the first paint, and texts in it. */
export const isChinese = (): boolean => document.documentElement.lang.startsWith('zh');

/** A text in the page's language. */
export const say = (english: string, chinese: string): string => (isChinese() ? chinese : english);

/** Attributes with `data-zh-…` beside them, and what can hold no elements: the title, options. */
export function translateAttributes(): void {
  for (const element of document.querySelectorAll<HTMLElement>('*'))
    for (const name of element.getAttributeNames()) {
      if (!name.startsWith('data-zh-')) continue;
      const attribute = name.slice('data-zh-'.length);
      const english = element.getAttribute(`data-en-${attribute}`) ?? element.getAttribute(attribute) ?? '';
      element.setAttribute(`data-en-${attribute}`, english);
      element.setAttribute(attribute, isChinese() ? element.getAttribute(name)! : english);
    }
  for (const element of document.querySelectorAll<HTMLElement>('[data-zh]')) {
    element.dataset['en'] ??= element.textContent;
    element.textContent = isChinese() ? element.dataset['zh']! : element.dataset['en'];
  }
}

/** Storage may be refused: then nothing is kept. */
export const kept = {
  get(name: string): string | undefined {
    try {
      return localStorage.getItem(`nextoken ${name}`) ?? undefined;
    } catch {
      return undefined;
    }
  },
  set(name: string, value: string): void {
    try {
      localStorage.setItem(`nextoken ${name}`, value);
    } catch {
      // the page goes on without
    }
  },
};
