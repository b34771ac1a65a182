/** Puts a class under a tag, unless another copy of this code was first. */
export function define(tag: string, element: CustomElementConstructor): void {
  if (typeof customElements === 'undefined' || customElements.get(tag)) return; // on a server there are none
  customElements.define(tag, element);
}
