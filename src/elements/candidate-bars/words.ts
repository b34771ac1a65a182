/** What the bars say, in the language of their place. */
import type { Step } from '../../run/types.ts';
import { count, fixed, percent } from '../core/format.ts';
import { faceOf, spoken } from '../core/token-text.ts';
import { needleOf } from './draw.ts';
import { type BarRow, type Choice, restOf } from './rows.ts';
import type { Texts } from './texts.ts';

/** What is shown: candidates at one place of the text. */
export interface Now extends Choice {
  readonly by: Step['by'];
  /** Undefined for records. */
  readonly position: number | undefined;
  /** It has not been taken yet. */
  readonly coming: boolean;
}

export class Words {
  readonly t: Texts;
  readonly lang: string;
  readonly now: Now;
  readonly rows: readonly BarRow[];
  /** What the chosen token is called; undefined: none is known. */
  readonly chosen: string | undefined;
  readonly #greedy: boolean;

  constructor(t: Texts, lang: string, now: Now, rows: readonly BarRow[]) {
    this.t = t;
    this.lang = lang;
    this.now = now;
    this.rows = rows;
    const text = rows.find((row) => row.chosen)?.text ?? now.chosenText;
    this.chosen = text === undefined ? undefined : spoken(faceOf(text).face);
    this.#greedy = now.by === 'greedy' || now.draw?.by === 'greedy';
  }

  count(n: number): string {
    return count(n, this.lang);
  }

  percent(p: number): string {
    return percent(p, this.lang);
  }

  /** Where it is, of how many tokens one is chosen, and which one. */
  caption(): string {
    const { t } = this;
    const { coming, position, vocab, by } = this.now;
    const where = coming || position === undefined ? t.next : t.at(this.count(position + 1));
    const place = vocab > 0 ? where + t.colon + t.oneOf(this.count(vocab)) : where;
    if (this.chosen === undefined) return place;
    const token = t.quoted(this.chosen);
    return `${place} · ${by === 'you' ? t.youChose(token) : this.#greedy ? t.greedyIs(token) : t.drawnIs(token)}`;
  }

  /** How the chosen one was chosen. */
  get how(): string {
    const { you, greedy, drawn } = this.t;
    return this.now.by === 'you' ? you : this.#greedy ? greedy : drawn;
  }

  /** `good, 2.5 %, drawn`; `far`: it stands out of its rank. */
  name({ text, p, final, before, chosen, rank }: BarRow, far: boolean): string {
    const { t } = this;
    return [
      spoken(faceOf(text).face),
      this.percent(p),
      ...(far && rank !== undefined ? [`#${this.count(rank + 1)}`] : []), // as it is seen
      ...(chosen ? [this.how] : []),
      ...(final === undefined ? [] : [final === 0 ? t.cut : t.after(this.percent(final))]),
      ...(before === undefined ? [] : [t.was(this.percent(before))]),
    ].join(t.comma);
  }

  /** What the bars do not show, and how to read them. */
  foot(scale: number): string {
    const { t, rows } = this;
    const { vocab } = this.now;
    const { n, p } = restOf(rows, vocab);
    return [
      n > 0 ? t.rest(this.count(n), this.percent(p)) : vocab ? '' : t.restUnknown(this.percent(p)),
      t.scale(this.percent(scale)),
      rows.some((row) => row.final) ? t.outline : '',
      rows.some((row) => row.final === 0) ? t.hatched : '',
      rows.some((row) => row.before !== undefined) ? t.ghosts : '',
    ]
      .filter(Boolean)
      .join(' · ');
  }

  /** What the draw is, for all; what it came to, by name; and what stands at the needle. */
  draw(): { readonly says: string; readonly name: string; readonly note: string } {
    const { t } = this;
    const { draw, chosen, by } = this.now;
    if (!draw) return { says: t.drawUnknown, name: t.drawUnknown, note: '' };
    const needle = needleOf(draw, chosen, by);
    const token = t.quoted(this.chosen ?? '');
    if (by === 'you') {
      const says = needle === undefined ? t.drawCut : t.drawYou;
      return { says, name: says, note: t.youChose(token) };
    }
    if (needle === undefined) return { says: t.drawFirst, name: t.drawFirst, note: '' };
    const u = fixed(draw.u, 4, this.lang);
    return { says: t.draw(this.count(draw.kept)), name: t.falls(u, token), note: `${t.u(u)} → ${this.chosen ?? ''}` };
  }
}
