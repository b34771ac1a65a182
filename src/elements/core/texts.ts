/** What all elements say. */
import { english as engine } from './engine_texts.ts';

export const english = {
  unbound: 'No model: put this into <next-token>, or set for="…" to the id of one.',
  empty: 'Nothing to show yet.',
  loading: 'The model is coming.',
  failed: (what: string) => `This did not work: ${what}`,
  recovering: 'The GPU was lost. Setting it up again; the text goes on with the same tokens.',
  stale: 'This belongs to an earlier text.',
  recorded: (day: string) => `recorded ${day}`,
  table: 'Table',
  picture: 'Picture',
  copyTable: 'Copy the table',
  copied: 'Copied.',
  save: 'Save',
  unpin: 'Unpin',
  keys: 'Keys',
  close: 'Close',
  menu: 'More',
  commonKeys: [
    ['← → ↑ ↓', 'move'],
    ['Home, End', 'first, last'],
    ['Enter', 'pin or take'],
    ['Esc', 'unpin'],
    ['t', 'table or picture'],
    ['?', 'these keys'],
  ] as readonly (readonly [string, string])[],
  rows: (from: number, to: number, all: number) => `rows ${from} to ${to} of ${all}`,
  before: 'Before',
  after: 'After',
  /** What the engine tells. */
  engine,
  exportAs: { svg: 'Picture (SVG)', png: 'Picture (PNG)', tsv: 'Table (TSV)', json: 'Data (JSON)' },
};

export type CommonTexts = typeof english;
