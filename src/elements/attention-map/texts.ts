/** What the attention map says. Layers are counted from 1, heads from 0, as everywhere on the page. */
export const english = {
  caption: (layers: number, heads: number) =>
    `${layers} layers × ${heads} heads. A square is one head: each row is a token that looks back, ink is how much. Blue stroke: switched off.`,
  averagedCaption: (layers: number) =>
    `${layers} layers, each the mean of its heads. Each row is a token that looks back, ink is how much.`,
  before: 'Where each head looks: a square for each, a row for each token.',
  how: 'A row is a token that looks back, a column a token that it looks at. Ink is the root of the weight, so that small ones can be seen: bare paper is 0, full ink is 1. In the grid of heads, arrows move and x switches a head off. In the large triangle, arrows move from token to token. Arcs are as thick as their weight; under 2 % there is none.',
  head: (layer: number, head: number) => `layer ${layer}, head ${head}`,
  mean: (layer: number) => `layer ${layer}, mean of its heads`,
  off: 'off',
  headOff: (name: string) => `${name}, switched off`,
  pair: (name: string, from: string, to: string, share: string) => `${name}: ${from} → ${to}, ${share}`,
  hidden: (name: string, from: string, to: string) => `${name}: ${from} does not see ${to}`,
  from: (name: string, token: string) => `${name}, from “${token}”`,
  label: (layers: number, heads: number, name: string, from: string, to: string, share: string) =>
    `Attention of ${layers} layers with ${heads} heads each. In ${name}, “${from}” looks most at “${to}”: ${share}.`,
  one: 'With one token there is nothing else to look at.',
  headsGroup: 'All heads',
  matrixGroup: (name: string) => `All tokens, ${name}`,
  layerWord: 'layer',
  headWord: 'head',
  layerName: (n: number) => `layer ${n}`,
  headName: (n: number) => `head ${n}`,
  less: (what: string) => `${what}: one less`,
  more: (what: string) => `${what}: one more`,
  switchOff: 'Switch off',
  switchOn: 'Switch on',
  shown: (from: number, to: number, all: number) => `tokens ${from} to ${to} of ${all}`,
  earlier: 'Earlier',
  later: 'Later',
  outside: (share: string) => `← +${share}`,
  arcs: (from: string, list: string) => `“${from}” looks at ${list}`,
  at: (token: string, share: string) => `“${token}” ${share}`,
  looksAt: 'looks at',
  score: 'score q·k/√d',
  weight: 'weight',
  adds: 'adds',
  others: (n: number) => (n === 1 ? '1 other' : `${n} others`),
  next: 'Step',
  walk: {
    all: 'Score, mask, softmax, value: “Step” goes through them with the numbers of this head.',
    score: (from: string, to: string, score: string) =>
      `1 Score: the query of “${from}” times the key of “${to}”, over √d, is ${score}.`,
    mask: (from: string, later: number) =>
      later
        ? `2 Mask: the ${later === 1 ? 'one token' : `${later} tokens`} after “${from}” ${later === 1 ? 'is' : 'are'} hidden from it: weight 0.`
        : `2 Mask: nothing stands after “${from}” yet, so nothing is hidden from it.`,
    softmax: (to: string, score: string, top: string, sum: string, share: string) =>
      `3 Softmax: e^(${score} − ${top}) over the sum of all, ${sum}: “${to}” gets ${share}.`,
    value: (to: string, share: string, length: string, adds: string) =>
      `4 Value: ${share} of the value of “${to}”, whose length is ${length}, adds ${adds}.`,
  },
  exactNeedsModel: 'Exact numbers need the model. These weights are known to about 1 in 255 of their root.',
  meanHasNone: 'A mean of heads has no scores of its own.',
  whileRunning: 'Exact numbers come when the run stops.',
  computing: 'Computing the exact numbers.',
  table: (name: string) => `Attention of ${name}`,
  columns: ['query', 'key', 'score', 'weight'] as readonly string[],
  keys: [
    ['← → ↑ ↓', 'in the grid: another head; in the triangle: another token'],
    ['PageUp, PageDown', 'ten tokens, or one layer'],
    ['x', 'switch the head off or on'],
    ['s', 'next step of the arithmetic'],
  ] as readonly (readonly [string, string])[],
};

export type Texts = typeof english;
