/** Custom properties on an element, even under a policy without 'unsafe-inline': lit's styleMap writes a `style` attribute first. */
import { noChange } from 'lit';
import { directive, Directive, type ElementPart } from 'lit/directive.js';

class Vars extends Directive {
  /** What is set: a grid sets hundreds of them per token, nearly all as they are. */
  readonly #set = new Map<string, string>();

  override render(_values: Readonly<Record<`--${string}`, string | number>>) {
    return noChange;
  }

  override update(part: ElementPart, [values]: Parameters<this['render']>) {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(values)) {
      const text = String(value);
      if (this.#set.get(name) === text) continue;
      this.#set.set(name, text);
      style.setProperty(name, text);
    }
    return noChange;
  }
}

/** `<span ${vars({ '--p': 0.3 })}>` */
export const vars = directive(Vars);
