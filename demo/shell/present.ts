/** For a talk: the line and one picture, larger. → sets a token, ← takes one back, 1 to 9 show a picture, 0 none, b a black screen. */
import type { NextToken } from '../../src/elements/next-token/next-token.class.ts';

/** Line size in a talk. */
const LARGER = 1.6;

let ends: AbortController | undefined;

/** What can stand below the line: the workbench's pictures, or the sections of a page. */
const pictures = (): HTMLElement[] => [
  ...document.querySelectorAll<HTMLElement>('.pictures > section, main > section:not(.first, .setup)'),
];

/** Shows one picture; none for −1. */
function choose(index: number): void {
  for (const [i, picture] of pictures().entries()) picture.classList.toggle('shown', i === index);
  document.querySelector('.pictures')?.classList.toggle('shown', index >= 0 && index < pictures().length);
}

/** The picture in the middle of the screen; −1 while the line is there. */
function inView(): number {
  const middle = innerHeight / 2;
  return pictures().findIndex((picture) => {
    const { top, bottom, height } = picture.getBoundingClientRect();
    return height > 0 && top <= middle && bottom >= middle;
  });
}

/** Begins, or ends. */
export function present(): void {
  if (ends) return end();
  const line = document.querySelector<NextToken>('next-token');
  if (!line) return;
  ends = new AbortController();
  choose(inView());
  const root = document.documentElement;
  root.classList.add('present');
  const size = Math.min(90, 0.039 * line.clientWidth * LARGER);
  line.style.setProperty('--nt-size', `${size}px`);
  addEventListener('keydown', (event) => key(event, line), { signal: ends.signal, capture: true });
}

function end(): void {
  ends?.abort();
  ends = undefined;
  document.documentElement.classList.remove('present', 'dark-screen');
  choose(-1);
  document.querySelector<HTMLElement>('next-token')?.style.removeProperty('--nt-size');
}

function key(event: KeyboardEvent, line: NextToken): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { shown } = line;
  if (event.key === 'ArrowRight') void shown?.step();
  else if (event.key === 'ArrowLeft')
    void shown?.goTo(shown.steps.slice(0, -1).map((step) => step.token)).catch(() => {});
  else if (/^[0-9]$/.test(event.key)) choose(Number(event.key) - 1);
  else if (event.key === 'b') document.documentElement.classList.toggle('dark-screen');
  else if (event.key === 'Escape') end();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
