/** A model's page: the curve of its training, drawn from its card. */
import { startElements } from '../shell/live.ts';
import { startShell } from '../shell/shell.ts';
import { say } from '../shell/words.ts';

interface Curve {
  readonly curves: readonly { readonly step: number; readonly loss: number }[];
  readonly ngrams: readonly { readonly tokens: string; readonly order: number; readonly natsPerToken: number }[];
  readonly config: { readonly vocab: number };
  readonly training: { readonly steps: number };
}

const cards = import.meta.glob<{ default: Curve }>('../../models/*/card.json');

async function draw(chart: HTMLElement, name: string): Promise<void> {
  const { curves, ngrams, config, training } = (await cards[`../../models/${name}/card.json`]!()).default;
  const [best] = ngrams.filter(({ tokens }) => tokens !== 'characters').toSorted((a, b) => a.natsPerToken - b.natsPerToken);
  const tell = () => Object.assign(chart, { baselineName: say(`best n-gram (n = ${best?.order})`, `最好的 n-gram（n = ${best?.order}）`) });
  await customElements.whenDefined(chart.localName);
  Object.assign(chart, { points: curves, baseline: best?.natsPerToken ?? 0, vocab: config.vocab, end: training.steps });
  tell();
  addEventListener('language', tell);
}

startShell();
startElements();
const chart = document.querySelector<HTMLElement>('nt-loss-chart');
const { model } = document.querySelector('main')!.dataset;
if (chart && model) void draw(chart, model);
