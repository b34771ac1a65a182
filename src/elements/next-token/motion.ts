/** Where the line and the slot stand, and the two movements of a step: the token is set into the line, the wheel turns to the drawn row. */
import type { LitElement } from 'lit';
import { ABOVE } from './wheel.ts';

const SET_MS = 120;
const TURN_MS = 220;
const EASE = 'cubic-bezier(.2,.7,.2,1)';
/** Space right of the slot on a narrow page. */
const MARGIN = 14;

export class Motion {
  readonly #host: LitElement;
  #steps = 0;

  constructor(host: LitElement) {
    this.#host = host;
  }

  /** Puts the line's end at the slot. `single`: the change may be shown as a movement. */
  place(wide: boolean, single: boolean, steps = this.#steps): void {
    const root = this.#host.renderRoot as ShadowRoot | undefined;
    const run = root?.querySelector<HTMLElement>('.run');
    const slot = root?.querySelector<HTMLElement>('.slot');
    const box = root?.querySelector<HTMLElement>('.linebox');
    if (!run || !slot || !box) return;
    const added = steps === this.#steps + 1;
    this.#steps = steps;
    // one reading of the layout, then only writing
    const [boxWidth, runWidth, slotWidth] = [box.offsetWidth, run.offsetWidth, slot.offsetWidth];
    const last = (run.lastElementChild as HTMLElement | null)?.offsetWidth ?? 0;
    const end = wide ? boxWidth : boxWidth - MARGIN - slotWidth;
    const to = `translateX(${end - runWidth}px)`;
    run.style.setProperty('transform', to);
    slot.style.setProperty('transform', wide ? 'none' : `translateX(${end}px)`);
    if (!single || !added || !movable()) return;
    run.animate([{ transform: `translateX(${end - runWidth + last}px)` }, { transform: to }], SET_MS);
    if (!wide) return;
    const wheel = root?.querySelector<HTMLElement>('.wheel');
    const row = wheel?.querySelector<HTMLElement>('.row')?.offsetHeight ?? 0;
    wheel?.animate([{ transform: `translateY(${(ABOVE + 1) * row}px)` }, { transform: 'none' }], {
      duration: TURN_MS,
      delay: SET_MS,
      easing: EASE,
      fill: 'backwards',
    });
  }
}

const movable = (): boolean => !document.hidden && !matchMedia('(prefers-reduced-motion: reduce)').matches;
