/** The numbers of a picture as a table: shown, printed, and copied as tab-separated values. */
import { html, nothing, type TemplateResult } from 'lit';

export type Cell = string | number | undefined;

export interface Table {
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Rows on a page of it. */
export const PAGE = 200;

const text = (cell: Cell): string => (cell === undefined ? '' : String(cell));

/** Tab-separated values. A cell has no tabs or line breaks of its own. */
export function tsv({ columns, rows }: Table): string {
  const line = (cells: readonly Cell[]) => cells.map((cell) => text(cell).replace(/[\t\r\n]+/g, ' ')).join('\t');
  return [columns, ...rows].map(line).join('\n') + '\n';
}

export interface TableTexts {
  readonly rows: (from: number, to: number, all: number) => string;
  readonly before: string;
  readonly after: string;
}

/** One page of the table. */
export function tableTemplate(
  { caption, columns, rows }: Table,
  page: number,
  turn: (page: number) => void,
  t: TableTexts,
): TemplateResult {
  const from = page * PAGE;
  const shown = rows.slice(from, from + PAGE);
  return html`<table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map((name) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${shown.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => (i ? html`<td>${text(cell)}</td>` : html`<th scope="row">${text(cell)}</th>`))}
            </tr>`,
        )}
      </tbody>
    </table>
    ${
      rows.length > PAGE
        ? html`<p class="pages">
            <button type="button" ?disabled=${page === 0} @click=${() => turn(page - 1)}>${t.before}</button>
            <span>${t.rows(from + 1, from + shown.length, rows.length)}</span>
            <button type="button" ?disabled=${from + PAGE >= rows.length} @click=${() => turn(page + 1)}>
              ${t.after}
            </button>
          </p>`
        : nothing
    }`;
}
