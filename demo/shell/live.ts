/** Elements of a page: `<next-token>` at once, each other one when its tag comes near the screen. */
import { provideServices } from '../../src/elements/core/registry.ts';
import { liveServices } from '../../src/run/live_services.ts';

const elements = import.meta.glob<unknown>('../../src/elements/*/define.ts');

const load = (tag: string): Promise<unknown> => elements[`../../src/elements/${tag.replace('nt-', '')}/define.ts`]?.();

/** Gives the page's elements live models. */
export function startElements(): void {
  provideServices(liveServices());
  const waiting = [...document.querySelectorAll<HTMLElement>(':not(:defined)')].filter((e) =>
    e.localName.startsWith('nt-'),
  );
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries)
        if (isIntersecting) {
          near.unobserve(target);
          void load(target.localName);
        }
    },
    { rootMargin: '50%' },
  );
  for (const element of waiting) near.observe(element);
}
