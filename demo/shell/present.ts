/** For a talk: the line and one picture, larger, with three keys. */
import type { NextToken } from '../../src/elements/next-token/next-token.class.ts';

/** Line size in a talk. */
const LARGER = 1.6;

let ends: AbortController | undefined;

/** Begins, or ends. */
export function present(): void {
  if (ends) return end();
  const line = document.querySelector<NextToken>('next-token');
  if (!line) return;
  ends = new AbortController();
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
  document.querySelector<HTMLElement>('next-token')?.style.removeProperty('--nt-size');
}

function key(event: KeyboardEvent, line: NextToken): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { shown } = line;
  if (event.key === 'ArrowRight') void shown?.step();
  else if (event.key === 'ArrowLeft')
    void shown?.goTo(shown.steps.slice(0, -1).map((step) => step.token)).catch(() => {});
  else if (event.key === 'b') document.documentElement.classList.toggle('dark-screen');
  else if (event.key === 'Escape') end();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
