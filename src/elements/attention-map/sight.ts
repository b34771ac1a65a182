/** What is looked at: a text's attention with its names, one head of it, one row. All words and numbers of the views come from here. */
import type { Attention, AttentionRow, TokenInfo } from '../../run/types.ts';
import { percent } from '../core/format.ts';
import type { Cell, Table } from '../core/table.ts';
import { named } from '../core/token-text.ts';
import { type HeadPlace, isOff } from './heads-view.ts';
import type { Pair } from './matrix-view.ts';
import type { Texts } from './texts.ts';
import { looks, weightAt, weightOf, type Weights } from './weights.ts';

export interface SightOf {
  readonly attention: Attention;
  readonly tokens: readonly TokenInfo[];
  readonly weights: Weights;
  readonly averaged: boolean;
  /** The head that matrix, arcs and steps show, and the row of the latter two. */
  readonly chosen: HeadPlace;
  readonly query: number;
  readonly off: readonly HeadPlace[];
  readonly t: Texts;
  readonly lang: string;
}

export class Sight {
  readonly of: SightOf;

  constructor(of: SightOf) {
    this.of = of;
  }

  readonly name = (position: number): string => this.of.tokens[position]?.text ?? String(position);
  readonly percent = (p: number): string => percent(p, this.of.lang);
  /** For names that are read aloud. */
  readonly said = (position: number): string => named(this.name(position));

  readonly headName = (place: HeadPlace): string => {
    const { t, averaged, off } = this.of;
    const name = averaged ? t.mean(place.layer + 1) : t.head(place.layer + 1, place.head);
    return isOff(off, place) ? t.headOff(name) : name;
  };

  get chosenName(): string {
    return this.headName(this.of.chosen);
  }

  looks(query: number) {
    const { weights, chosen } = this.of;
    return looks(weights, chosen.layer, chosen.head, query);
  }

  /** The key that a row looks at most. */
  most(query: number) {
    return this.looks(query).reduce((best, look) => (look.weight > best.weight ? look : best));
  }

  pairName({ query, key }: Pair): string {
    const { t, weights, chosen } = this.of;
    const weight = weightAt(weights, chosen.layer, chosen.head, query, key);
    const [from, to] = [this.said(query), this.said(key)];
    if (weight === undefined) return t.hidden(this.chosenName, from, to);
    return t.pair(this.chosenName, from, to, this.percent(weight));
  }

  get label(): string {
    const { attention, query, t } = this.of;
    const { key, weight } = this.most(query);
    const { layers, heads } = attention;
    return t.label(layers, heads, this.chosenName, this.said(query), this.said(key), this.percent(weight));
  }

  /** The row's largest weights in words. */
  arcsLabel(query: number): string {
    const most = this.looks(query)
      .toSorted((a, b) => b.weight - a.weight)
      .slice(0, 3);
    const list = most.map(({ key, weight }) => this.of.t.at(this.said(key), this.percent(weight)));
    return this.of.t.arcs(this.said(query), new Intl.ListFormat(this.of.lang, { type: 'unit' }).format(list));
  }

  /** All pairs of the chosen head; scores where they are known. Names and shares are spelled once: there may be 100,000 pairs. */
  table(exact: AttentionRow | undefined): Table {
    const { t, weights, chosen, query: row } = this.of;
    const names = Array.from({ length: weights.count }, (_, position) => this.said(position));
    const shares = Array.from({ length: 256 }, (_, byte) => this.percent(weightOf(byte)));
    const rows: Cell[][] = [];
    for (let query = 0; query < weights.count; query++) {
      const bytes = weights.bytes(chosen.layer, chosen.head, query);
      const known = query === row && exact?.weight.length === bytes.length ? exact : undefined;
      const first = query + 1 - bytes.length;
      for (let k = 0; k < bytes.length; k++) {
        const share = known ? this.percent(known.weight[k]) : shares[bytes[k]];
        rows.push([names[query], names[first + k], known?.score[k].toPrecision(4), share]);
      }
    }
    return { caption: t.table(this.chosenName), columns: t.columns, rows };
  }
}
