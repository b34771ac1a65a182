/** Numbers for people, in the language of the element. A narrow space stands before a unit. */

const THIN = ' ';

/** `0.0253` → `2.5 %`: two digits, so that figures of one column compare; under 0.1 % only that. */
export function percent(p: number, lang: string): string {
  if (!Number.isFinite(p)) return '–';
  if (p > 0 && p < 0.001) return `<${THIN}${fixed(0.1, 1, lang)}${THIN}%`;
  return `${fixed(100 * p, p < 0.0995 ? 1 : 0, lang)}${THIN}%`;
}

const formats = new Map<string, Intl.NumberFormat>();

function format(lang: string, key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = `${lang} ${key}`;
  let found = formats.get(name);
  if (!found) formats.set(name, (found = new Intl.NumberFormat(lang, options)));
  return found;
}

/** With exactly `digits` decimals. */
export const fixed = (x: number, digits: number, lang: string): string =>
  format(lang, `fixed ${digits}`, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(x);

/** Three significant digits. */
export const significant = (x: number, lang: string): string =>
  Number.isFinite(x) ? format(lang, 'significant', { maximumSignificantDigits: 3 }).format(x) : '–';

/** `2048` → `2,048`. */
export const count = (n: number, lang: string): string => format(lang, 'count', {}).format(n);

/** Bytes as megabytes or kilobytes of 1000, as browsers and stores count them. */
export function bytes(n: number, lang: string): string {
  if (n < 1000) return `${count(n, lang)}${THIN}B`;
  if (n < 1e6) return `${count(Math.round(n / 1000), lang)}${THIN}kB`;
  return `${fixed(n / 1e6, n < 1e8 ? 1 : 0, lang)}${THIN}MB`;
}

/** A day, or a day with its time. */
export const day = (date: string | number | Date, lang: string): string =>
  new Intl.DateTimeFormat(lang, { dateStyle: 'medium' }).format(new Date(date));
