/** On a narrow page one picture at a time: tabs with arrow keys, or a swipe. On a wide one the pictures stand below each other. */
import { kept } from '../shell/words.ts';

export function startTabs(): void {
  const tabs = [...document.querySelectorAll<HTMLElement>('[role=tab]')];
  const panels = tabs.map((tab) => document.getElementById(tab.getAttribute('aria-controls')!)!);
  const narrow = matchMedia('(max-width: 859.9px)');
  let chosen = Math.max(
    0,
    panels.findIndex(({ id }) => id === kept.get('tab')),
  );

  const show = () => {
    tabs.forEach((tab, i) => {
      tab.setAttribute('aria-selected', String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
    });
    panels.forEach((panel, i) => {
      panel.hidden = narrow.matches && i !== chosen;
      if (narrow.matches) {
        panel.setAttribute('role', 'tabpanel');
        panel.setAttribute('aria-labelledby', tabs[i].id);
      } else {
        panel.removeAttribute('role');
        panel.removeAttribute('aria-labelledby');
      }
    });
  };
  const choose = (i: number, focus = true) => {
    chosen = (i + tabs.length) % tabs.length;
    kept.set('tab', panels[chosen].id);
    show();
    if (focus) tabs[chosen].focus();
    tabs[chosen].scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener('click', () => choose(i));
    tab.addEventListener('keydown', ({ key }) => {
      if (key === 'ArrowRight') choose(chosen + 1);
      else if (key === 'ArrowLeft') choose(chosen - 1);
      else if (key === 'Home') choose(0);
      else if (key === 'End') choose(tabs.length - 1);
    });
  });
  swiped(document.querySelector<HTMLElement>('.pictures')!, (by) => narrow.matches && choose(chosen + by, false));
  narrow.addEventListener('change', show);
  show();
}

/** Pixels that a finger moves sideways, much more than up or down. */
const SWIPE = 60;

/** A finger across the pictures: 1 for the next one, −1 for the one before. Boxes that scroll sideways keep the movement. */
function swiped(area: HTMLElement, turn: (by: 1 | -1) => unknown): void {
  let from: Touch | undefined;
  const scrolls = (event: Event) =>
    event
      .composedPath()
      .some(
        (node) =>
          node instanceof HTMLElement &&
          node.scrollWidth > node.clientWidth + 1 &&
          getComputedStyle(node).overflowX !== 'visible',
      );
  area.addEventListener(
    'touchstart',
    (event) => (from = event.touches.length === 1 && !scrolls(event) ? event.touches[0] : undefined),
    { passive: true },
  );
  area.addEventListener('touchend', ({ changedTouches: [to] }) => {
    if (!from) return;
    const [x, y] = [to.clientX - from.clientX, to.clientY - from.clientY];
    from = undefined;
    if (Math.abs(x) > SWIPE && Math.abs(x) > 2 * Math.abs(y)) turn(x < 0 ? 1 : -1);
  });
}
