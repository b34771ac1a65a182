/** A model's card: what it is, what it learned from, how good it is, and what it is bad at. Plain data and its text. Pure. */
import type { ModelConfig } from '../../src/model/config.ts';
import type { Loss, NgramRow, TextCounts } from '../../src/train/measure.ts';
import type { TrainSettings } from '../../src/train/settings.ts';
import type { CurvePoint } from './curves.ts';

export interface Card {
  readonly name: string;
  readonly title: string;
  readonly language: string;
  readonly text: {
    readonly source: string;
    readonly licence: string;
    readonly training: TextCounts & { readonly documents: number };
    readonly validation: TextCounts & { readonly documents: number };
  };
  readonly tokenizer: { readonly kind: string; readonly tokens: number };
  readonly config: ModelConfig;
  readonly parameters: number;
  /** Size of the weights' file. */
  readonly bytes: number;
  readonly training: {
    readonly seed: number;
    readonly steps: number;
    readonly epochs: number;
    readonly tokens: number;
    readonly hours: number;
    readonly engine: string;
    readonly device: string;
    readonly settings: TrainSettings;
    readonly notes: readonly string[];
  };
  readonly loss: { readonly training: Loss; readonly validation: Loss };
  readonly ngrams: readonly NgramRow[];
  readonly samples: readonly { readonly temperature: number; readonly prompt: string; readonly text: string }[];
  readonly weaknesses: readonly string[];
  readonly command: string;
  readonly curves: readonly CurvePoint[];
}

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const grouped = (n: number): string => Math.round(n).toLocaleString('en-GB');

const lossCells = (l: Loss): string[] => [
  l.natsPerToken.toFixed(3),
  l.bitsPerCharacter.toFixed(3),
  l.bitsPerByte.toFixed(3),
];

export function cardText(card: Card): string {
  const { text, config, training, loss, ngrams } = card;
  const textRow = (name: string, t: Card['text']['training']) => [
    name,
    grouped(t.documents),
    grouped(t.targets),
    grouped(t.characters),
    grouped(t.bytes),
  ];
  const sample = ({ prompt, text: made }: Card['samples'][number]) =>
    // a space at the end of bold text would break it
    `> ${prompt.trim() ? `**${prompt.trim()}**${prompt.slice(prompt.trimEnd().length)}` : '(nothing) '}${made}`
      .replaceAll('\n', '  \n> ')
      .trimEnd();
  const own = ngrams.find((n) => n.tokens === 'the model’s')!;
  const others = ngrams.find((n) => n.tokens === 'characters');
  const gap = (row: NgramRow) => (row.bitsPerCharacter - loss.validation.bitsPerCharacter).toFixed(3);
  const sections: string[] = [
    `# ${card.title} (\`${card.name}\`)`,
    `A GPT of ${grouped(card.parameters)} parameters (${grouped(card.bytes)} bytes in f16), trained by this project with its own kernels.`,
    '## Text',
    `${text.source}. Licence: ${text.licence}. Validation: ${grouped(text.validation.documents)} whole documents that training never saw.`,
    table(
      ['', 'documents', 'tokens', 'characters', 'bytes'],
      [textRow('training', text.training), textRow('validation', text.validation)],
    ),
    '## Model',
    `Tokenizer: ${card.tokenizer.kind}, ${grouped(card.tokenizer.tokens)} tokens. ${config.layers} layers, ${config.heads} heads, width ${config.width}, context ${config.context}, ${config.family === 'gpt2' ? 'GPT-2 architecture (learned positions, layer norm, GELU; tied head)' : 'Llama architecture (rotary positions, RMSNorm, gated SiLU; tied head)'}.`,
    '## Training',
    `Seed ${training.seed}, ${grouped(training.steps)} steps, ${grouped(training.tokens)} tokens (${training.epochs.toFixed(1)} epochs), ${training.hours.toFixed(2)} hours on ${training.engine} (${training.device}).`,
    ...training.notes,
    `\`\`\`sh\n${card.command}\n\`\`\``,
    `Settings: \`${JSON.stringify({ ...training.settings, prompts: undefined })}\``,
    '![Loss curves](curves.svg)',
    '## Loss',
    table(
      ['', 'nats per token', 'bits per character', 'bits per byte'],
      [
        ['training text', ...lossCells(loss.training)],
        ['validation text', ...lossCells(loss.validation)],
      ],
    ),
    'Measured on the shipped f16 weights in windows of the context length, each moved on by half of it.',
    '## N-grams on the same split',
    `The best over the model’s own tokens is ${own.smoothing}, n = ${own.order}: the model is ${gap(own)} bits per character below it.` +
      (others
        ? ` The best over characters is ${others.smoothing}, n = ${others.order}: the model is ${gap(others)} below it.`
        : ''),
    table(
      ['tokens', 'smoothing', 'n', 'nats per token', 'bits per character', 'bits per byte'],
      ngrams.map((n) => [n.tokens, n.smoothing, n.order, ...lossCells(n)]),
    ),
    '## Samples',
    'Unedited. Top-p 0.95, seed 1.',
    ...[0, 0.8].flatMap((t) => [
      `### Temperature ${t}`,
      ...card.samples.filter((s) => s.temperature === t).map(sample),
    ]),
    ...(card.weaknesses.length ? ['## What it is bad at', card.weaknesses.map((w) => `- ${w}`).join('\n')] : []),
  ];
  return `${sections.join('\n\n')}\n`;
}
