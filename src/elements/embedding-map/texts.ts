/** What embedding-map says. */
export const english = {
  plane: (dim: string, share: string) => `2 of ${dim} directions: ${share} of the variance.`,
  points: { tokens: (n: string) => `${n} tokens.`, positions: (n: string) => `${n} positions.` },
  outside: (n: string) => `${n} lie further out than the edge.`,
  noPositions: 'This model has no vectors of positions: it turns its queries and keys instead.',
  around: (name: string) => `Nearest to ${name}: the further out, the larger the angle.`,
  apart: (from: string, to: string) => `apart: ${from} → ${to}`,
  wordCaption: (word: string) => `“${word}” in two texts, layer by layer.`,
  label: {
    tokens: (n: string, dim: string) =>
      `Map of ${n} tokens, each a vector of ${dim} numbers, on the plane that shows most of them`,
    positions: (n: string, dim: string) => `Map of ${n} positions, each a vector of ${dim} numbers`,
    words: (word: string, from: string, to: string) =>
      `Two paths of “${word}” through the layers: ${from} apart at first, ${to} at the end`,
  },
  how: 'A point is a token’s vector. Points close together are alike for the model, as far as two directions can show. Lines lead to the nearest by angle, with the cosine.',
  howWords:
    'A circle or a square is the word after one layer, in the first or second text. The curve is 1 − cosine between the two.',
  point: (name: string, near: readonly string[]) => (near.length ? `${name}; nearest: ${near.join(', ')}` : name),
  step: (layer: string, text: number, apart: string) => `${layer}, text ${text}: ${apart} apart`,
  embed: 'embedding',
  layer: (n: number) => `layer ${n}`,
  text: (n: number) => `text ${n}`,
  end: (text: number, layer: string) => `text ${text}, ${layer}`,
  search: 'Search',
  searchFor: 'A token',
  noneFound: 'none on this map',
  found: (n: string) => `${n} found; Enter pins the first`,
  refit: 'Refit to this text',
  missing: (n: string) => `${n} of this text’s tokens are not on the map: refit.`,
  nearest: (name: string) => `nearest to ${name}`,
  ofAll: (n: string) => `of all ${n} tokens`,
  offMap: 'not on the map',
  word: 'Word',
  first: 'First text',
  second: 'Second text',
  follow: 'Follow the word',
  others: 'Other texts',
  needsModel: 'A recording does not hold these vectors; load the model to see its map.',
  asking: 'The model is asked for its vectors.',
  columns: {
    points: ['name', 'x', 'y', 'nearest, with cosine'],
    words: ['layer', 'x, text 1', 'y, text 1', 'x, text 2', 'y, text 2', 'apart'],
  },
  keyList: [
    ['← → ↑ ↓', 'nearest point in that direction'],
    ['/', 'search'],
    ['r', 'refit'],
  ] as readonly (readonly [string, string])[],
};

export type Texts = typeof english;
