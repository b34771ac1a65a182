/** How an element finds its Run: in any order of markup, across shadow roots, after moving and removing; one engine for a page. */
import { html, type TemplateResult } from 'lit';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NtElement } from '../../../src/elements/core/element.ts';
import { registry } from '../../../src/elements/core/registry.ts';
import type { Table } from '../../../src/elements/core/table.ts';
import type { NextToken } from '../../../src/elements/next-token/next-token.class.ts';
import '../../../src/elements/next-token/define.ts';
import type { Run } from '../../../src/run/types.ts';
import { drawn, place, recording, until, withServices } from './common.ts';

/** Shows which Run it has. */
class Probe extends NtElement {
  protected ready(): boolean {
    return this.shown !== undefined;
  }
  protected picture(): TemplateResult {
    return html`<p>${this.shown?.prompt}</p>`;
  }
  protected label(): string {
    return this.shown?.prompt ?? '';
  }
  protected numbers(): Table {
    return { caption: '', columns: [], rows: [] };
  }
}
customElements.define('nt-probe', Probe);

beforeAll(withServices);
afterEach(() => document.body.replaceChildren());

const QUIET = 'engine="cpu" reveal="interaction"';
const shownBy = (probe: Element): Run | undefined => (probe as Probe).shown;
const runOf = (provider: Element): Run => (provider as NextToken).shown!;

/** Its shadow root with this content. */
function shadow(content: string): HTMLElement {
  const host = document.createElement('div');
  host.attachShadow({ mode: 'open' }).append(document.createRange().createContextualFragment(content));
  return host;
}

describe('by id', () => {
  test.each([
    ['before', `<nt-probe for="demo"></nt-probe><next-token id="demo" ${QUIET}></next-token>`],
    ['after', `<next-token id="demo" ${QUIET}></next-token><nt-probe for="demo"></nt-probe>`],
    ['deep beside it', `<p><i><nt-probe for="demo"></nt-probe></i></p><next-token id="demo" ${QUIET}></next-token>`],
  ])('%s', async (_where, markup) => {
    const box = (await place(`<div>${markup}</div>`)) as HTMLElement;
    await drawn();
    const [probe, provider] = [box.querySelector('nt-probe')!, box.querySelector('next-token')!];
    expect(shownBy(probe) === runOf(provider)).toBe(true);
    expect((probe as Probe).state).not.toBe('unbound');
  });

  test('from inside a shadow root outward; the nearest root with that id wins', async () => {
    const provider = await place<NextToken>(`<next-token id="demo" ${QUIET}></next-token>`);
    const host = shadow('<nt-probe for="demo"></nt-probe>');
    document.body.append(host);
    await drawn();
    const probe = host.shadowRoot!.querySelector('nt-probe')!;
    expect(shownBy(probe) === runOf(provider)).toBe(true);
    const near = document.createElement('next-token');
    near.id = 'demo';
    near.reveal = 'interaction';
    host.shadowRoot!.append(near);
    await drawn();
    expect(shownBy(probe) === runOf(near)).toBe(true);
    near.remove();
    await drawn();
    expect(shownBy(probe) === runOf(provider)).toBe(true);
  });

  test('the provider is removed and inserted again, and its id changes', async () => {
    const probe = await place<Probe>('<nt-probe for="demo"></nt-probe>');
    const provider = document.createElement('next-token');
    provider.id = 'demo';
    provider.reveal = 'interaction';
    document.body.append(provider);
    await drawn();
    expect(shownBy(probe) === runOf(provider)).toBe(true);
    provider.remove();
    await drawn();
    expect(shownBy(probe) === undefined).toBe(true);
    expect(probe.state).toBe('unbound');
    document.body.append(provider);
    await drawn();
    expect(shownBy(probe) === runOf(provider)).toBe(true);
    probe.htmlFor = 'other';
    await drawn();
    expect(shownBy(probe) === undefined).toBe(true);
    provider.id = 'other';
    await drawn();
    expect(shownBy(probe) === runOf(provider)).toBe(true);
  });
});

describe('without an id', () => {
  test('inside the provider, through shadow roots', async () => {
    const provider = await place<NextToken>(`<next-token view="none" ${QUIET}><nt-probe></nt-probe></next-token>`);
    const host = shadow('<nt-probe></nt-probe>');
    provider.append(host);
    await place(`<next-token ${QUIET}></next-token>`); // another one, so that being the only one does not count
    await drawn();
    expect(shownBy(provider.querySelector('nt-probe')!) === runOf(provider)).toBe(true);
    expect(shownBy(host.shadowRoot!.querySelector('nt-probe')!) === runOf(provider)).toBe(true);
  });

  test('the only one of the root; with two of them, none', async () => {
    const provider = await place<NextToken>(`<next-token ${QUIET}></next-token>`);
    const probe = await place<Probe>('<nt-probe></nt-probe>');
    expect(shownBy(probe) === runOf(provider)).toBe(true);
    const second = await place<NextToken>(`<next-token ${QUIET}></next-token>`);
    await drawn();
    expect(shownBy(probe) === undefined).toBe(true);
    second.remove();
    await drawn();
    expect(shownBy(probe) === runOf(provider)).toBe(true);
  });

  test('it is moved from one provider into another', async () => {
    const one = await place<NextToken>(`<next-token view="none" ${QUIET}><nt-probe></nt-probe></next-token>`);
    const two = await place<NextToken>(`<next-token view="none" ${QUIET}></next-token>`);
    const probe = one.querySelector('nt-probe')!;
    await drawn();
    expect(shownBy(probe) === runOf(one)).toBe(true);
    two.append(probe);
    await drawn();
    expect(shownBy(probe) === runOf(two)).toBe(true);
    probe.remove();
    await drawn();
    expect(shownBy(probe) === undefined).toBe(true);
  });

  test('a run set as a property wins, and `src` comes before what is around', async () => {
    const file = await recording();
    const provider = await place<NextToken>(`<next-token view="none" ${QUIET}><nt-probe></nt-probe></next-token>`);
    const probe = provider.querySelector<Probe>('nt-probe')!;
    const own = await registry.services!.replay(JSON.parse(JSON.stringify({ ...file, attention: undefined })));
    probe.run = own;
    await drawn();
    expect(probe.shown === own).toBe(true);
    probe.run = undefined;
    probe.src = new URL('../../../models/tang/run.json', import.meta.url).href;
    await until('the recording', () => probe.shown?.prompt.startsWith('床前'));
    expect(probe.hasAttribute('recorded')).toBe(true);
    probe.src = '';
    await drawn();
    expect(probe.shown === runOf(provider)).toBe(true);
  });
});

test('ten providers of one model: one download, one place of the weights; closing nine frees theirs', async () => {
  performance.clearResourceTimings();
  const markup = Array.from({ length: 10 }, () => '<next-token engine="cpu" loading="eager"></next-token>').join('');
  const box = await place<HTMLElement>(`<div>${markup}</div>`);
  const providers = [...box.querySelectorAll('next-token')];
  await until('ten live models', () => providers.every(({ state, shown }) => state === 'ready' && shown?.peek));
  await Promise.all(providers.map(({ shown }) => shown!.step()));
  const texts = providers.map((provider) => provider.value);
  expect(new Set(texts).size).toBe(1);
  const bytes = (await runOf(providers[0]).device()).allocated;
  for (const provider of providers.slice(1)) provider.remove();
  await drawn();
  const { allocated } = await runOf(providers[0]).device();
  const cache = 4 * 5 * 2 * 256 * 160; // keys and values of 256 positions
  expect(bytes - allocated).toBeGreaterThanOrEqual(9 * cache);
  expect(allocated).toBeGreaterThan(4 * runOf(providers[0]).model!.parameters); // the weights, once
  expect(bytes).toBeLessThan(2 * 4 * runOf(providers[0]).model!.parameters + 12 * 2 * cache);
  await runOf(providers[0]).step();
  expect(providers[0].value.startsWith(texts[0])).toBe(true);
});
